// The positions of an assembly's seats: in half circles, numbered from left to right.

export interface Place {
  x: number;
  y: number;
}

export interface Hemicycle {
  places: Place[];
  /** Of one seat, in the same unit: the outermost row has a radius of 1, the floor is y = 0, up is negative. */
  seatRadius: number;
  innerRadius: number;
}

const INNER_RADIUS = 0.4;
/** How much of its space a seat fills. */
const FILLED = 0.42;

/** Rows such that a seat's distance to its neighbours is about the same within a row and between rows. */
function rowsFor(seats: number): number {
  // n seats fill half a ring: n * distance² = π/2 * (1 - inner²), and rows * distance = 1 - inner.
  const distance = Math.sqrt(((Math.PI / 2) * (1 - INNER_RADIUS ** 2)) / seats);
  return Math.max(1, Math.round((1 - INNER_RADIUS) / distance));
}

/** Distributes seats among rows in proportion to their lengths, exactly `seats` in total. */
function seatsOfRows(seats: number, radii: readonly number[]): number[] {
  const whole = radii.reduce((sum, radius) => sum + radius, 0);
  let reached = 0;
  let placed = 0;
  return radii.map((radius) => {
    reached += radius;
    const until = Math.round((seats * reached) / whole);
    const here = until - placed;
    placed = until;
    return here;
  });
}

export function hemicycle(seats: number): Hemicycle {
  const rows = rowsFor(seats);
  const gap = (1 - INNER_RADIUS) / rows;
  const radii = Array.from({ length: rows }, (_, row) =>
    rows === 1 ? 0.8 : INNER_RADIUS + gap * (row + 0.5),
  );
  const places = seatsOfRows(seats, radii)
    .flatMap((count, row) => placesOfRow(count, radii[row] ?? 1, row))
    .toSorted((a, b) => a.angle - b.angle || a.row - b.row)
    .map(({ x, y }) => ({ x, y }));
  const beside = Math.min(
    ...seatsOfRows(seats, radii).map((count, row) => (Math.PI * (radii[row] ?? 1)) / count),
  );
  return { places, seatRadius: Math.min(gap, beside, 0.25) * FILLED, innerRadius: INNER_RADIUS };
}

function placesOfRow(count: number, radius: number, row: number) {
  return Array.from({ length: count }, (_, seat) => {
    const angle = Math.PI * ((seat + 0.5) / count);
    return { angle, row, x: -Math.cos(angle) * radius, y: -Math.sin(angle) * radius };
  });
}

/** An arc's part of the half ring, as a path: shares of the half circle from the left, 0 to 1. */
export function sector(from: number, to: number, innerRadius: number): string {
  const point = (share: number, radius: number) => {
    const angle = Math.PI * share;
    return `${(-Math.cos(angle) * radius).toFixed(4)} ${(-Math.sin(angle) * radius).toFixed(4)}`;
  };
  return (
    `M${point(from, 1)}A1 1 0 0 1 ${point(to, 1)}` +
    `L${point(to, innerRadius)}A${innerRadius} ${innerRadius} 0 0 0 ${point(from, innerRadius)}Z`
  );
}
