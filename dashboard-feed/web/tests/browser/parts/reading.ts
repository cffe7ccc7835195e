// Languages, keyboards, small screens, and users who prefer no motion.
import { describe, expect, test } from "vitest";
import { LANGUAGES, type Language } from "../../../src/language/messages";
import { Visit } from "../browser";
import type { Night } from "../night.test";

const LANGUAGE_NAMES = Object.keys(LANGUAGES) as Language[];

export function reading(night: Night): void {
  describe("for every reader", () => {
    test.each(LANGUAGE_NAMES)("the page speaks %s, also on a small phone", async (language) => {
      const phone = { viewport: { width: 360, height: 740 } };
      const { locale, messages } = LANGUAGES[language];
      for (const election of [night.parliament, night.president, night.level]) {
        const address = `${night.url}?election=${election}&lang=${language}`;
        const visit = await Visit.to(night.browser, address, phone);
        await visit.untilShown(election);
        const text = await visit.text();
        expect(await visit.page.getAttribute("html", "lang")).toBe(locale);
        expect(text).toContain(messages["figures.turnout"]);
        expect(text).toContain(messages["chart.ranking"]);
        expect(text).not.toMatch(/[{}]|undefined|NaN/);
        const width = await visit.page.evaluate(() => document.documentElement.scrollWidth);
        expect(width).toBeLessThanOrEqual(phone.viewport.width);
        await visit.end();
      }
    });

    test("the browser's language is taken, until the reader chooses another", async () => {
      const visit = await Visit.to(night.browser, night.url, { locale: "ka-GE" });
      await visit.untilShown();
      expect(await visit.text()).toContain(LANGUAGES.ka.messages["chart.ranking"]);
      await visit.page.getByLabel("ენა").selectOption("sr");
      await visit.page.waitForSelector(`text=${LANGUAGES.sr.messages["chart.ranking"]}`);
      expect(new URL(visit.page.url()).search).toBe("?lang=sr");
      await visit.end();
    });

    test("everything can be reached by keyboard", async () => {
      const visit = await Visit.to(night.browser, night.url);
      await visit.untilShown();
      const { keyboard } = visit.page;
      const focused = () => visit.page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");
      const tabTo = async (text: string) => {
        for (let presses = 0; presses < 40; presses += 1) {
          await keyboard.press("Tab");
          if ((await focused()).startsWith(text)) return;
        }
        throw new Error(`no Tab leads to ${text}`);
      };
      await tabTo("Skip to the result");
      await keyboard.press("Enter");
      expect(await visit.page.evaluate(() => document.activeElement?.id)).toBe("result");
      await tabTo("Seats");
      await keyboard.press("Enter");
      await visit.page.waitForSelector('[data-view="seats"]');
      expect(new URL(visit.page.url()).search).toBe(`?election=${night.parliament}&view=seats`);
      await tabTo("Show as table");
      await keyboard.press("Enter");
      expect(await visit.page.isVisible('[data-table="seats"]')).toBe(true);
      expect(await visit.page.isVisible(".hemicycle")).toBe(false);
      expect(await focused()).toContain("Show as chart");
      await visit.page.goBack();
      await visit.page.waitForSelector('[data-view="overview"]');
      await visit.end();
    });

    test("dark and light can be chosen, and stay chosen", async () => {
      const visit = await Visit.to(night.browser, night.url);
      await visit.untilShown();
      const theme = () => visit.page.getAttribute("html", "data-theme");
      expect(await theme()).toBe("light");
      await visit.page.getByLabel("Colours").selectOption("dark");
      expect(await theme()).toBe("dark");
      await visit.page.reload();
      await visit.untilShown();
      expect(await theme()).toBe("dark");
      await visit.page.getByLabel("Colours").selectOption("auto");
      expect(await theme()).toBe("light");
      await visit.page.emulateMedia({ colorScheme: "dark" });
      await expect.poll(theme).toBe("dark");
      await visit.end();
    });

    test("nothing moves for who asked for that", async () => {
      const visit = await Visit.to(night.browser, night.url, { reducedMotion: "reduce" });
      await visit.untilShown(night.parliament);
      const position = (await visit.numbers()).position;
      const movements = await visit.page.evaluate(async (from) => {
        let most = 0;
        // From one result to the next, frame by frame.
        while (Number(document.querySelector("article")?.dataset["position"]) <= from + 50) {
          most = Math.max(most, document.getAnimations().length);
          await new Promise(requestAnimationFrame);
        }
        return most;
      }, position);
      expect(movements).toBe(0);
      await visit.end();
    });
  });
}
