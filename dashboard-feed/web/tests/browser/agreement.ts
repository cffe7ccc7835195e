// Compares the page's numbers with those of the feed's interface.
import { expect } from "vitest";
import { allRejected, type Result } from "../../src/result/result";
import { type Numbers, read, type Visit } from "./browser";
import type { Stack } from "./stack";

const PATIENCE_MS = 30_000;

/** The page's numbers and the feed's for the same position in the log. Both advance, so this may take a few tries. */
export async function sameMoment(visit: Visit, stack: Stack, election: number): Promise<[Numbers, Result]> {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    const [numbers, result] = [await visit.numbers(), await stack.result(election)];
    if (numbers.position === result.position) return [numbers, result];
  }
  throw new Error("the page and the feed were never at the same position");
}

/** Asserts that everything on the page agrees with the feed. Returns the numbers. */
export async function expectAgreement(visit: Visit, stack: Stack, election: number): Promise<Result> {
  const [numbers, result] = await sameMoment(visit, stack, election);
  expect(read(numbers.counted)).toBe(result.counted);
  expect(read(numbers.rejected)).toBe(allRejected(result));
  expect(read(numbers.turnout)).toBeCloseTo((result.turnout ?? 0) * 100, 0);
  expect(numbers.of.replaceAll(",", "")).toBe(`${result.counted} of ${result.registered} registered voters`);
  for (const candidate of result.candidates) {
    for (const table of candidateTables(result)) {
      const row = numbers.tables[table]?.[candidate.poll_number];
      expect(row?.["name"], table).toContain(candidate.name);
      expect(read(row?.["votes"]), `${table}: ${candidate.name}`).toBe(candidate.votes);
      // Two decimals are shown.
      expect(Math.abs(read(row?.["share"]) - (candidate.share ?? 0) * 100)).toBeLessThan(0.00501);
      if (row?.["seats"] !== undefined) expect(read(row["seats"])).toBe(candidate.seats);
    }
  }
  const reasons = numbers.tables["rejected"] ?? {};
  const rejected = Object.entries(reasons).map(([reason, row]) => [reason, read(row["ballots"])]);
  expect(Object.fromEntries(rejected)).toEqual(result.rejected);
  return result;
}

function candidateTables(result: Result): string[] {
  return ["votes", "ranking", "shares", result.individual ? "runoff" : "seats"];
}
