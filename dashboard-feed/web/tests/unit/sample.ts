// A result of three lists, to be varied.
import type { Result } from "../../src/result/result";

export const NOON = Date.parse("2026-06-16T12:00:00Z");

export function sample(change: Partial<Result> = {}): Result {
  return {
    election: 1,
    title: "Test",
    individual: false,
    rules: { method: "dhondt", seats: 5, threshold: { percent: "3", of: "cast" } },
    created: "2026-06-16T05:00:00Z",
    start: "2026-06-16T06:00:00Z",
    end: "2026-06-16T18:00:00Z",
    publication: "live",
    final: false,
    position: 110,
    counted_to: "2026-06-16T11:59:59Z",
    registered: 200,
    turnout: 0.5,
    records: 100,
    counted: 100,
    repeated: 0,
    rejected: {},
    candidates: [
      { poll_number: 1, name: "A", votes: 20, share: 0.2, seats: 1 },
      { poll_number: 2, name: "B", votes: 60, share: 0.6, seats: 3 },
      { poll_number: 3, name: "C", votes: 20, share: 0.2, seats: 1 },
    ],
    outcome: { seats: [1, 3, 1], open_seats: 0, ties: [] },
    ...change,
  };
}
