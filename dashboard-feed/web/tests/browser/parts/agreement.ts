// While people vote, the page says what the feed says.
import { describe, expect, test } from "vitest";
import { expectAgreement } from "../agreement";
import { read, Visit } from "../browser";
import type { Night } from "../night.test";
import { SERBIA } from "../stack";

const VOTES_PER_S = 60;
const HOUR_S = 3600;

export function agreement(night: Night): void {
  describe("while people vote", () => {
    test("a page that is open finds the new election in its list", async () => {
      const visit = await Visit.to(night.browser, `${night.url}?election=${night.president}`);
      await visit.untilShown(night.president);
      night.parliament = await night.stack.define(SERBIA, 0, HOUR_S);
      night.stack.startCrowd(night.parliament, VOTES_PER_S);
      const choice = visit.page.getByLabel("Election");
      await visit.page.waitForSelector(`select option[value="${night.parliament}"]`, { state: "attached" });
      await choice.selectOption(String(night.parliament));
      await visit.untilShown(night.parliament);
      expect(new URL(visit.page.url()).search).toBe(`?election=${night.parliament}`);
      await visit.page.goBack();
      await visit.untilShown(night.president);
      await visit.end();
    });

    test("every number is the feed's, at every position", async () => {
      const { station } = night;
      const [first = "", second = ""] = station.lines([2]);
      const nobody = station.lines([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
      await station.bring([first, second, first, ...nobody]);
      const visit = await Visit.to(night.browser, night.url);
      await visit.untilShown(night.parliament);
      await visit.page.waitForSelector('[data-table="rejected"]');
      let before = 0;
      for (let look = 0; look < 5; look += 1) {
        const result = await expectAgreement(visit, night.stack, night.parliament);
        expect(result.counted).toBeGreaterThan(before);
        expect(result.rejected).toEqual({ "Duplicate ballot.": 1, "Invalid poll number.": 2 });
        before = result.counted;
        await visit.page.waitForFunction(
          (shown) => Number(document.querySelector("article")?.dataset["position"]) > shown,
          result.position,
        );
      }
      await visit.end();
    });

    test("votes a second, and the curve, come from what the page sees", async () => {
      const visit = await Visit.to(night.browser, `${night.url}?view=turnout`);
      await visit.untilShown(night.parliament);
      const rate = () => visit.page.textContent('[data-figure="rate"] .number');
      await expect.poll(rate, { timeout: 30_000 }).toMatch(/^\d+$/);
      await expect.poll(async () => read((await rate()) ?? ""), { timeout: 30_000 }).toBeGreaterThan(0);
      const rows = Object.values((await visit.numbers()).tables["turnout"] ?? {});
      const ballots = rows.map((row) => read(row["ballots"]));
      expect(ballots.length).toBeGreaterThan(1);
      expect(ballots).toEqual(ballots.toSorted((a, b) => a - b));
      await visit.end();
    });
  });
}
