// The feed dies, or the network does, and the page says so and comes back.
import { describe, expect, test } from "vitest";
import { Visit } from "../browser";
import { expectAgreement } from "../agreement";
import type { Night } from "../night.test";

export function interruption(night: Night): void {
  describe("when the connection is lost", () => {
    test("the page survives the feed's restart", async () => {
      const visit = await Visit.to(night.browser, night.url);
      await visit.page.waitForSelector('[data-connection="live"]');
      const before = (await visit.numbers()).position;
      const asked: Promise<string | undefined>[] = [];
      visit.page.on("request", (request) => {
        if (!request.url().endsWith("/events")) return;
        asked.push(request.allHeaders().then((headers) => headers["last-event-id"]));
      });

      night.stack.kill("dashboard-feed");
      const lost = await visit.page.waitForSelector("text=/Connection lost, showing \\d\\d:\\d\\d:\\d\\d/");
      expect(await lost.getAttribute("role")).toBe("status");
      expect(await visit.page.textContent('[data-figure="rate"] .number')).toBe("–");
      await visit.page.waitForSelector('[data-connection="live"]');
      expect(await visit.page.textContent(".lost")).toBe("");
      await expect
        .poll(async () => (await visit.numbers()).position, { timeout: 30_000 })
        .toBeGreaterThan(before);
      await expectAgreement(visit, night.stack, night.parliament);

      // It requested what comes after its last event.
      const ids = (await Promise.all(asked)).map(Number);
      expect(Math.min(...ids)).toBeGreaterThanOrEqual(before);
      // A browser always writes refused connections to the console; nothing else may be there.
      expect(visit.complaints.filter((one) => !one.includes("net::ERR_"))).toEqual([]);
      await visit.page.context().close();
    });

    test("a feed that falls silent is noticed, though no connection broke", async () => {
      const visit = await Visit.to(night.browser, night.url);
      await visit.page.waitForSelector('[data-connection="live"]');
      const thaw = night.stack.freeze("dashboard-feed");
      try {
        await visit.page.waitForSelector("text=/Connection lost, showing/");
      } finally {
        thaw();
      }
      await visit.page.waitForSelector('[data-connection="live"]');
      await expectAgreement(visit, night.stack, night.parliament);
      await visit.page.context().close();
    });
  });
}
