import { expect, test } from "vitest";
import { moves, ranking } from "../../src/result/ranking";
import { sample } from "./sample";

const order = (candidates = sample().candidates) =>
  ranking(candidates).map((one) => one.candidate.poll_number);

test("the most votes come first, and level candidates share a rank in the order of the ballot paper", () => {
  expect(order()).toEqual([2, 1, 3]);
  expect(ranking(sample().candidates).map(({ rank }) => rank)).toEqual([1, 2, 2]);
});

test("after a shared rank the next one is left out", () => {
  const votes = [5, 5, 5, 4].map((votes, index) => ({ poll_number: index + 1, name: "", votes }));
  expect(ranking(votes).map(({ rank }) => rank)).toEqual([1, 1, 1, 4]);
});

test("where votes are not shown the ballot paper's order stays", () => {
  const hidden = sample().candidates.map(({ poll_number, name }) => ({ poll_number, name }));
  expect(order(hidden)).toEqual([1, 2, 3]);
});

test("who passes another is marked up, and who is passed down, for a while", () => {
  const none = new Map();
  expect(moves([], [1, 2, 3], none, 0).size).toBe(0);
  const swapped = moves([1, 2, 3], [2, 1, 3], none, 0);
  expect(swapped.get(2)?.places).toBe(1);
  expect(swapped.get(1)?.places).toBe(-1);
  expect(swapped.has(3)).toBe(false);
  expect(moves([2, 1, 3], [2, 1, 3], swapped, 9_999).size).toBe(2);
  expect(moves([2, 1, 3], [2, 1, 3], swapped, 10_000).size).toBe(0);
});
