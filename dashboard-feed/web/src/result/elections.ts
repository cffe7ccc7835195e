// The existing elections, and which of them to show.
import type { ListedElection } from "../feed/interface";
import { type Period, type Phase, phaseOf } from "./phase";

/** The fields used from an entry of `GET /api/elections`. */
export type Listed = Pick<ListedElection, keyof Period | "election" | "title" | "individual" | "publication">;

const INTEREST: Record<Phase, number> = { open: 0, counting: 1, final: 2, "not-open": 3, cancelled: 4 };

/** What most people come for: open ones, then those being counted, then results, then what is to come; last what was cancelled. */
export function byInterest(elections: readonly Listed[], nowMs: number): Listed[] {
  return elections.toSorted((a, b) => {
    const [first, second] = [phaseOf(a, nowMs), phaseOf(b, nowMs)];
    if (first !== second) return INTEREST[first] - INTEREST[second];
    // Of the coming elections the next one first, otherwise the newest.
    const newest = Date.parse(b.start) - Date.parse(a.start) || b.election - a.election;
    return first === "not-open" ? -newest : newest;
  });
}

/** A final result stays on the wall for the rest of the night. */
const NIGHT_MS = 24 * 3600 * 1000;

/** The elections that a wall shows in turn: under way or just over, or else the one of most interest. */
export function forWall(elections: readonly Listed[], nowMs: number): Listed[] {
  const sorted = byInterest(elections, nowMs);
  const tonight = sorted.filter((one) => {
    const phase = phaseOf(one, nowMs);
    if (phase === "final") return nowMs - Date.parse(one.end) < NIGHT_MS;
    return phase === "open" || phase === "counting";
  });
  return tonight.length > 0 ? tonight : sorted.slice(0, 1);
}
