// Which election this is, and its state.
import { now } from "../feed/clock";
import { duration, say } from "../language/language";
import { changesAt, phaseOf, timeLeft } from "../result/phase";
import type { Result } from "../result/result";
import { Freshness } from "./status";

export function Heading({ result }: { result: Result }) {
  const phase = phaseOf(result, now.value);
  const isProvisional = phase === "counting" && result.finalise === "manual";
  return (
    <div class="heading">
      <h1>{result.title}</h1>
      <p class="state">
        <span class="phase" data-phase={phase}>
          {say(isProvisional ? "phase.provisional" : `phase.${phase}`)}
        </span>
        <TimeLeft result={result} />
        <Steps result={result} />
        <Freshness />
      </p>
    </div>
  );
}

function TimeLeft({ result }: { result: Result }) {
  const phase = phaseOf(result, now.value);
  const until = changesAt(result, phase);
  if (until === undefined || (phase !== "open" && phase !== "not-open")) return null;
  const left = duration(timeLeft(until - now.value));
  return <span class="left">{say(`left.${phase}`, { time: left })}</span>;
}

/** By how many votes the numbers move, where that is not by each. */
function Steps({ result }: { result: Result }) {
  const { live_minimum } = result;
  if (live_minimum === undefined || phaseOf(result, now.value) !== "open") return null;
  return <span class="steps">{say("state.steps", { count: live_minimum })}</span>;
}
