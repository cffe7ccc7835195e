// node --test containers/test/steps.test.mjs
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Steps } from './steps.mjs';

test('an outage belongs to the step that it began in', () => {
  const steps = new Steps();
  for (const [name, at] of [['killing one', 1_000], ['killing one', 5_000], ['redis away', 9_000]]) steps.begin(name, at);
  const outages = [
    { from_unix_ms: 1_200, ms: 1_500 },
    { from_unix_ms: 4_990, ms: 2_500 },
    { from_unix_ms: 9_300, ms: 60_000 },
    { from_unix_ms: 100, ms: 1_100 },
  ];
  assert.deepEqual(steps.longest(outages), { 'killing one': 2_500, 'redis away': 60_000, 'before all of it': 1_100 });
});

test('a step without an outage is named too', () => {
  const steps = new Steps();
  steps.begin('updating tally-stream', 0);
  assert.deepEqual(steps.longest([]), { 'updating tally-stream': 0 });
});
