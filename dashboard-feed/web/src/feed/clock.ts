// The server's clock: whether an election is open is not a matter of the observer's.
import { signal } from "@preact/signals";

/** How far the server's clock is ahead of this machine's. */
let aheadMs = 0;

/** The time by the server's clock, to the second. */
export const now = signal(Date.now());

export function serverNow(): number {
  return Date.now() + aheadMs;
}

/** Learns from the `Date` of an answer, which is cut to the second. Small differences are the network's. */
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
