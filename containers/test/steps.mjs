// What was done when, and how long nobody could vote because of it.

export class Steps {
  #steps = [];

  /** The step before ends. */
  begin(name, now = Date.now()) {
    this.#steps.push({ name, from: now });
  }

  /**
   * The longest time, in ms, without an accepted vote, by step; 0 where it was less than a second. An outage belongs to
   * the step that it began in, and those of a name count together.
   * @param {{from_unix_ms: number, ms: number}[]} outages as the spammer reports them
   */
  longest(outages) {
    const longest = Object.fromEntries(this.#steps.map(({ name }) => [name, 0]));
    for (const { from_unix_ms, ms } of outages) {
      // A vote that was accepted a moment before the step may be the last one for long.
      const step = this.#steps.findLast(({ from }) => from <= from_unix_ms + MOMENT_MS) ?? { name: 'before all of it' };
      longest[step.name] = Math.max(longest[step.name] ?? 0, ms);
    }
    return longest;
  }
}

/** Between two votes at the rate of the test, and what clocks of a machine differ by. */
const MOMENT_MS = 100;
