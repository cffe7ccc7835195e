// What this page has seen itself: how fast votes come in, and the newest stretch of the turnout's curve.
import type { Result } from "./result";

/** How many ballots were counted when a result arrived. */
export interface Observation {
  atMs: number;
  ballots: number;
}

/** The time window over which votes per second are measured. */
const WINDOW_MS = 10_000;
/** A shorter window says nothing yet. */
const SHORTEST_MS = 2_000;
/** How many older observations a page keeps that stays open all night. */
const KEPT = 400;

/** Adds an observation; if there are too many older than the window, every other one of those is dropped. */
export function observe(seen: readonly Observation[], next: Observation): Observation[] {
  const recent = next.atMs - WINDOW_MS;
  const old = seen.filter(({ atMs }) => atMs < recent);
  const young = seen.filter(({ atMs }) => atMs >= recent);
  const kept = old.length > KEPT ? old.filter((_, index) => index % 2 === 0) : old;
  return [...kept, ...young, next];
}

/** Votes a second over the last ten seconds; nothing while too little has been seen. */
export function votesPerSecond(seen: readonly Observation[], nowMs: number): number | undefined {
  const last = seen.at(-1);
  // The observation before the window says how many there were when it began.
  const first = seen.findLast(({ atMs }) => atMs <= nowMs - WINDOW_MS) ?? seen[0];
  if (first === undefined || last === undefined) return undefined;
  const ms = Math.min(nowMs - first.atMs, WINDOW_MS);
  return ms < SHORTEST_MS ? undefined : ((last.ballots - first.ballots) / ms) * 1000;
}

/**
 * Ballots counted over time: by slots of time as the log has them, then as this page saw them. A slot's ballots
 * are counted at its end, or at `nowMs` if it has not ended.
 */
export function curve(result: Result, seen: readonly Observation[], nowMs: number): Observation[] {
  const first = seen[0];
  const slots = fromTimeline(result, nowMs);
  const own = first === undefined ? [] : seen;
  const before = first === undefined ? slots : slots.filter(({ atMs }) => atMs < first.atMs);
  const points = [...before, ...own];
  const last = points.at(-1);
  const goesOn = last !== undefined && !result.final && last.atMs < nowMs;
  return goesOn ? [...points, { atMs: nowMs, ballots: last.ballots }] : points;
}

function fromTimeline(result: Result, nowMs: number): Observation[] {
  const { timeline } = result;
  if (!timeline) return [];
  const from = Date.parse(timeline.from);
  const opening = { atMs: from, ballots: 0 };
  if (timeline.ballots.length === 0) {
    // So far, or at all, nobody voted: a line along the bottom.
    const until = Math.min(Date.parse(result.end), nowMs);
    return until > from ? [opening, { atMs: until, ballots: 0 }] : [opening];
  }
  let ballots = 0;
  const ends = timeline.ballots.map((inSlot, index) => {
    ballots += inSlot;
    return { atMs: Math.min(from + (index + 1) * timeline.slot_seconds * 1000, nowMs), ballots };
  });
  return [opening, ...ends];
}
