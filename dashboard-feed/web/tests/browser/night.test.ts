// An election night in a real browser, on a real stack. One election is open at a time, so the parts follow
// each other: three short elections, then a long one with votes all the time.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { launch } from "./browser";
import { accessibility } from "./parts/accessibility";
import { agreement } from "./parts/agreement";
import { closing } from "./parts/closing";
import { interruption } from "./parts/interruption";
import { laws } from "./parts/laws";
import { reading } from "./parts/reading";
import { unusual } from "./parts/unusual";
import { walls } from "./parts/walls";
import { Stack } from "./stack";
import type { Station } from "./station";

/** What all parts share. */
export interface Night {
  stack: Stack;
  /** Uploads paper ballots to the open election. */
  station: Station;
  browser: Browser;
  /** The page's address. */
  url: string;
  /** The numbers of the elections so far. */
  sealed: number;
  level: number;
  president: number;
  parliament: number;
}

const night = { sealed: 0, level: 0, president: 0, parliament: 0 } as Night;

beforeAll(async () => {
  [night.stack, night.browser] = await Promise.all([Stack.start(), launch()]);
  night.station = await night.stack.station();
  night.url = `${night.stack.url("dashboard-feed")}/`;
});

afterAll(async () => {
  await night.browser?.close();
  await night.stack?.stop();
});

closing(night);
agreement(night);
reading(night);
accessibility(night);
walls(night);
unusual(night);
laws(night);
interruption(night);
