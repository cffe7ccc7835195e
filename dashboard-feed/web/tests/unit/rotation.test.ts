import { expect, test } from "vitest";
import { after, type Scene } from "../../src/wall/rotation";

const SCENES: Scene[] = ["votes", "seats", "turnout"];

test("a wall goes through all scenes of an election, then to the next, and from the last to the first", () => {
  expect(after({ election: 1, scene: "votes" }, SCENES, [1, 2])).toEqual({ election: 1, scene: "seats" });
  expect(after({ election: 1, scene: "turnout" }, SCENES, [1, 2])).toEqual({ election: 2, scene: "votes" });
  expect(after({ election: 2, scene: "turnout" }, SCENES, [1, 2])).toEqual({ election: 1, scene: "votes" });
  expect(after({ election: 1, scene: "turnout" }, SCENES, [1])).toEqual({ election: 1, scene: "votes" });
});

test("an election that is no longer there is left", () => {
  expect(after({ election: 1, scene: "votes" }, SCENES, [5, 6])).toEqual({ election: 5, scene: "votes" });
});

test("a scene that is no longer there starts over with the next election", () => {
  expect(after({ election: 1, scene: "runoff" }, SCENES, [1, 2])).toMatchObject({ scene: "votes" });
});
