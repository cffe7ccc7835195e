// Shares of the vote as a ring, in the order of the ballot paper, so that nothing jumps.
import type { EChartsOption } from "echarts/types/dist/shared";
import { share } from "../language/language";
import type { Candidate, Result } from "../result/result";
import { chip, decal, type Look, motion } from "./look";
import { colourOf } from "./palette";

/** Smaller slices have no room for a label; the table has them all. */
const LABELLED = 0.03;

export function donut(result: Result, look: Look): EChartsOption {
  return {
    ...motion(look),
    textStyle: { fontFamily: look.font },
    series: {
      type: "pie",
      radius: look.isNarrow ? ["48%", "74%"] : ["50%", "78%"],
      startAngle: 90,
      silent: true,
      stillShowZeroSum: false,
      itemStyle: { borderColor: look.surface, borderWidth: 1.5 },
      labelLine: { length: 8, length2: 6, lineStyle: { color: look.muted } },
      data: result.candidates.map((candidate) => slice(candidate, look)),
    },
  };
}

function slice(candidate: Candidate, look: Look) {
  const colour = colourOf(candidate.poll_number, look.theme);
  const isLabelled = (candidate.share ?? 0) >= LABELLED;
  const dots = decal(colour.pattern, look);
  return {
    name: String(candidate.poll_number),
    value: candidate.votes ?? 0,
    itemStyle: { color: colour.fill, ...(dots === undefined ? {} : { decal: dots }) },
    labelLine: { show: isLabelled },
    label: {
      show: isLabelled,
      overflow: "none" as const,
      formatter: look.isNarrow
        ? `{number|${candidate.poll_number}}`
        : `{number|${candidate.poll_number}}{share|${share(candidate.share)}}`,
      rich: {
        number: chip(colour, look),
        share: {
          fontSize: look.size * 0.875,
          fontWeight: 600,
          color: look.ink,
          padding: [0, look.size * 0.3],
        },
      },
    },
  };
}
