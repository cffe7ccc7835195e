import { expect, test } from "vitest";
import { byInterest, forWall, type Listed } from "../../src/result/elections";
import { changesAt, phaseOf, timeLeft } from "../../src/result/phase";
import { NOON, sample } from "./sample";

const HOUR = 3_600_000;

test("an election is open from its start until just before its end", () => {
  const election = sample();
  expect(phaseOf(election, NOON - 6 * HOUR - 1)).toBe("not-open");
  expect(phaseOf(election, NOON - 6 * HOUR)).toBe("open");
  expect(phaseOf(election, NOON + 6 * HOUR - 1)).toBe("open");
  expect(phaseOf(election, NOON + 6 * HOUR)).toBe("counting");
  expect(phaseOf(sample({ final: true }), NOON)).toBe("final");
});

test("a cancelled election is neither open nor counted, and comes last", () => {
  const cancelled = { ...listed(7, -1, 1), cancelled: "2026-06-16T11:30:00Z" };
  expect(phaseOf(cancelled, NOON)).toBe("cancelled");
  expect(changesAt(cancelled, "cancelled")).toBeUndefined();
  expect(byInterest([cancelled, LATER], NOON).map(({ election }) => election)).toEqual([6, 7]);
  expect(forWall([cancelled, FINAL], NOON).map(({ election }) => election)).toEqual([3]);
});

test("an election opens no sooner than it was created", () => {
  const late = sample({ created: "2026-06-16T07:00:00Z" });
  expect(phaseOf(late, NOON - 5 * HOUR - 1)).toBe("not-open");
  expect(changesAt(late, "not-open")).toBe(NOON - 5 * HOUR);
  expect(changesAt(late, "final")).toBeUndefined();
});

test("time left is said in its two biggest units", () => {
  expect(timeLeft(27 * HOUR + 61_000)).toEqual({ days: 1, hours: 3 });
  expect(timeLeft(HOUR)).toEqual({ hours: 1 });
  expect(timeLeft(61_000)).toEqual({ minutes: 1, seconds: 1 });
  expect(timeLeft(1)).toEqual({ seconds: 1 });
  expect(timeLeft(-5)).toEqual({ seconds: 0 });
});

function listed(election: number, fromHour: number, toHour: number, final = false): Listed {
  const at = (hour: number) => new Date(NOON + hour * HOUR).toISOString();
  return {
    election,
    title: "",
    individual: false,
    publication: "live",
    created: at(-1000),
    start: at(fromHour),
    end: at(toHour),
    final,
  };
}

const OPEN = listed(1, -1, 1);
const COUNTING = listed(2, -3, -1);
const FINAL = listed(3, -5, -4, true);
const LONG_FINAL = listed(4, -99, -98, true);
const NEXT = listed(5, 1, 2);
const LATER = listed(6, 3, 4);

test("what people come for is what is open, then what is counted, then results", () => {
  const sorted = byInterest([LATER, NEXT, LONG_FINAL, FINAL, COUNTING, OPEN], NOON);
  expect(sorted.map(({ election }) => election)).toEqual([1, 2, 3, 4, 5, 6]);
});

test("a wall shows the elections of the night, or else the one of most interest", () => {
  const numbers = (all: Listed[]) => forWall(all, NOON).map(({ election }) => election);
  expect(numbers([LATER, LONG_FINAL, FINAL, OPEN])).toEqual([1, 3]);
  expect(numbers([LATER, NEXT, LONG_FINAL])).toEqual([4]);
  expect(numbers([LATER, NEXT])).toEqual([5]);
  expect(numbers([])).toEqual([]);
});
