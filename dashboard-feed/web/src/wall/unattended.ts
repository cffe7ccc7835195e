// What an unattended screen needs.

/** Keeps the screen on while the page is visible, if the browser can. Returns a function that stops this. */
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | undefined;
  let isWanted = true;
  const ask = async () => {
    if (!isWanted || document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
    try {
      lock = await navigator.wakeLock.request("screen");
      if (!isWanted) await lock.release();
    } catch {
      // Refused, for example with a nearly empty battery: then the screen may go dark.
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

/** Reloads the page when the server has a new version. Returns a function that stops this. */
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
