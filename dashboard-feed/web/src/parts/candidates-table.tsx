// The numbers of all candidates, in the order of the ballot paper.
import { limit, say, share, whole } from "../language/language";
import { ranking } from "../result/ranking";
import type { Candidate, Result } from "../result/result";
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
    note: { key: "note", head: say("column.note"), cell: note },
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

/** What the threshold means for a list. */
export function note(candidate: Candidate): string {
  const own = ownThreshold(candidate);
  return [
    candidate.standing === undefined ? undefined : say(`standing.${candidate.standing}`),
    own === undefined ? undefined : say("line.own", { percent: limit(own) }),
  ]
    .filter((part) => part !== undefined)
    .join(", ");
}

/** "1 Name 43.21 %; 2 …": what a picture shows, for those who cannot see it. */
export function inWords(result: Result, value: (candidate: Candidate) => string): string {
  return ranking(result.candidates)
    .map(({ candidate }) => `${candidate.name} ${value(candidate)}`)
    .join("; ");
}
