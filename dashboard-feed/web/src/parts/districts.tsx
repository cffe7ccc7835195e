// Constituencies, if there are several: how each voted.
import { colourOf } from "../charts/palette";
import { say, share, whole } from "../language/language";
import type { Constituency, Result } from "../result/result";
import { theme } from "../theme";
import { Chip } from "./chip";
import { Figure } from "./figure";
import type { Column, TableContent } from "./table";

export function Districts({ result }: { result: Result }) {
  const title = say("chart.districts");
  const districts = result.districts ?? [];
  return (
    <Figure
      name="districts"
      title={title}
      chart={<Strips districts={districts} result={result} />}
      table={table(title, districts, result)}
    />
  );
}

/** A strip for each, its parts in the order of the ballot paper. */
function Strips({ districts, result }: { districts: readonly Constituency[]; result: Result }) {
  return (
    <ol class="strips">
      {districts.map((district) => (
        <li key={district.district}>
          <span class="name">{say("districts.number", { number: numbers(district) })}</span>
          <Strip district={district} result={result} />
          <span class="counted">{whole(district.counted)}</span>
        </li>
      ))}
    </ol>
  );
}

/** Small ones are shown together. */
function numbers({ district, with: others = [] }: Constituency): string {
  return [district, ...others].join(", ");
}

function Strip({ district, result }: { district: Constituency; result: Result }) {
  const { votes, counted } = district;
  if (votes === undefined || counted === 0) return <span class="strip" />;
  return (
    <span class="strip" aria-hidden="true">
      {result.candidates.map(({ poll_number }, index) => (
        <Part key={poll_number} pollNumber={poll_number} part={(votes[index] ?? 0) / counted} />
      ))}
    </span>
  );
}

/** Narrower parts have no room for a number. */
const LABELLED = 0.06;

function Part({ pollNumber, part }: { pollNumber: number; part: number }) {
  const { fill, ink } = colourOf(pollNumber, theme.value);
  const style = { flexGrow: part, backgroundColor: fill, color: ink };
  return part === 0 ? null : <span style={style}>{part >= LABELLED ? pollNumber : ""}</span>;
}

function table(caption: string, rows: readonly Constituency[], result: Result): TableContent<Constituency> {
  const hasVotes = rows.some(({ votes }) => votes !== undefined);
  const ofCandidates = result.candidates.map(({ poll_number, name }, index): Column<Constituency> => ({
    key: `votes-${poll_number}`,
    head: (
      <>
        <Chip pollNumber={poll_number} /> <span class="visually-hidden">{name}</span>
      </>
    ),
    cell: ({ votes, counted }) => (
      <>
        {whole(votes?.[index] ?? 0)}{" "}
        <small>{share(counted === 0 ? undefined : (votes?.[index] ?? 0) / counted)}</small>
      </>
    ),
    isNumber: true,
  }));
  return {
    name: "districts",
    caption,
    rows,
    keyOf: ({ district }) => district,
    columns: [
      {
        key: "district",
        head: say("column.district"),
        cell: numbers,
        isHead: true,
      },
      {
        key: "counted",
        head: say("column.counted"),
        cell: ({ counted }) => whole(counted),
        isNumber: true,
      },
      ...(hasVotes ? ofCandidates : []),
    ],
  };
}
