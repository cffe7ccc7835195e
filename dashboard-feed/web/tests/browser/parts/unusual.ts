// What a count may also contain, but this night's elections do not: a real result with that added.
import { describe, expect, test } from "vitest";
import type { Result } from "../../../src/result/result";
import { read, Visit } from "../browser";
import type { Night } from "../night.test";

/** A page that gets this result, once, from the real feed's place. */
export async function showing(night: Night, result: Result, view: string): Promise<Visit> {
  const visit = await Visit.to(night.browser, "about:blank");
  const event = `retry: 600000\nid: ${result.position}\ndata: ${JSON.stringify(result)}\n\n`;
  await visit.page.route("**/events", (route) =>
    route.fulfill({ contentType: "text/event-stream", body: event }),
  );
  await visit.page.goto(`${night.url}?election=${result.election}&view=${view}`);
  await visit.untilShown(result.election);
  return visit;
}

export function unusual(night: Night): void {
  describe("what a count may also hold", () => {
    test("constituencies have a strip each, and a table with every number", async () => {
      const result = await night.stack.result(night.level);
      const districts = [
        { district: 1, counted: 100, votes: [60, 40] },
        { district: 2, counted: 1200, votes: [200, 1000] },
      ];
      const visit = await showing(night, { ...result, districts }, "districts");
      expect(await visit.page.locator(".strips li").count()).toBe(2);
      await visit.expectAccessible();
      await visit.page.click("text=Show as table");
      await visit.expectAccessible();
      const table = (await visit.numbers()).tables["districts"];
      expect(read(table?.["2"]?.["counted"])).toBe(1200);
      expect(read(table?.["2"]?.["votes-2"])).toBe(1000);
      expect(table?.["1"]?.["votes-1"]).toContain("60.00%");
      await visit.page.context().close();
    });

    test("a cancelled election says so and shows no numbers", async () => {
      const result = await night.stack.result(night.level);
      const cancelled = { ...result, cancelled: "2026-06-16T12:00:00Z", final: false, outcome: null };
      const visit = await showing(night, cancelled, "votes");
      expect(await visit.page.textContent(".phase")).toBe("Cancelled");
      expect(await visit.page.textContent("h2")).toBe("This election was cancelled");
      expect(await visit.page.locator("nav.views").count()).toBe(0);
      await visit.expectAccessible();
      await visit.page.context().close();
    });

    test("slots of time reach back to the opening", async () => {
      const result = await night.stack.result(night.president);
      const timeline = { from: result.start, slot_seconds: 2, ballots: [12, 40, 48] };
      const visit = await showing(night, { ...result, timeline }, "turnout");
      const rows = Object.values((await visit.numbers()).tables["turnout"] ?? {});
      expect(rows.map((row) => read(row["ballots"])).slice(0, 4)).toEqual([0, 12, 52, 100]);
      expect(read(rows.at(-1)?.["ballots"])).toBe(result.counted);
      await visit.page.context().close();
    });

    test("a chamber too large for single seats is drawn as areas, and open seats are said", async () => {
      const result = await night.stack.result(night.level);
      const [first, second] = result.candidates;
      if (first === undefined || second === undefined) throw new Error("there are two");
      const ties = [{ seats: 1, between: [1, 2], settled_by: null, won_by: [] }];
      const visit = await showing(
        night,
        {
          ...result,
          candidates: [
            { ...first, seats: 500 },
            { ...second, seats: 500 },
          ],
          outcome: { seats: [500, 500], open_seats: 1, ties },
        },
        "seats",
      );
      expect(await visit.page.locator(".areas path").count()).toBe(3);
      const text = await visit.text();
      expect(text).toContain("It stays open until lots are drawn.");
      expect(text).toContain("1 seat is open");
      expect(text).toContain("501 for a majority");
      await visit.page.context().close();
    });

    test("an election that there is not is said, with those that there are", async () => {
      const visit = await Visit.to(night.browser, `${night.url}?election=99`);
      await visit.page.waitForSelector("text=There is no election 99.");
      const links = await visit.page.locator(".nothing a").count();
      expect(links).toBe((await night.stack.elections()).length);
      await visit.page.click('.nothing a:text("Village assembly")');
      await visit.untilShown(night.level);
      await visit.page.context().close();
    });
  });
}
