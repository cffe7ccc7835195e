// Elections from before their opening to their final result, on pages that nobody touches.
import { describe, expect, test } from "vitest";
import { Visit } from "../browser";
import { expectAgreement } from "../agreement";
import type { Night } from "../night.test";
import { scenario } from "../stack";

/** Longer than a page takes to notice a new election. */
const SOON_S = 10;
/** Long enough for a loaded machine to bring some ballots. */
const OPEN_S = 10;

export function closing(night: Night): void {
  describe("from opening to final result", () => {
    test("a page without elections waits for the first", async () => {
      const visit = await Visit.to(night.browser, night.url);
      await visit.page.waitForSelector("text=There is no election yet.");
      night.sealed = await night.stack.define(scenario("sealed"), SOON_S, SOON_S + OPEN_S);
      await visit.untilShown(night.sealed);
      await visit.page.waitForSelector('[data-phase="not-open"]');
      expect(await visit.text()).toMatch(/opens in \d+ seconds?/);
      await visit.end();
    });

    test("votes stay hidden until the result is final, and then appear by themselves", async () => {
      const visit = await Visit.to(night.browser, `${night.url}?election=${night.sealed}&view=votes`);
      await visit.page.waitForSelector('[data-phase="open"]');
      const { station } = night;
      await station.bring(station.lines([30, 25, 42, 3]));
      await visit.page.waitForSelector('[data-figure="counted"] >> text="100"');
      const hidden = await visit.text();
      expect(hidden).toContain("Votes are published when the count is final");
      expect(hidden).toContain("100 of 20,000 registered voters");
      expect(hidden).not.toContain("Green List");
      expect(Object.keys((await visit.numbers()).tables)).toEqual([]);
      await visit.expectAccessible();

      await visit.page.waitForSelector('[data-phase="final"]');
      await visit.page.waitForSelector('[data-table="ranking"]');
      await visit.page.click("text=Overview");
      const result = await expectAgreement(visit, night.stack, night.sealed);
      expect(result.final).toBe(true);
      expect(await visit.text()).toContain("No list has the 11 seats of a majority.");
      expect(await visit.text()).toContain("below the threshold");
      await visit.end();

      night.level = await night.stack.define(scenario("level"), 0, OPEN_S);
      await station.bring(station.lines([5, 5]));
      const tie = await Visit.to(night.browser, `${night.url}?election=${night.level}&view=seats`);
      await tie.page.waitForSelector("text=1 seat between Upper Village and Lower Village.");
      expect(await tie.text()).toContain("Settled by the order on the ballot paper: Upper Village.");
      await tie.page.waitForSelector('[data-phase="final"]');
      await tie.end();

      night.president = await night.stack.define(scenario("president"), 0, OPEN_S);
      await station.bring(station.lines([38, 33, 19, 10]));
      const race = await Visit.to(night.browser, `${night.url}?election=${night.president}`);
      await race.page.waitForSelector("text=Ana Petrović and Giorgi Beridze would go to a second round.");
      await race.page.waitForSelector('[data-phase="final"]');
      await race.page.waitForSelector("text=Ana Petrović and Giorgi Beridze go to a second round.");
      const office = await expectAgreement(race, night.stack, night.president);
      expect(office.counted).toBe(100);
      expect(await race.text()).toContain("5 votes ahead");
      await race.end();
    });
  });
}
