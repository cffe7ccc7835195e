// The page's only source: the list of elections, requested every few seconds, and one election's stream.
import { batch, signal } from "@preact/signals";
import type { Listed } from "../result/elections";
import { type Observation, observe } from "../result/observations";
import type { Result } from "../result/result";
import { adjust, serverNow } from "./clock";
import { CONNECTING, type Connection, type Happening, next, pauseMs } from "./connection";

const LIST_EVERY_MS = 5_000;
const PATIENCE_MS = 8_000;

/** A result and when it arrived, by the server's clock. */
export interface Shown {
  result: Result;
  atMs: number;
}

/** All elections; nothing before the first answer. */
export const elections = signal<Listed[] | undefined>(undefined);
/** The newest result of the election that is followed. */
export const shown = signal<Shown | undefined>(undefined);
/** How the number of its ballots has grown since it was followed. */
export const observations = signal<readonly Observation[]>([]);
export const connection = signal<Connection>(CONNECTING);

let followed: number | undefined;
let stream: EventSource | undefined;
let reopening: ReturnType<typeof setTimeout> | undefined;

/** Asks for the list of elections for as long as the page lives. */
export async function followElections(): Promise<never> {
  for (;;) {
    await readElections();
    await new Promise((resolve) => setTimeout(resolve, LIST_EVERY_MS));
  }
}

async function readElections(): Promise<void> {
  try {
    const answer = await fetch("api/elections", {
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    adjust(answer.headers.get("date"));
    if (!answer.ok) throw new Error(`the list of elections was answered with ${answer.status}`);
    const list: { elections: Listed[] } = await answer.json();
    elections.value = list.elections;
    happened("answered");
  } catch {
    // Whatever the error, observers see that there is no connection, and the request is tried again.
    happened("unanswered");
  }
}

/** Shows this election and no other from now on. */
export function follow(election: number): void {
  if (election === followed) return;
  followed = election;
  batch(() => {
    shown.value = undefined;
    observations.value = [];
    connection.value = CONNECTING;
  });
  open();
}

function open(): void {
  clearTimeout(reopening);
  stream?.close();
  const opened = new EventSource(`api/elections/${followed}/events`);
  stream = opened;
  opened.addEventListener("open", () => happened("delivered"));
  opened.addEventListener("message", (event: MessageEvent<string>) => {
    receive(JSON.parse(event.data));
    happened("delivered");
  });
  opened.addEventListener("error", () => {
    happened(opened.readyState === EventSource.CLOSED ? "refused" : "broken");
  });
}

function receive(result: Result): void {
  const atMs = serverNow();
  batch(() => {
    shown.value = { result, atMs };
    observations.value = observe(observations.value, { atMs, ballots: result.counted });
  });
}

function happened(happening: Happening): void {
  const step = next(connection.value, happening);
  connection.value = step.connection;
  if (followed === undefined) return;
  if (step.remedy === "open-now") open();
  if (step.remedy === "open-later") {
    clearTimeout(reopening);
    reopening = setTimeout(open, pauseMs(step.connection.refusals, Math.random()));
  }
}
