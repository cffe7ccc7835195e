// Turnout over time.
import type { EChartsOption } from "echarts/types/dist/shared";
import { minute, time, turnout, whole } from "../language/language";
import type { Observation } from "../result/observations";
import { type Look, motion } from "./look";

/** Below this, two marks of the axis could show the same minute. */
const SECONDS_MATTER_MS = 15 * 60 * 1000;

/** Ballots of registered voters; ballots where their number is not known, or nobody is registered. */
export function line(points: readonly Observation[], registered: number | null, look: Look): EChartsOption {
  const isOfVoters = registered !== null && registered > 0;
  const whole100 = isOfVoters ? registered : 1;
  const write = (value: number) => (isOfVoters ? turnout(value) : whole(value));
  const values = points.map(({ atMs, ballots }) => [atMs, ballots / whole100]);
  const last = values.at(-1);
  const span = (points.at(-1)?.atMs ?? 0) - (points[0]?.atMs ?? 0);
  const clock = span < SECONDS_MATTER_MS ? time : minute;
  const text = { color: look.muted, fontSize: look.size * 0.8125 };
  return {
    ...motion(look),
    textStyle: { fontFamily: look.font },
    grid: { left: 4, right: look.size * 4.5, top: look.size, bottom: 4, containLabel: true },
    xAxis: {
      type: "time",
      axisLabel: { ...text, hideOverlap: true, formatter: (at: number) => clock(at) },
      axisLine: { lineStyle: { color: look.muted } },
      axisTick: { show: false },
      splitNumber: look.isNarrow ? 3 : 5,
      minInterval: 1000,
    },
    yAxis: {
      type: "value",
      min: 0,
      axisLabel: { ...text, formatter: write },
      splitLine: { lineStyle: { color: look.rule } },
      splitNumber: 4,
      ...(isOfVoters ? {} : { minInterval: 1 }),
    },
    series: {
      type: "line",
      silent: true,
      symbol: "none",
      // The line must not run ahead of the axes: both move at the same time.
      animation: false,
      lineStyle: { color: look.ink, width: 2.5 },
      areaStyle: { color: look.ink, opacity: 0.07 },
      data: values,
      markPoint: {
        silent: true,
        animation: false,
        symbol: "circle",
        symbolSize: 9,
        itemStyle: { color: look.ink },
        label: { position: "right", fontSize: look.size, fontWeight: 700, color: look.ink },
        data: last === undefined ? [] : [{ name: "", coord: last, value: write(last[1] ?? 0) }],
      },
    },
  };
}
