// The result of an election, as dashboard-feed sends it.
import type { Candidate, Result } from "../feed/interface";

export type {
  Candidate,
  Constituency,
  Result,
  Rules,
  SeatsOutcome,
  Tie,
  Timeline,
  WinnerOutcome,
  WinnersOutcome,
} from "../feed/interface";

/** The reason that the count gives for a ballot with an unknown poll number. */
const INVALID = "Invalid poll number.";

/** Valid votes, and ballots with an unknown poll number. */
export function cast(result: Result): number {
  return result.counted + (result.rejected[INVALID] ?? 0);
}

export function allRejected(result: Result): number {
  return Object.values(result.rejected).reduce((sum, ballots) => sum + ballots, 0);
}

/** Whether the votes may be shown: with `after-close`, only when nothing can change any more. */
export function showsVotes(result: Result): boolean {
  return result.final || result.publication === "live";
}

export function candidateOf(result: Result, pollNumber: number): Candidate | undefined {
  return result.candidates.find((candidate) => candidate.poll_number === pollNumber);
}
