// A wall display advances on its own.
import { describe, expect, test } from "vitest";
import { Visit } from "../browser";
import type { Night } from "../night.test";

const SCREEN = { viewport: { width: 1920, height: 1080 }, colorScheme: "dark" } as const;

export function walls(night: Night): void {
  describe("on a wall", () => {
    test("all scenes of all elections of the night come by, and each fits the screen", async () => {
      const visit = await Visit.to(night.browser, "about:blank", SCREEN);
      const { page } = visit;
      await page.clock.install();
      await page.goto(`${night.url}?display=wall`);
      await visit.untilShown(night.parliament);
      const seen = new Set<string>();
      const all = [
        ...[night.parliament, night.level, night.sealed].flatMap((one) => [
          `${one} votes`,
          `${one} seats`,
          `${one} turnout`,
        ]),
        `${night.president} votes`,
        `${night.president} runoff`,
        `${night.president} turnout`,
      ];
      for (let turn = 0; turn < all.length; turn += 1) {
        await page.waitForSelector("article .scene > *");
        seen.add(
          await page.evaluate(() => {
            const election = document.querySelector<HTMLElement>("article")?.dataset["election"];
            return `${election} ${document.querySelector<HTMLElement>(".scene")?.dataset["scene"]}`;
          }),
        );
        const overflow = await page.evaluate(() => {
          const scene = document.querySelector(".scene");
          const [page, part] = [document.documentElement, scene ?? document.body];
          return [page.scrollHeight - innerHeight, part.scrollHeight - part.clientHeight];
        });
        expect(Math.max(...overflow), [...seen].at(-1)).toBeLessThanOrEqual(1);
        const before = await page.evaluate(() => document.querySelector("article")?.innerHTML);
        await page.clock.fastForward(15_000);
        await page.waitForFunction((old) => document.querySelector("article")?.innerHTML !== old, before);
        await page.waitForSelector("article");
      }
      expect([...seen].toSorted()).toEqual(all.toSorted());
      await page.context().close();
    });

    test("an election and a view can be nailed to the wall", async () => {
      const address = `${night.url}?election=${night.president}&view=runoff&display=wall`;
      const visit = await Visit.to(night.browser, address, SCREEN);
      await visit.page.waitForSelector('[data-scene="runoff"]');
      await visit.expectAccessible();
      await visit.screenshot("wall-runoff", false);
      await visit.end();
    });

    test("the wall is accessible, and can be left by keyboard", async () => {
      const visit = await Visit.to(night.browser, `${night.url}?display=wall`, SCREEN);
      await visit.untilShown(night.parliament);
      const { position } = await visit.numbers();
      await expect
        .poll(async () => (await visit.numbers()).position, { timeout: 30_000 })
        .toBeGreaterThan(position + 60);
      await visit.expectAccessible();
      await visit.screenshot("wall", false);
      await visit.page.keyboard.press("Tab");
      await visit.page.keyboard.press("Enter");
      await visit.page.waitForSelector("nav.views");
      await visit.end();
    });
  });
}
