import { Chart } from "../charts/chart";
import { line } from "../charts/line";
import { now } from "../feed/clock";
import { observations } from "../feed/feed";
import { moment, say, turnout, whole } from "../language/language";
import { curve, type Observation } from "../result/observations";
import type { Result } from "../result/result";
import { Figure } from "./figure";
import type { TableContent } from "./table";

/** Nobody would read a table of every point. */
const ROWS = 24;

/** Turnout over time. */
export function Turnout({ result }: { result: Result }) {
  const title = say("chart.turnout");
  const points = curve(result, observations.value, now.value);
  return (
    <Figure
      name="turnout"
      title={title}
      chart={<TurnoutChart result={result} lines={18} />}
      table={table(title, points, result.registered)}
    />
  );
}

export function TurnoutChart({ result, lines }: { result: Result; lines?: number }) {
  const points = curve(result, observations.value, now.value);
  const value = result.turnout === null ? whole(result.counted) : turnout(result.turnout);
  const height = lines === undefined ? {} : { lines };
  return (
    <Chart
      label={`${say("chart.turnout")}: ${value}`}
      option={(look) => line(points, result.registered, look)}
      {...height}
    />
  );
}

function table(
  caption: string,
  points: readonly Observation[],
  registered: number | null,
): TableContent<Observation> {
  const step = Math.max(1, Math.ceil(points.length / ROWS));
  // Counted from the newest, which is always among them.
  const rows = points.filter((_, index) => (points.length - 1 - index) % step === 0);
  const part = ({ ballots }: Observation) => (registered ? turnout(ballots / registered) : "–");
  return {
    name: "turnout",
    caption,
    rows,
    keyOf: ({ atMs }) => atMs,
    columns: [
      { key: "time", head: say("column.time"), cell: ({ atMs }) => moment(atMs), isHead: true },
      {
        key: "ballots",
        head: say("column.ballots"),
        cell: ({ ballots }) => whole(ballots),
        isNumber: true,
      },
      { key: "turnout", head: say("column.turnout"), cell: part, isNumber: true },
    ],
  };
}
