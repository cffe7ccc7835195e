// What the numbers come to, in one word; the messages make a sentence of it.
import { allSeats, drawnSeats, majorityOf, seatsOf } from "./house";
import { ranking } from "./ranking";
import {
  type Result,
  type SeatsOutcome,
  showsVotes,
  type Tie,
  type WinnerOutcome,
  type WinnersOutcome,
} from "./result";

export type Verdict =
  | { kind: "hidden" }
  | { kind: "no-votes" }
  /** A threshold is a percentage of the registered voters, whose number is not known. */
  | { kind: "no-electorate" }
  /** The electoral rules cannot be applied. */
  | { kind: "refused" }
  /** Open ties stand between here and a verdict. */
  | { kind: "undecided" }
  | { kind: "winner"; winner: number }
  /** Of several places, with those that nobody has. */
  | { kind: "winners"; winners: number[]; open: number }
  | { kind: "runoff"; candidates: number[] }
  | { kind: "majority"; list: number; seats: number; needed: number }
  | { kind: "no-majority"; needed: number };

export function isSeats(outcome: Result["outcome"]): outcome is SeatsOutcome {
  return outcome !== null && "seats" in outcome;
}

export function isWinner(outcome: Result["outcome"]): outcome is WinnerOutcome {
  return outcome !== null && "winner" in outcome;
}

function isWinners(outcome: Result["outcome"]): outcome is WinnersOutcome {
  return outcome !== null && "winners" in outcome;
}

/** Whether a person is elected, by the votes so far. */
export function isElected({ outcome }: Result, pollNumber: number): boolean {
  if (isWinners(outcome)) return outcome.winners.includes(pollNumber);
  return isWinner(outcome) && outcome.winner === pollNumber;
}

/** Whether a person goes on to a second round, by the votes so far. */
export function isInRunoff({ outcome }: Result, pollNumber: number): boolean {
  return isWinner(outcome) && (outcome.runoff?.includes(pollNumber) ?? false);
}

export function verdict(result: Result): Verdict {
  const { outcome } = result;
  if (outcome === null) return verdictOnNothing(result);
  if (result.counted === 0) return { kind: "no-votes" };
  if (isSeats(outcome)) return verdictOnSeats(result, outcome);
  return isWinners(outcome) ? verdictOnPlaces(result, outcome) : verdictOnOffice(outcome);
}

function verdictOnNothing(result: Result): Verdict {
  if (!showsVotes(result)) return { kind: "hidden" };
  const awaitsRoll = result.rules.threshold?.of === "registered" && result.registered === null;
  return { kind: awaitsRoll ? "no-electorate" : "refused" };
}

function verdictOnOffice(outcome: WinnerOutcome): Verdict {
  if (outcome.winner !== null) return { kind: "winner", winner: outcome.winner };
  if (outcome.ties.some(isOpen)) return { kind: "undecided" };
  return outcome.runoff === null ? { kind: "undecided" } : { kind: "runoff", candidates: outcome.runoff };
}

function verdictOnPlaces(result: Result, outcome: WinnersOutcome): Verdict {
  const { winners } = outcome;
  const open = (result.rules.winners ?? winners.length) - winners.length;
  return { kind: "winners", winners, open };
}

function verdictOnSeats(result: Result, outcome: SeatsOutcome): Verdict {
  const needed = majorityOf(allSeats(result, outcome));
  const first = ranking(result.candidates).reduce((best, next) =>
    seatsOf(next.candidate) > seatsOf(best.candidate) ? next : best,
  ).candidate;
  const seats = seatsOf(first);
  if (seats >= needed) return { kind: "majority", list: first.poll_number, seats, needed };
  const drawn = drawnSeats(outcome);
  return drawn > 0 && seats + drawn >= needed ? { kind: "undecided" } : { kind: "no-majority", needed };
}

export function isOpen(tie: Tie): boolean {
  return tie.settled_by === null;
}

/** The ties worth showing: before the first vote everybody is level, which is no news. */
export function tiesOf(result: Result): Tie[] {
  return result.counted === 0 ? [] : (result.outcome?.ties ?? []);
}
