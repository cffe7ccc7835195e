import { expect, test } from "vitest";
import { hemicycle, sector } from "../../src/charts/hemicycle";

const SIZES = [1, 2, 3, 5, 21, 99, 120, 150, 250, 577, 650, 800];

test.each(SIZES)("%i seats all have a place in the half circle", (seats) => {
  const { places, seatRadius } = hemicycle(seats);
  expect(places).toHaveLength(seats);
  for (const { x, y } of places) {
    expect(y).toBeLessThanOrEqual(1e-9);
    expect(Math.hypot(x, y) + seatRadius).toBeLessThanOrEqual(1.06);
  }
});

test.each(SIZES)("no two of %i seats overlap", (seats) => {
  const { places, seatRadius } = hemicycle(seats);
  let closest = Number.POSITIVE_INFINITY;
  places.forEach((one, index) => {
    for (const other of places.slice(index + 1)) {
      closest = Math.min(closest, Math.hypot(one.x - other.x, one.y - other.y));
    }
  });
  expect(closest).toBeGreaterThanOrEqual(2 * seatRadius);
});

test("seats are numbered from left to right, so that the line of a majority is in the middle", () => {
  const { places } = hemicycle(250);
  const angles = places.map(({ x, y }) => Math.atan2(-y, -x));
  expect(angles.every((angle, index) => index === 0 || angle >= (angles[index - 1] ?? 0) - 1e-9)).toBe(true);
  expect(places.slice(0, 125).every(({ x }) => x <= 1e-9)).toBe(true);
});

test("the area of a list is a part of the half ring", () => {
  expect(sector(0, 1, 0.4)).toBe(
    "M-1.0000 0.0000A1 1 0 0 1 1.0000 -0.0000L0.4000 -0.0000A0.4 0.4 0 0 0 -0.4000 0.0000Z",
  );
});
