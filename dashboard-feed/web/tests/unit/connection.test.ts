import { expect, test } from "vitest";
import { CONNECTING, type Connection, type Happening, next, pauseMs } from "../../src/feed/connection";

/** The state that these events lead to, and the action for the last of them. */
function after(...happenings: Happening[]) {
  let connection: Connection = CONNECTING;
  let remedy = "none";
  for (const happening of happenings) {
    const step = next(connection, happening);
    connection = step.connection;
    remedy = step.remedy;
  }
  return { phase: connection.phase, refusals: connection.refusals, remedy };
}

test("what arrives is live", () => {
  expect(after("delivered")).toEqual({ phase: "live", refusals: 0, remedy: "none" });
  expect(after("delivered", "answered").phase).toBe("live");
});

test("a broken stream is lost until the browser has it back", () => {
  expect(after("delivered", "broken")).toMatchObject({ phase: "lost", remedy: "none" });
  expect(after("delivered", "broken", "broken", "delivered").phase).toBe("live");
});

test("a refused stream is opened again later, and later each time", () => {
  expect(after("refused")).toEqual({ phase: "lost", refusals: 1, remedy: "open-later" });
  expect(after("refused", "answered", "answered", "refused")).toMatchObject({
    refusals: 2,
    remedy: "open-later",
  });
  expect(after("refused", "delivered")).toEqual({ phase: "live", refusals: 0, remedy: "none" });
});

test("a network that is gone is noticed even if the stream does not say so", () => {
  expect(after("delivered", "unanswered").phase).toBe("lost");
  expect(after("delivered", "unanswered", "delivered").phase).toBe("live");
});

test("if the server answers and the stream stays silent, it is opened anew", () => {
  expect(after("delivered", "unanswered", "answered").remedy).toBe("none");
  expect(after("delivered", "unanswered", "answered", "answered")).toMatchObject({
    phase: "lost",
    remedy: "open-now",
  });
});

test("a page that is still connecting only waits", () => {
  expect(after("answered", "answered", "answered")).toMatchObject({ phase: "connecting", remedy: "none" });
});

test("pauses grow, up to ten seconds, and differ for each page of a crowd", () => {
  expect(pauseMs(1, 0)).toBe(1_000);
  expect(pauseMs(1, 1)).toBe(2_000);
  expect(pauseMs(3, 1)).toBe(8_000);
  expect(pauseMs(40, 1)).toBe(10_000);
});
