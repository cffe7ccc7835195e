import { bars, LINES_A_BAR, LINES_ABOVE } from "../charts/bars";
import { Chart } from "../charts/chart";
import { say, share } from "../language/language";
import type { Result } from "../result/result";
import { isOffice } from "../result/rules";
import { candidatesTable, inWords } from "./candidates-table";
import { Figure } from "./figure";

export function votesTitle(result: Result): string {
  return say(result.individual ? "chart.votes-persons" : "chart.votes-lists");
}

/** Shares as bars. */
export function Votes({ result }: { result: Result }) {
  const title = votesTitle(result);
  const columns = isOffice(result) ? (["votes", "share"] as const) : (["votes", "share", "note"] as const);
  return (
    <Figure
      name="votes"
      title={title}
      chart={<VotesChart result={result} />}
      table={candidatesTable("votes", title, result, columns)}
    />
  );
}

/** `most`: as many bars as there is room for on a wall, whose height they share. */
export function VotesChart({ result, most }: { result: Result; most?: number }) {
  const count = most ?? result.candidates.length;
  const label = `${votesTitle(result)}: ${inWords(result, (one) => share(one.share))}`;
  const lines = most === undefined ? { lines: count * LINES_A_BAR + LINES_ABOVE } : {};
  return <Chart label={label} option={(look) => bars(result, count, look)} {...lines} />;
}
