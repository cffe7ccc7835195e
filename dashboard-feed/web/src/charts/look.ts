// What the charts take from the style sheet, so that a chart looks like the page around it.
import type { Theme } from "../theme";
import type { Colour } from "./palette";

export interface Look {
  theme: Theme;
  font: string;
  /** Of the text around it, in pixels. */
  size: number;
  ink: string;
  muted: string;
  rule: string;
  surface: string;
  /** Little room: omit what can be read elsewhere. */
  isNarrow: boolean;
  moving: boolean;
}

const NARROW_PX = 420;

export function lookOf(element: HTMLElement, theme: Theme, moving: boolean): Look {
  const style = getComputedStyle(element);
  const variable = (name: string) => style.getPropertyValue(name).trim();
  return {
    theme,
    font: style.fontFamily,
    size: Number.parseFloat(style.fontSize),
    ink: variable("--ink"),
    muted: variable("--muted"),
    rule: variable("--rule"),
    surface: variable("--surface"),
    isNarrow: element.clientWidth < NARROW_PX,
    moving,
  };
}

/** The time between two changes of a chart; each animation takes that long, so that motion is continuous. */
export const CHANGE_MS = 400;

/** How everything moves. */
export function motion({ moving }: Look) {
  return {
    animation: moving,
    animationDuration: CHANGE_MS,
    animationDurationUpdate: CHANGE_MS,
    animationEasing: "cubicOut",
    animationEasingUpdate: "linear",
  } as const;
}

/** For marks from the ninth list on, whose colours are already in use. */
const PATTERNS = [
  undefined,
  { rotation: -Math.PI / 4, dashArrayX: [1, 0], dashArrayY: [3, 4] },
  {
    symbol: "circle",
    symbolSize: 0.7,
    dashArrayX: [
      [8, 8],
      [0, 8, 8, 0],
    ],
    dashArrayY: [6, 0],
  },
  { rotation: 0, dashArrayX: [1, 0], dashArrayY: [2, 5] },
];

/** A pattern in the colour of the page, for ECharts. */
export function decal(pattern: number, look: Look) {
  const lines = PATTERNS[pattern % PATTERNS.length];
  return lines === undefined ? undefined : { color: look.surface, ...lines };
}

/** A poll number in its colour, as a style of rich text. */
export function chip({ fill, ink }: Colour, look: Look) {
  return {
    backgroundColor: fill,
    color: ink,
    fontSize: look.size * 0.75,
    fontWeight: 700,
    padding: [2, look.size * 0.35],
  };
}
