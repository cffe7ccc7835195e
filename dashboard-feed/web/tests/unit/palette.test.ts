import { expect, test } from "vitest";
import { colourOf, contrast, HUES, linear, SURFACES } from "../../src/charts/palette";

const THEMES = ["light", "dark"] as const;
type Rgb = [number, number, number];
type Matrix = readonly [Rgb, Rgb, Rgb];

/** How colours look without red or green cones: Machado, Oliveira and Fernandes 2009, severity 1. */
const EYES: Record<string, Matrix> = {
  "three kinds of cones": [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  "no red cones": [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  "no green cones": [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
};

function times(matrix: Matrix, [r, g, b]: Rgb): Rgb {
  return matrix.map(([x, y, z]) => x * r + y * g + z * b) as Rgb;
}

/** Oklab, in which distances are about as large as they look. */
function oklab(rgb: Rgb): Rgb {
  const cones = times(
    [
      [0.4122214708, 0.5363325363, 0.0514459929],
      [0.2119034982, 0.6806995451, 0.1073969566],
      [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    rgb.map((part) => Math.min(1, Math.max(0, part))) as Rgb,
  ).map(Math.cbrt) as Rgb;
  return times(
    [
      [0.2104542553, 0.793617785, -0.0040720468],
      [1.9779984951, -2.428592205, 0.4505937099],
      [0.0259040371, 0.7827717662, -0.808675766],
    ],
    cones,
  );
}

function distance(one: Rgb, other: Rgb): number {
  return Math.hypot(...one.map((part, index) => part - (other[index] ?? 0)));
}

/** A difference of one fiftieth can just be seen side by side; this is five times as much. */
const CLEARLY = 0.1;

for (const theme of THEMES) {
  test.each(Object.keys(EYES))(`eyes with %s tell all ${theme} hues apart`, (eyes) => {
    const matrix = EYES[eyes];
    if (matrix === undefined) throw new Error(eyes);
    const seen = HUES[theme].map((hue) => oklab(times(matrix, linear(hue))));
    seen.forEach((one, index) => {
      for (const other of seen.slice(index + 1)) expect(distance(one, other)).toBeGreaterThan(CLEARLY);
    });
  });

  test(`every ${theme} hue stands out from the page, and its number from it`, () => {
    HUES[theme].forEach((hue, index) => {
      for (const surface of SURFACES[theme]) expect(contrast(hue, surface)).toBeGreaterThanOrEqual(3);
      expect(contrast(hue, colourOf(index + 1, theme).ink)).toBeGreaterThanOrEqual(4.5);
    });
  });
}

test("a poll number keeps its colour, and the ninth list has the first one's with a pattern", () => {
  expect(colourOf(1, "light")).toMatchObject({ fill: HUES.light[0], pattern: 0 });
  expect(colourOf(9, "light")).toMatchObject({ fill: HUES.light[0], pattern: 1 });
  expect(colourOf(18, "light")).toMatchObject({ fill: HUES.light[1], pattern: 2 });
});
