// The colours of lists: the same for a poll number on every chart, screen and day.
//
// Eight hues in a light and a dark form, found by a search that kept each at 3:1 or more against the page and
// as different from the others as possible, also for people who cannot see red or green; `palette.test.ts`
// checks both. From the ninth list on they repeat with a pattern. No chart relies on colours alone: every mark
// shows its poll number.
import type { Theme } from "../theme";

export const HUES: Record<Theme, readonly string[]> = {
  light: ["#355bda", "#ad2a00", "#019e78", "#8b006d", "#0795c1", "#890026", "#4820ab", "#ac7d00"],
  dark: ["#56a5ef", "#cd8128", "#78ecb2", "#b7547d", "#13d5e9", "#ef8193", "#7b6bc6", "#e4b146"],
};

/** What a page's surfaces look like, for contrast. */
export const SURFACES: Record<Theme, readonly string[]> = {
  light: ["#ffffff", "#f6f5f2"],
  dark: ["#14171b", "#1d2126"],
};

export interface Colour {
  fill: string;
  /** For text on it. */
  ink: string;
  /** 0 is plain; each further round through the hues has another. */
  pattern: number;
}

export function colourOf(pollNumber: number, theme: Theme): Colour {
  const hues = HUES[theme];
  const index = pollNumber - 1;
  const fill = hues[index % hues.length] ?? "#777777";
  return { fill, ink: inkOn(fill), pattern: Math.floor(index / hues.length) };
}

const BLACK = "#000000";
const WHITE = "#ffffff";

function inkOn(fill: string): string {
  return contrast(fill, WHITE) >= contrast(fill, BLACK) ? WHITE : BLACK;
}

/** By WCAG 2: 1 to 21. */
export function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].toSorted((a, b) => a - b) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** Red, green and blue of `#rrggbb`, linear, 0 to 1. */
export function linear(hex: string): [number, number, number] {
  const channel = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}

function luminance(hex: string): number {
  const [red, green, blue] = linear(hex);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
