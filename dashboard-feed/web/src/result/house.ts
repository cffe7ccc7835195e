// The seats of an assembly: those that are shared out here, and those that lists have already.
import type { Candidate, Result, SeatsOutcome } from "./result";

/** All seats of a list. */
export function seatsOf({ seats, seats_won: won }: Candidate): number {
  return (seats ?? 0) + (won ?? 0);
}

/** All seats there are. */
export function allSeats(result: Result, outcome: SeatsOutcome): number {
  const { candidates } = result;
  return candidates.reduce((sum, one) => sum + seatsOf(one), outcome.open_seats);
}

/** More than half of the seats. */
export function majorityOf(seats: number): number {
  return Math.floor(seats / 2) + 1;
}

/** The seats that wait for lots. */
export function drawnSeats(outcome: SeatsOutcome): number {
  const open = outcome.ties.filter((tie) => tie.settled_by === null);
  return open.reduce((sum, { seats }) => sum + seats, 0);
}

/** The seats that no list can take, as all have run out of candidates. */
export function emptySeats(result: Result, outcome: SeatsOutcome): number {
  return result.counted === 0 ? 0 : Math.max(0, outcome.open_seats - drawnSeats(outcome));
}

/** Whether each of its candidates has a seat, so that it can take no more. */
export function isExhausted({ candidates, seats }: Candidate): boolean {
  return candidates !== undefined && seats !== undefined && seats >= candidates;
}
