import { expect, test } from "vitest";
import { alliances, alliesOf, inTie } from "../../src/result/alliances";
import { allSeats, emptySeats, isExhausted, seatsOf } from "../../src/result/house";
import type { Result, Tie } from "../../src/result/result";
import { rulesOf } from "../../src/result/rules";
import { lineOf } from "../../src/result/threshold";
import { isElected, isInRunoff, isSeats, tiesOf, verdict } from "../../src/result/verdict";
import { sample } from "./sample";

const [a, b, c] = sample().candidates;
if (!a || !b || !c) throw new Error("there are three");

function tie(between: number[], seats = 1): Tie {
  return { seats, between, settled_by: null, won_by: [] };
}

const names = (all: readonly { name: string }[]) => all.map(({ name }) => name);

test("lists that stand together have votes and seats between them", () => {
  const allied = sample({ alliances: [[1, 3], [2]] });
  expect(alliances(allied).map(({ members, votes, seats }) => [names(members), votes, seats])).toEqual([
    [["A", "C"], 40, 2],
  ]);
  expect(names(alliesOf(allied, 3))).toEqual(["A"]);
  expect(alliesOf(allied, 2)).toEqual([]);
  expect(alliances(sample())).toEqual([]);
});

test("a tie between alliances is one of all their lists, and one inside an alliance is not", () => {
  const allied = sample({ alliances: [[1, 3]] });
  const of = (result: Result, between: number[]) =>
    between.map((number) => names(inTie(result, tie(between), number)));
  expect(of(allied, [1, 2])).toEqual([["A", "C"], ["B"]]);
  expect(of(allied, [1, 3])).toEqual([["A"], ["C"]]);
  const below = { ...allied, candidates: [a, b, { ...c, standing: "below" as const }] };
  expect(of(below, [1, 2])).toEqual([["A"], ["B"]]);
});

test("seats that a list has already count for a majority", () => {
  const outcome = { seats: [1, 3, 1], open_seats: 0, ties: [] };
  const before = sample({ candidates: [{ ...a, seats_won: 6 }, b, c], outcome });
  expect(seatsOf({ ...a, seats_won: 6 })).toBe(7);
  expect(allSeats(before, outcome)).toBe(11);
  expect(verdict(before)).toEqual({ kind: "majority", list: 1, seats: 7, needed: 6 });
});

test("seats that no list can take are empty, and not undecided", () => {
  const outcome = { seats: [1, 1, 1], open_seats: 2, ties: [] };
  const one = (list: typeof a) => ({ ...list, candidates: 1, seats: 1 });
  const result = sample({ candidates: [one(a), one(b), one(c)], outcome });
  expect(result.candidates.every(isExhausted)).toBe(true);
  expect(isExhausted({ ...a, candidates: 2 })).toBe(false);
  expect(isExhausted(a)).toBe(false);
  expect(emptySeats(result, outcome)).toBe(2);
  expect(verdict(result)).toEqual({ kind: "no-majority", needed: 3 });
  const level = { ...outcome, ties: [tie([1, 2], 2)] };
  expect(emptySeats(result, level)).toBe(0);
  expect(verdict({ ...result, outcome: level }).kind).toBe("undecided");
});

test("several are elected, and places that are drawn level are open", () => {
  const rules = { method: "majority", winner: "plurality", winners: 3 } as const;
  const result = sample({ rules, outcome: { winners: [2, 1], ties: [tie([3, 4])] } });
  expect(verdict(result)).toEqual({ kind: "winners", winners: [2, 1], open: 1 });
  expect([1, 2, 3].map((number) => isElected(result, number))).toEqual([true, true, false]);
  expect(isInRunoff(result, 1)).toBe(false);
  expect(rulesOf(result)).toEqual([{ kind: "winners", count: 3 }]);
  expect(lineOf(result)).toBeUndefined();
});

test("half of all who voted lies above half of the valid votes", () => {
  const rules = { method: "majority", winner: "absolute", of: "cast", runoff: 2 } as const;
  const outcome = { winner: null, runoff: [2, 1], ties: [] };
  const result = sample({ rules, outcome, rejected: { "Invalid poll number.": 20 } });
  expect(lineOf(result)).toEqual({ share: 0.6, kind: "half-cast", percent: 50 });
  expect(rulesOf(result)).toEqual([{ kind: "half", of: "cast" }]);
  expect(isInRunoff(result, 1) && !isElected(result, 1)).toBe(true);
});

const OF_REGISTERED = {
  method: "dhondt",
  seats: 5,
  threshold: { percent: "3", of: "registered", strict: true, alliances: true },
} as const;

test("a threshold of the electorate is measured against it, and waits for it", () => {
  const result = sample({ rules: OF_REGISTERED, alliances: [[1, 3]] });
  expect(lineOf(result)?.share).toBeCloseTo(0.06);
  expect(rulesOf(result)).toEqual([
    { kind: "strict", of: "registered", percent: 3 },
    { kind: "together" },
    { kind: "alliances" },
  ]);
  const unknown = sample({ rules: OF_REGISTERED, registered: null, outcome: null });
  expect(verdict(unknown).kind).toBe("no-electorate");
  expect(lineOf(unknown)).toBeUndefined();
  expect(verdict({ ...unknown, registered: 7 }).kind).toBe("refused");
  expect(verdict({ ...unknown, publication: "after-close" }).kind).toBe("hidden");
});

test("rules that everybody expects are not told", () => {
  expect(rulesOf(sample({ rules: { method: "majority", winner: "plurality" } }))).toEqual([]);
  expect(rulesOf(sample({ rules: { method: "dhondt", seats: 5 } }))).toEqual([]);
});

test("a result that nobody voted in decides nothing, and is a part of nothing", () => {
  const nobody = [a, b, c].map(({ poll_number, name }) => ({ poll_number, name, votes: 0, seats: 0 }));
  const outcomes = [
    { seats: [0, 0, 0], open_seats: 5, ties: [tie([1, 2, 3], 5)] },
    { winner: null, runoff: null, ties: [tie([1, 2, 3])] },
    { winners: [], ties: [tie([1, 2, 3], 2)] },
  ];
  for (const outcome of outcomes) {
    for (const registered of [0, 200, null]) {
      const result = sample({
        candidates: nobody,
        counted: 0,
        registered,
        turnout: null,
        final: true,
        rules: "seats" in outcome ? OF_REGISTERED : { method: "majority", winner: "absolute", of: "cast" },
        outcome,
      });
      expect(verdict(result)).toEqual({ kind: "no-votes" });
      expect(tiesOf(result)).toEqual([]);
      expect([1, 2, 3].some((number) => isElected(result, number) || isInRunoff(result, number))).toBe(false);
      const share = lineOf(result)?.share;
      expect(share === undefined || Number.isFinite(share)).toBe(true);
      if (isSeats(result.outcome)) expect(emptySeats(result, result.outcome)).toBe(0);
    }
  }
});
