// What a screen needs that nobody looks after.

/** Keeps the screen on for as long as the page is seen, where the browser can. Returns how to stop. */
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | undefined;
  let isWanted = true;
  const ask = async () => {
    if (!isWanted || document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
    try {
      lock = await navigator.wakeLock.request("screen");
      if (!isWanted) await lock.release();
    } catch {
      // Refused, with a battery that is nearly empty, say: the screen may go dark then.
    }
  };
  // The lock is lost whenever the page is hidden.
  document.addEventListener("visibilitychange", ask);
  void ask();
  return () => {
    isWanted = false;
    document.removeEventListener("visibilitychange", ask);
    void lock?.release();
  };
}

const LOOK_EVERY_MS = 60_000;

/** Loads the page again when the server has another one. Returns how to stop. */
export function reloadWhenReplaced(): () => void {
  let known: string | null = null;
  const look = async () => {
    try {
      const answer = await fetch("./", { method: "HEAD", cache: "no-store" });
      const tag = answer.ok ? answer.headers.get("etag") : null;
      if (tag !== null && known !== null && tag !== known) location.reload();
      known = tag ?? known;
    } catch {
      // The connection is gone; the stream of results says so.
    }
  };
  const looking = setInterval(look, LOOK_EVERY_MS);
  void look();
  return () => clearInterval(looking);
}
