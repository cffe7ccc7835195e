// What dashboard-feed sends, as tally-stream publishes it.

/** `GET /api/elections/{id}/results`, and the data of every event. */
export interface Result {
  election: number;
  title: string;
  /** Persons stand for one office, rather than lists for seats. */
  individual: boolean;
  rules: Rules;
  created: string;
  start: string;
  end: string;
  publication: "live" | "after-close";
  final: boolean;
  /** Grows with every record that was counted. */
  position: number;
  /** When the newest record in here was appended to the log. */
  counted_to: string | null;
  registered: number | null;
  /** Counted of registered. */
  turnout: number | null;
  counted: number;
  repeated: number;
  /** By reason, in the words of the count. */
  rejected: Record<string, number>;
  candidates: Candidate[];
  outcome: SeatsOutcome | WinnerOutcome | null;
  timeline?: Timeline | null;
  districts?: District[] | null;
}

export interface Rules {
  method: string;
  seats?: number;
  /** Percentages are exact decimals: numbers or strings. */
  threshold?: { percent?: number | string; of: "valid" | "cast" | "quota" };
  winner?: "plurality" | "absolute";
  runoff?: number;
  tie?: string;
}

export type Standing = "reached" | "exempt" | "no_list_reached" | "below";

/** Votes, share, seats and standing are absent while they are not published. */
export interface Candidate {
  poll_number: number;
  name: string;
  votes?: number;
  /** Of the valid votes. */
  share?: number;
  seats?: number;
  standing?: Standing;
  threshold_percent?: number | string;
}

export interface Tie {
  seats: number;
  between: number[];
  settled_by: "ballot_order" | "most_votes" | "fewest_votes" | "lots" | null;
  won_by: number[];
}

export interface SeatsOutcome {
  seats: number[];
  open_seats: number;
  ties: Tie[];
}

export interface WinnerOutcome {
  winner: number | null;
  runoff: number[] | null;
  ties: Tie[];
}

/** Ballots counted in each slot of time since the opening. */
export interface Timeline {
  from: string;
  slot_seconds: number;
  ballots: number[];
}

/** A constituency; votes in the order of the candidates. */
export interface District {
  district: number;
  counted: number;
  votes?: number[];
}

/** The reason that the count gives for a ballot that names nobody. */
const INVALID = "Invalid poll number.";

/** Valid votes, and ballots that named nobody. */
export function cast(result: Result): number {
  return result.counted + (result.rejected[INVALID] ?? 0);
}

export function allRejected(result: Result): number {
  return Object.values(result.rejected).reduce((sum, ballots) => sum + ballots, 0);
}

/** Whether the votes may be seen: with `after-close` only when nothing can change any more. */
export function showsVotes(result: Result): boolean {
  return result.final || result.publication === "live";
}

export function candidateOf(result: Result, pollNumber: number): Candidate | undefined {
  return result.candidates.find((candidate) => candidate.poll_number === pollNumber);
}
