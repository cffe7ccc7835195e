// The server's clock: the observer's clock must not decide whether an election is open.
import { signal } from "@preact/signals";

/** How far the server's clock is ahead of this machine's. */
let aheadMs = 0;

/** The time by the server's clock, to the second. */
export const now = signal(Date.now());

export function serverNow(): number {
  return Date.now() + aheadMs;
}

/** Learns from the `Date` header of an answer, which has whole seconds. Small differences are network delays. */
export function adjust(date: string | null): void {
  const serverMs = date === null ? Number.NaN : Date.parse(date) + 500;
  if (Number.isNaN(serverMs) || Math.abs(serverMs - serverNow()) < 1500) return;
  aheadMs = serverMs - Date.now();
  now.value = serverNow();
}

/** Ticks for as long as the page lives. */
export function startClock(): void {
  setInterval(() => {
    now.value = serverNow();
  }, 1000);
}
