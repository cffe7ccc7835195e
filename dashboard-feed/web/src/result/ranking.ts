// The ranking, and who has just changed places.
import type { Candidate } from "./result";

export interface Ranked {
  /** Equal votes, equal rank: 1, 2, 2, 4. */
  rank: number;
  candidate: Candidate;
}

/** Most votes first; level candidates, and those whose votes are not shown, in the order of the ballot paper. */
export function ranking(candidates: readonly Candidate[]): Ranked[] {
  const votes = (candidate: Candidate) => candidate.votes ?? 0;
  const sorted = candidates.toSorted((a, b) => votes(b) - votes(a) || a.poll_number - b.poll_number);
  let rank = 0;
  return sorted.map((candidate, index) => {
    const before = sorted[index - 1];
    if (before === undefined || votes(before) !== votes(candidate)) rank = index + 1;
    return { rank, candidate };
  });
}

/** Places won (or lost, below 0) by poll number, and when. */
export type Moves = ReadonlyMap<number, { places: number; atMs: number }>;

/** How long a change of places stays marked. */
const MARKED_MS = 10_000;

/**
 * What to mark after `order` (poll numbers, best first) followed `before`. A later move of the same candidate
 * replaces the earlier one.
 */
export function moves(
  before: readonly number[],
  order: readonly number[],
  marked: Moves,
  nowMs: number,
): Moves {
  const next = new Map([...marked].filter(([, move]) => nowMs - move.atMs < MARKED_MS));
  if (before.length > 0) {
    order.forEach((pollNumber, place) => {
      const was = before.indexOf(pollNumber);
      if (was >= 0 && was !== place) next.set(pollNumber, { places: was - place, atMs: nowMs });
    });
  }
  return next;
}
