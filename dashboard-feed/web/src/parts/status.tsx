// Whether what is shown is live. Constant changes are not announced to screen readers, but their end is.
import { connection, shown } from "../feed/feed";
import { say, time } from "../language/language";

/** Nothing while all is well. */
export function StatusLine() {
  const isLost = connection.value.phase === "lost";
  const current = shown.value;
  const text =
    current === undefined
      ? say("connection.lost-empty")
      : say("connection.lost", { time: time(current.atMs) });
  return (
    <p class="lost" role="status">
      {isLost ? text : ""}
    </p>
  );
}

/** The small print next to the state of the election. */
export function Freshness() {
  const current = shown.value;
  const { phase } = connection.value;
  if (phase === "lost") return null;
  return (
    <span class="freshness" data-connection={phase}>
      {phase === "live" ? say("connection.live") : say("connection.connecting")}
      {current === undefined ? "" : ` · ${say("connection.updated", { time: time(current.atMs) })}`}
    </span>
  );
}
