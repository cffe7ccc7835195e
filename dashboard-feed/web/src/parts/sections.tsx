// Which sections a view consists of, and which views an election has.
import type { FunctionComponent } from "preact";
import { VIEWS, type View } from "../address/address";
import { type Result, showsVotes } from "../result/result";
import { isOffice } from "../result/rules";
import { Districts } from "./districts";
import { Hidden } from "./hidden";
import { Ranking } from "./ranking";
import { Rejected } from "./rejected";
import { Runoff } from "./runoff";
import { Seats } from "./seats";
import { Shares } from "./shares";
import { Turnout } from "./turnout";
import { Votes } from "./votes";

interface Kind {
  name: string;
  view: Exclude<View, "overview">;
  Section: FunctionComponent<{ result: Result }>;
  isShown: (result: Result) => boolean;
}

const KINDS: readonly Kind[] = [
  { name: "hidden", view: "votes", Section: Hidden, isShown: (result) => !showsVotes(result) },
  { name: "votes", view: "votes", Section: Votes, isShown: showsVotes },
  { name: "ranking", view: "votes", Section: Ranking, isShown: showsVotes },
  { name: "seats", view: "seats", Section: Seats, isShown: (it) => showsVotes(it) && !isOffice(it) },
  { name: "runoff", view: "runoff", Section: Runoff, isShown: (it) => showsVotes(it) && isOffice(it) },
  { name: "shares", view: "votes", Section: Shares, isShown: showsVotes },
  { name: "turnout", view: "turnout", Section: Turnout, isShown: () => true },
  { name: "rejected", view: "ballots", Section: Rejected, isShown: () => true },
  { name: "districts", view: "districts", Section: Districts, isShown: hasDistricts },
];

function hasDistricts({ districts }: Result): boolean {
  return (districts?.length ?? 0) > 1;
}

export function sectionsOf(result: Result, view: View): readonly Kind[] {
  if (result.cancelled !== undefined) return [];
  return KINDS.filter((kind) => kind.isShown(result) && (view === "overview" || kind.view === view));
}

export function viewsOf(result: Result): readonly View[] {
  return VIEWS.filter((view) => sectionsOf(result, view).length > 0);
}

/** The requested view, or the overview if this election has no such view. */
export function viewOf(result: Result, asked: View): View {
  return viewsOf(result).includes(asked) ? asked : "overview";
}
