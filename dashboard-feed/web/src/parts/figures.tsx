// The numbers that are read across a room: turnout first.
import { now } from "../feed/clock";
import { connection, observations } from "../feed/feed";
import { say, turnout, whole } from "../language/language";
import { votesPerSecond } from "../result/observations";
import { allRejected, type Result } from "../result/result";

export function Figures({ result }: { result: Result }) {
  const { counted, registered } = result;
  const part = result.turnout ?? undefined;
  // A speed that is no longer measured is not shown.
  const isLive = connection.value.phase === "live";
  const rate = isLive ? votesPerSecond(observations.value, now.value) : undefined;
  return (
    <section class="figures" aria-label={say("figures.title")}>
      <dl>
        <div class="turnout">
          <dt>{say("figures.turnout")}</dt>
          <dd class="number">{part === undefined ? "–" : turnout(part)}</dd>
          <dd class="of">{turnoutOf(counted, registered)}</dd>
        </div>
        <Small name="counted" label={say("figures.counted")} value={whole(counted)} />
        <Small name="rate" label={say("figures.rate")} value={rate === undefined ? "–" : whole(rate)} />
        <Small name="rejected" label={say("figures.rejected")} value={whole(allRejected(result))} />
      </dl>
      <TurnoutBar part={part ?? 0} />
    </section>
  );
}

/** Nothing is a part of nobody. */
function turnoutOf(counted: number, registered: number | null): string {
  if (registered === null) return say("figures.turnout-unknown");
  return registered === 0
    ? say("figures.turnout-nobody")
    : say("figures.turnout-of", { counted, registered });
}

function Small({ name, label, value }: { name: string; label: string; value: string }) {
  return (
    <div data-figure={name}>
      <dt>{label}</dt>
      <dd class="number">{value}</dd>
    </div>
  );
}

function TurnoutBar({ part }: { part: number }) {
  return (
    <div class="turnout-bar" aria-hidden="true">
      <div style={{ transform: `scaleX(${Math.min(1, part)})` }} />
    </div>
  );
}
