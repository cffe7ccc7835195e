// Shares of the vote as bars, the longest first, measured against the threshold or half of the votes.
import type { BarSeriesOption, EChartsOption } from "echarts/types/dist/shared";
import { limit, say, share, whole } from "../language/language";
import type { Candidate, Result } from "../result/result";
import { type Line, lineOf } from "../result/threshold";
import { chip, decal, type Look, motion } from "./look";
import { colourOf } from "./palette";

/** The height of a bar with its name, in lines of text. */
export const LINES_A_BAR = 3;
/** Room for the name of the line above them. */
export const LINES_ABOVE = 2.25;

/** `most`: at most this many, if there is no room for all. */
export function bars(result: Result, most: number, look: Look): EChartsOption {
  const { candidates } = result;
  const count = Math.min(most, candidates.length);
  const line = lineOf(result);
  return {
    ...motion(look),
    textStyle: { fontFamily: look.font },
    grid: { left: 0, right: 8, top: look.size * LINES_ABOVE, bottom: 0 },
    xAxis: {
      type: "value",
      min: 0,
      max: ({ max }) => Math.max(max * 1.02, (line?.share ?? 0) * 1.2, 0.01),
      show: false,
    },
    yAxis: {
      type: "category",
      data: candidates.map(({ poll_number }) => String(poll_number)),
      inverse: true,
      max: count - 1,
      show: false,
      ...motion(look),
    },
    series: {
      type: "bar",
      realtimeSort: true,
      barWidth: "36%",
      cursor: "default",
      silent: true,
      data: candidates.map((candidate) => bar(candidate, look)),
      label: {
        show: true,
        position: [0, -look.size * 1.35],
        fontSize: look.size,
        color: look.ink,
        // The line passes behind the names.
        backgroundColor: look.surface,
      },
      markLine: line === undefined ? { data: [] } : markLine(line, look),
    },
  };
}

function bar(candidate: Candidate, look: Look) {
  const colour = colourOf(candidate.poll_number, look.theme);
  const isBelow = candidate.standing === "below" || candidate.standing === "takes_no_part";
  const dots = decal(colour.pattern, look);
  const gap = look.size * 0.4;
  const votes = candidate.votes === undefined ? "" : whole(candidate.votes);
  return {
    value: candidate.share ?? 0,
    itemStyle: {
      color: isBelow ? look.surface : colour.fill,
      borderColor: colour.fill,
      borderWidth: isBelow ? 1.5 : 0,
      ...(dots === undefined || isBelow ? {} : { decal: dots }),
    },
    label: {
      formatter: `{number|${candidate.poll_number}}{name|${plain(candidate.name, look)}}{share|${share(candidate.share)}}{votes|${votes}}`,
      rich: {
        number: chip(colour, look),
        name: { fontSize: look.size * 0.875, color: look.ink, padding: [0, gap] },
        share: { fontSize: look.size * 0.9375, fontWeight: 700, color: look.ink },
        votes: { fontSize: look.size * 0.8125, color: look.muted, padding: [0, gap] },
      },
    },
  };
}

/** A long name ends in an ellipsis if there is no room for it; the ranking shows it in full. */
const LONGEST = { narrow: 24, wide: 60 };

/** Braces and bars mean something in a label. */
function plain(name: string, { isNarrow }: Look): string {
  const longest = isNarrow ? LONGEST.narrow : LONGEST.wide;
  const short = name.length > longest ? `${name.slice(0, longest - 1).trimEnd()}…` : name;
  return short.replace(/[{}|]/g, " ");
}

function markLine(line: Line, look: Look): NonNullable<BarSeriesOption["markLine"]> {
  const percent = line.percent === undefined ? "" : limit(line.percent);
  const text = line.percent === undefined ? "line.quota" : (`line.${line.kind}` as const);
  return {
    silent: true,
    symbol: "none",
    z: 1,
    lineStyle: { color: look.ink, type: [4, 4], width: 1 },
    label: {
      // The axis of the names is upside down, so that a line starts at the top.
      position: "start",
      distance: look.size * 0.6,
      formatter: say(text, { percent }),
      fontSize: look.size * 0.8125,
      color: look.ink,
      // Near the left edge, centred text would be cut off.
      align: line.share < 0.2 ? "left" : "center",
    },
    data: [{ xAxis: line.share }],
    ...motion(look),
  };
}
