// Generated from openapi.json by `npm run interface`.

/**
 * When the numbers are published.
 */
export type Publication = "live" | "after-close";
/**
 * The state of an election.
 */
export type State = "not-open" | "open" | "counting" | "final" | "cancelled";
/**
 * What a threshold is a percentage of.
 */
export type ThresholdBase = "valid" | "cast" | "registered" | "quota";
/**
 * An exact decimal.
 */
export type Decimal = number | string;
/**
 * What the winner needs.
 */
export type Winner = "plurality" | "absolute";

export interface Interface {
  elections: ElectionList;
  result: Result;
}
/**
 * The elections that have a result, by number.
 */
export interface ElectionList {
  elections: ListedElection[];
}
/**
 * An election. Times are RFC 3339.
 */
export interface ListedElection {
  /**
   * When it was cancelled; absent where it was not.
   */
  cancelled?: string;
  created: string;
  election: number;
  end: string;
  final: boolean;
  /**
   * True if candidates are persons.
   */
  individual: boolean;
  publication: Publication;
  start: string;
  state: State;
  title: string;
}
/**
 * The result of an election as of some position in the log. Shares are rounded, for the eye; nothing is
 * decided by them.
 */
export interface Result {
  /**
   * The poll numbers of lists that stand together.
   */
  alliances?: number[][];
  /**
   * When the election was cancelled; absent where it was not. Then nothing in here is a result.
   */
  cancelled?: string;
  candidates: Candidate[];
  counted: number;
  /**
   * When the log received the newest record included, in whole seconds.
   */
  counted_to: string | null;
  created: string;
  /**
   * The least number of votes of a constituency that is shown by itself; absent where each is.
   */
  district_minimum?: number;
  /**
   * Present if votes were counted in several constituencies.
   */
  districts?: Constituency[] | null;
  election: number;
  end: string;
  /**
   * Nothing can change any more.
   */
  final: boolean;
  /**
   * `manual` where the result waits for an administrator's word after the end, and is provisional until then.
   */
  finalise?: string;
  individual: boolean;
  /**
   * The least number of new votes by which this moves before the end; absent where it moves by each.
   */
  live_minimum?: number;
  lots?: Lots;
  outcome: (SeatsOutcome | WinnerOutcome | WinnersOutcome) | null;
  /**
   * The sum of the partitions' offsets: grows with every change.
   */
  position: number;
  publication: Publication;
  /**
   * counted + repeated + rejected + withdrawn.
   */
  records: number;
  /**
   * Voters on the roll, if it is loaded.
   */
  registered: number | null;
  /**
   * Ballots that do not count, by reason.
   */
  rejected: {
    [k: string]: number;
  };
  /**
   * Paper lines sent again.
   */
  repeated: number;
  rules: Rules;
  start: string;
  timeline?: Timeline | null;
  title: string;
  /**
   * counted / registered.
   */
  turnout: number | null;
  /**
   * Paper ballots that do not count, as their file was withdrawn; not there where none was.
   */
  withdrawn?: number;
}
/**
 * The participants; without votes, share and seats while these are withheld.
 */
export interface Candidate {
  /**
   * How many candidates it has, where that limits its seats.
   */
  candidates?: number;
  name: string;
  poll_number: number;
  seats?: number;
  /**
   * The seats that it has beside those that are shared out here.
   */
  seats_won?: number;
  /**
   * votes / counted.
   */
  share?: number;
  /**
   * Present if seats are distributed.
   */
  standing?: "reached" | "exempt" | "no_list_reached" | "below" | "takes_no_part";
  /**
   * Its own threshold in percent.
   */
  threshold_percent?: number | string;
  votes?: number;
}
/**
 * A constituency.
 */
export interface Constituency {
  counted: number;
  /**
   * The lowest, where several are shown together.
   */
  district: number;
  /**
   * In the order of `candidates`; absent while they may not be seen.
   */
  votes?: number[];
  /**
   * The numbers of the others; absent where it is shown by itself.
   */
  with?: number[];
}
/**
 * The lots that decided what was level; absent where none were drawn.
 */
export interface Lots {
  drawn_at: string;
  /**
   * Who drew.
   */
  drawn_by: string;
  /**
   * Poll numbers, in the order in which they were drawn.
   */
  order: number[];
}
export interface SeatsOutcome {
  /**
   * Seats that an open tie leaves to nobody, or that no list can take.
   */
  open_seats: number;
  /**
   * In the order of `candidates`.
   */
  seats: number[];
  ties: Tie[];
}
/**
 * A tie that mattered.
 */
export interface Tie {
  between: number[];
  /**
   * How many of the poll numbers in `between` get a seat, or win.
   */
  seats: number;
  settled_by: ("ballot_order" | "most_votes" | "fewest_votes" | "lots") | null;
  won_by: number[];
}
export interface WinnerOutcome {
  /**
   * The poll numbers that go on to a second round.
   */
  runoff: number[] | null;
  ties: Tie[];
  /**
   * Its poll number.
   */
  winner: number | null;
}
export interface WinnersOutcome {
  ties: Tie[];
  /**
   * The poll numbers of those who are elected, most votes first; fewer than there are places while a tie is open.
   */
  winners: number[];
}
/**
 * How votes become seats or winners.
 */
export interface Rules {
  /**
   * `dhondt`, `sainte_lague`, … or `majority`.
   */
  method: string;
  /**
   * What an absolute majority is more than half of: the valid votes where it is not said.
   */
  of?: "valid" | "cast";
  /**
   * How many go on to a second round.
   */
  runoff?: number;
  /**
   * Seats to distribute.
   */
  seats?: number;
  threshold?: Threshold;
  /**
   * How ties are settled.
   */
  tie?: string;
  winner?: Winner;
  /**
   * How many are elected by plurality, where it is not one.
   */
  winners?: number;
}
/**
 * What a list needs to take part.
 */
export interface Threshold {
  /**
   * Alliances reach it together.
   */
  alliances?: boolean;
  of: ThresholdBase;
  percent?: Decimal;
  /**
   * More than the percentage, not at least.
   */
  strict?: boolean;
}
/**
 * Votes counted over time, by when the log received them.
 */
export interface Timeline {
  /**
   * In each slot since the opening, up to the last one that has any.
   */
  ballots: number[];
  /**
   * The opening.
   */
  from: string;
  slot_seconds: number;
}
