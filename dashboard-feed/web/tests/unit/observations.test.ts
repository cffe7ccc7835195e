import { expect, test } from "vitest";
import { curve, type Observation, observe, votesPerSecond } from "../../src/result/observations";
import { NOON, sample } from "./sample";

function seen(...ballots: [seconds: number, ballots: number][]): Observation[] {
  return ballots.map(([seconds, count]) => ({ atMs: NOON + seconds * 1000, ballots: count }));
}

test("speed is measured over the last ten seconds", () => {
  const fast = seen([0, 0], [5, 500], [10, 1000], [15, 1100], [20, 1200]);
  expect(votesPerSecond(fast, NOON + 20_000)).toBe(20);
});

test("a count that stands still comes to no votes a second", () => {
  const stopped = seen([0, 0], [5, 500]);
  expect(votesPerSecond(stopped, NOON + 60_000)).toBe(0);
});

test("too little says nothing", () => {
  expect(votesPerSecond([], NOON)).toBeUndefined();
  expect(votesPerSecond(seen([0, 5], [1, 9]), NOON + 1_000)).toBeUndefined();
});

test("a page that stays open all night keeps its first and newest observations, and not too many", () => {
  let all: Observation[] = [];
  for (let tenth = 0; tenth < 36_000; tenth += 1) {
    all = observe(all, { atMs: NOON + tenth * 100, ballots: tenth });
  }
  expect(all.length).toBeLessThan(600);
  expect(all[0]?.ballots).toBe(0);
  expect(all.at(-1)?.ballots).toBe(35_999);
});

const timeline = { from: "2026-06-16T06:00:00Z", slot_seconds: 3600, ballots: [10, 0, 30] };

test("the curve adds up the slots of the log, and goes on with what the page saw", () => {
  const nowMs = NOON - 3 * 3_600_000;
  const hours = (points: Observation[]) =>
    points.map(({ atMs, ballots }) => [(atMs - NOON) / 3_600_000, ballots]);
  expect(hours(curve(sample({ timeline }), [], nowMs))).toEqual([
    [-6, 0],
    [-5, 10],
    [-4, 10],
    [-3, 40],
  ]);
  const own = [{ atMs: nowMs - 1_800_000, ballots: 25 }];
  expect(hours(curve(sample({ timeline }), own, nowMs))).toEqual([
    [-6, 0],
    [-5, 10],
    [-4, 10],
    [-3.5, 25],
    [-3, 25],
  ]);
});

test("a slot that has not ended reaches to the present", () => {
  const nowMs = Date.parse("2026-06-16T08:30:00Z");
  expect(curve(sample({ timeline }), [], nowMs).at(-1)).toEqual({ atMs: nowMs, ballots: 40 });
});

test("where nobody voted the curve runs along the bottom to the end", () => {
  const empty = { ...timeline, ballots: [] };
  const end = Date.parse(sample().end);
  const all = curve(sample({ timeline: empty, final: true }), [], end + 7);
  expect(all).toEqual([
    { atMs: Date.parse(timeline.from), ballots: 0 },
    { atMs: end, ballots: 0 },
  ]);
  const before = Date.parse(timeline.from) - 5;
  expect(curve(sample({ timeline: empty, final: true }), [], before)).toHaveLength(1);
});

test("without slots there is only what the page saw", () => {
  expect(curve(sample(), seen([0, 3]), NOON)).toEqual(seen([0, 3]));
  expect(curve(sample({ final: true }), seen([0, 3]), NOON + 5_000)).toEqual(seen([0, 3]));
});
