// Chromium, and the page in it.
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { expect } from "vitest";
import { TARGET } from "./stack";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const SCREENSHOTS = join(TARGET, "screenshots");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The system's browser; none is ever downloaded. */
export async function launch(): Promise<Browser> {
  const executablePath = process.env["CHROMIUM"] ?? PLACES.find(existsSync);
  if (executablePath === undefined) throw new Error("there is no Chromium: run script/setup --browser");
  return chromium.launch({
    executablePath,
    args: [
      // Chromium has no sandbox when run as root, as on build machines. It opens only our own page.
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** A window with the page in it. */
export class Visit {
  readonly page: Page;
  /** Console messages and uncaught errors. */
  readonly complaints: string[] = [];
  /** The origins that anything was requested from. */
  readonly origins = new Set<string>();

  private constructor(page: Page) {
    this.page = page;
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("request", (request) => this.origins.add(new URL(request.url()).origin));
  }

  static async to(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
    const context = await browser.newContext({ locale: "en-GB", colorScheme: "light", ...options });
    const visit = new Visit(await context.newPage());
    await visit.page.goto(url);
    return visit;
  }

  /** Waits until there are numbers. */
  async untilShown(election?: number): Promise<void> {
    const which = election === undefined ? "article" : `article[data-election="${election}"]`;
    await this.page.waitForSelector(which);
  }

  /** Fails if the page logged any error. */
  async end(): Promise<void> {
    expect(this.complaints).toEqual([]);
    expect(this.origins.size).toBe(1);
    await this.page.context().close();
  }

  /** By all of axe's rules. */
  async expectAccessible(): Promise<void> {
    await this.page.evaluate(AXE);
    const violations = await this.page.evaluate(async () => {
      const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
      const found = await axe.run(document, { resultTypes: ["violations"] });
      return found.violations.map(
        ({ id, nodes }) =>
          `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("; ")}`,
      );
    });
    expect(violations).toEqual([]);
  }

  async screenshot(name: string, fullPage = true): Promise<void> {
    mkdirSync(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage });
  }

  /** The visible text of the page. */
  text(): Promise<string> {
    return this.page.innerText("#page");
  }

  /** What the tables say at one moment, and which position in the log that was. */
  numbers(): Promise<Numbers> {
    return this.page.evaluate(() => {
      const article = document.querySelector<HTMLElement>("article");
      const tables = [...document.querySelectorAll<HTMLElement>("[data-table]")].map((table) => {
        const rows = [...table.querySelectorAll<HTMLElement>("tbody tr")].map((row) => {
          const cells = [...row.querySelectorAll<HTMLElement>("[data-column]")];
          return [
            row.dataset["row"],
            Object.fromEntries(cells.map((cell) => [cell.dataset["column"], cell.textContent])),
          ];
        });
        return [table.dataset["table"], Object.fromEntries(rows)];
      });
      const figure = (selector: string) => document.querySelector(selector)?.textContent ?? "";
      return {
        position: Number(article?.dataset["position"]),
        tables: Object.fromEntries(tables),
        turnout: figure(".turnout .number"),
        of: figure(".turnout .of"),
        counted: figure('[data-figure="counted"] .number'),
        rejected: figure('[data-figure="rejected"] .number'),
      };
    });
  }
}

export interface Numbers {
  position: number;
  /** By the names of tables, rows and columns. */
  tables: Record<string, Record<string, Record<string, string>>>;
  turnout: string;
  of: string;
  counted: string;
  rejected: string;
}

/** 1,234 and 12.3 % as the English page writes them. */
export function read(text: string | undefined): number {
  return Number.parseFloat((text ?? "").replaceAll(",", ""));
}
