// What the numbers mean, in one word; the messages turn it into a sentence.
import { ranking } from "./ranking";
import type { Result, SeatsOutcome, Tie, WinnerOutcome } from "./result";

export type Verdict =
  | { kind: "hidden" }
  | { kind: "no-votes" }
  /** Open ties stand between here and a verdict. */
  | { kind: "undecided" }
  | { kind: "winner"; winner: number }
  | { kind: "runoff"; candidates: number[] }
  | { kind: "majority"; list: number; seats: number; needed: number }
  | { kind: "no-majority"; needed: number };

export function isSeats(outcome: Result["outcome"]): outcome is SeatsOutcome {
  return outcome !== null && "seats" in outcome;
}

export function isWinner(outcome: Result["outcome"]): outcome is WinnerOutcome {
  return outcome !== null && "winner" in outcome;
}

/** More than half of the seats. */
export function majorityOf(seats: number): number {
  return Math.floor(seats / 2) + 1;
}

export function allSeats(outcome: SeatsOutcome): number {
  return outcome.seats.reduce((sum, seats) => sum + seats, outcome.open_seats);
}

export function verdict(result: Result): Verdict {
  const { outcome } = result;
  if (outcome === null) return { kind: "hidden" };
  if (result.counted === 0) return { kind: "no-votes" };
  return isSeats(outcome) ? verdictOnSeats(result, outcome) : verdictOnOffice(outcome);
}

function verdictOnOffice(outcome: WinnerOutcome): Verdict {
  if (outcome.winner !== null) return { kind: "winner", winner: outcome.winner };
  if (outcome.ties.some(isOpen)) return { kind: "undecided" };
  return outcome.runoff === null ? { kind: "undecided" } : { kind: "runoff", candidates: outcome.runoff };
}

function verdictOnSeats(result: Result, outcome: SeatsOutcome): Verdict {
  const needed = majorityOf(allSeats(outcome));
  const first = ranking(result.candidates).reduce((best, next) =>
    (next.candidate.seats ?? 0) > (best.candidate.seats ?? 0) ? next : best,
  ).candidate;
  const seats = first.seats ?? 0;
  if (seats >= needed) return { kind: "majority", list: first.poll_number, seats, needed };
  return outcome.open_seats > 0 && seats + outcome.open_seats >= needed
    ? { kind: "undecided" }
    : { kind: "no-majority", needed };
}

export function isOpen(tie: Tie): boolean {
  return tie.settled_by === null;
}

/** The ties worth showing: before the first vote everybody is level, which is no news. */
export function tiesOf(result: Result): Tie[] {
  return result.counted === 0 ? [] : (result.outcome?.ties ?? []);
}
