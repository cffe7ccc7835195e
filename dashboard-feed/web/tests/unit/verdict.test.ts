import { expect, test } from "vitest";
import { majorityOf } from "../../src/result/house";
import type { Tie } from "../../src/result/result";
import { lineOf } from "../../src/result/threshold";
import { tiesOf, verdict } from "../../src/result/verdict";
import { sample } from "./sample";

const OPEN_TIE: Tie = { seats: 1, between: [1, 3], settled_by: null, won_by: [] };

test("a majority is more than half", () => {
  expect([1, 2, 3, 250, 251].map(majorityOf)).toEqual([1, 2, 2, 126, 126]);
});

test("a list with more than half of the seats has the majority", () => {
  expect(verdict(sample())).toEqual({ kind: "majority", list: 2, seats: 3, needed: 3 });
});

test("without one nobody has it, and with open seats it is not decided", () => {
  const [a, b, c] = sample().candidates;
  if (!a || !b || !c) throw new Error("there are three");
  const level = [a, { ...b, seats: 2 }, { ...c, seats: 1 }];
  const open = sample({ candidates: level, outcome: { seats: [1, 2, 1], open_seats: 1, ties: [OPEN_TIE] } });
  expect(verdict(open).kind).toBe("undecided");
  const none = sample({
    candidates: [{ ...a, seats: 2 }, { ...b, seats: 2 }, c],
    outcome: { seats: [2, 2, 1], open_seats: 0, ties: [] },
  });
  expect(verdict(none)).toEqual({ kind: "no-majority", needed: 3 });
});

test("an office has a winner, or a second round, or a tie", () => {
  const office = (winner: number | null, runoff: number[] | null, ties: Tie[] = []) =>
    verdict(sample({ individual: true, outcome: { winner, runoff, ties } }));
  expect(office(2, null)).toEqual({ kind: "winner", winner: 2 });
  expect(office(null, [2, 1])).toEqual({ kind: "runoff", candidates: [2, 1] });
  expect(office(null, [2], [OPEN_TIE]).kind).toBe("undecided");
});

test("nothing is said about votes that are not published, or not there", () => {
  expect(verdict(sample({ publication: "after-close", outcome: null })).kind).toBe("hidden");
  const empty = sample({ counted: 0, outcome: { seats: [0, 0, 0], open_seats: 5, ties: [OPEN_TIE] } });
  expect(verdict(empty).kind).toBe("no-votes");
  expect(tiesOf(empty)).toEqual([]);
});

test("a threshold of the votes cast lies higher among the valid votes", () => {
  expect(lineOf(sample())?.share).toBeCloseTo(0.03);
  const invalid = sample({ rejected: { "Invalid poll number.": 100, "Duplicate ballot.": 7 } });
  expect(lineOf(invalid)?.share).toBeCloseTo(0.06);
  const valid = sample({ rules: { method: "dhondt", seats: 5, threshold: { percent: 5, of: "valid" } } });
  expect(lineOf(valid)).toEqual({ share: 0.05, kind: "threshold", percent: 5 });
  const quota = sample({ rules: { method: "hare", seats: 5, threshold: { of: "quota" } } });
  expect(lineOf(quota)).toEqual({ share: 0.2, kind: "threshold" });
  expect(lineOf(sample({ rules: { method: "dhondt", seats: 5 } }))).toBeUndefined();
});

test("for an office the line is half of the votes", () => {
  const office = sample({ individual: true, rules: { method: "majority", winner: "plurality" } });
  expect(lineOf(office)).toEqual({ share: 0.5, kind: "half", percent: 50 });
});
