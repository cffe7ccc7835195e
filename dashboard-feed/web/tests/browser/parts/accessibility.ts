// axe finds nothing, in any view of any election, light or dark; and the pictures that are kept.
import { describe, expect, test } from "vitest";
import { Visit } from "../browser";
import type { Night } from "../night.test";

const DESKTOP = { viewport: { width: 1280, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 };
/** Longer than a chart takes for its first picture. */
const DRAWN = 3;

/** Waits for a few results, so that charts have been drawn and lines have some length. */
async function untilDrawn(visit: Visit): Promise<void> {
  const { position } = await visit.numbers();
  await expect
    .poll(async () => (await visit.numbers()).position, { timeout: 30_000 })
    .toBeGreaterThan(position + DRAWN * 60);
}

export function accessibility(night: Night): void {
  describe("for everybody", () => {
    test.each(["light", "dark"] as const)("axe finds no violation in any %s view", async (colorScheme) => {
      for (const election of [night.parliament, night.president]) {
        const address = `${night.url}?election=${election}`;
        const visit = await Visit.to(night.browser, address, { ...DESKTOP, colorScheme });
        await visit.untilShown(election);
        const links = visit.page.locator("nav.views a");
        for (const link of await links.all()) {
          await link.click();
          await visit.expectAccessible();
          // The same as tables.
          for (const button of await visit.page.locator(".figure > header button").all())
            await button.click();
          await visit.expectAccessible();
        }
        await visit.end();
      }
    });

    test.each([
      ["light", DESKTOP, "light"],
      ["dark", DESKTOP, "dark"],
      ["phone", PHONE, "light"],
    ] as const)("a picture of the %s page is kept", async (name, device, colorScheme) => {
      const visit = await Visit.to(night.browser, night.url, { ...device, colorScheme });
      await visit.untilShown(night.parliament);
      await untilDrawn(visit);
      await visit.expectAccessible();
      await visit.screenshot(name);
      await visit.end();
    });
  });
}
