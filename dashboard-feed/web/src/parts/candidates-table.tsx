// The numbers of all who stand, in the order of the ballot paper.
import { limit, names, say, share, whole } from "../language/language";
import { ranking } from "../result/ranking";
import type { Candidate, Result } from "../result/result";
import { alliesOf } from "../result/alliances";
import { isExhausted } from "../result/house";
import { ownThreshold } from "../result/threshold";
import { Chip } from "./chip";
import type { Column, TableContent } from "./table";

export type Columns = "votes" | "share" | "seats" | "note";

export function candidatesTable(
  name: string,
  caption: string,
  result: Result,
  shown: readonly Columns[],
): TableContent<Candidate> {
  const all: Record<Columns, Column<Candidate>> = {
    votes: {
      key: "votes",
      head: say("column.votes"),
      cell: ({ votes }) => (votes === undefined ? "–" : whole(votes)),
      isNumber: true,
    },
    share: { key: "share", head: say("column.share"), cell: (one) => share(one.share), isNumber: true },
    seats: {
      key: "seats",
      head: say("column.seats"),
      cell: ({ seats }) => (seats === undefined ? "–" : whole(seats)),
      isNumber: true,
    },
    note: { key: "note", head: say("column.note"), cell: (one) => note(one, result) },
  };
  return {
    name,
    caption,
    columns: [
      {
        key: "number",
        head: say("column.number"),
        cell: ({ poll_number }) => <Chip pollNumber={poll_number} />,
      },
      {
        key: "name",
        head: say(result.individual ? "column.person" : "column.list"),
        cell: (one) => one.name,
        isHead: true,
      },
      ...shown.map((column) => all[column]),
    ],
    rows: result.candidates,
    keyOf: (one) => one.poll_number,
  };
}

/** What the rules mean for a list: the threshold, those it stands with, its candidates, the seats that it has already. */
export function note(candidate: Candidate, result: Result): string {
  const own = ownThreshold(candidate);
  const allies = alliesOf(result, candidate.poll_number);
  const { seats_won: won = 0 } = candidate;
  return [
    standing(candidate, result),
    own === undefined ? undefined : say("line.own", { percent: limit(own) }),
    allies.length === 0 ? undefined : say("note.allied", { names: names(allies.map(({ name }) => name)) }),
    candidates(candidate),
    won === 0 ? undefined : say("note.seats-won", { count: won }),
  ]
    .filter((part) => part !== undefined)
    .join(", ");
}

/** Nobody is above a threshold of no votes. */
function standing({ standing: found }: Candidate, result: Result): string | undefined {
  if (found === undefined || (result.counted === 0 && found !== "takes_no_part")) return undefined;
  return say(`standing.${found}`);
}

function candidates(candidate: Candidate): string | undefined {
  const { candidates: count } = candidate;
  if (count === undefined) return undefined;
  if (count === 0) return say("note.no-candidates");
  return say(isExhausted(candidate) ? "note.exhausted" : "note.candidates", { count });
}

/** "1 Name 43.21 %; 2 …": what a picture shows, for who cannot see it. */
export function inWords(result: Result, value: (candidate: Candidate) => string): string {
  return ranking(result.candidates)
    .map(({ candidate }) => `${candidate.name} ${value(candidate)}`)
    .join("; ");
}
