// Who is elected, or goes to a second round, measured against half of the votes.
import { colourOf } from "../charts/palette";
import { limit, say, share, whole } from "../language/language";
import { ranking } from "../result/ranking";
import type { Candidate, Result } from "../result/result";
import { places } from "../result/rules";
import { lineOf } from "../result/threshold";
import { isElected, isInRunoff } from "../result/verdict";
import { theme } from "../theme";
import { candidatesTable } from "./candidates-table";
import { Chip } from "./chip";
import { Figure } from "./figure";
import { Rules } from "./rules";
import { Ties } from "./ties";
import { Verdict } from "./verdict";

export function Runoff({ result }: { result: Result }) {
  const title = say("chart.runoff");
  return (
    <Figure
      name="runoff"
      title={title}
      chart={<Contest result={result} />}
      table={candidatesTable("runoff", title, result, ["votes", "share"])}
    >
      <Verdict result={result} />
      <Rules result={result} />
      <Ties result={result} />
    </Figure>
  );
}

/** Those whom it is between: who would go to a second round, or the best; one more than there are places. */
function finalists(result: Result): Candidate[] {
  const ranked = ranking(result.candidates).map(({ candidate }) => candidate);
  const inRunoff = ranked.filter(({ poll_number }) => isInRunoff(result, poll_number));
  return inRunoff.length > 0 ? inRunoff : ranked.slice(0, (places(result) ?? 1) + 1);
}

/** Nothing where nobody voted: no one is ahead then. */
export function Contest({ result }: { result: Result }) {
  if (result.counted === 0) return null;
  const best = finalists(result);
  const [first, second] = best;
  const isForOne = places(result) === undefined;
  const ahead = isForOne ? (first?.votes ?? 0) - (second?.votes ?? 0) : 0;
  return (
    <div class="contest">
      {best.map((candidate) => (
        <Contender key={candidate.poll_number} candidate={candidate} result={result} />
      ))}
      {ahead > 0 ? <p class="lead">{say("lead", { count: ahead })}</p> : null}
    </div>
  );
}

function Contender({ candidate, result }: { candidate: Candidate; result: Result }) {
  const { poll_number, name, votes, share: part = 0 } = candidate;
  const { fill } = colourOf(poll_number, theme.value);
  return (
    <div class="contender" data-row={poll_number}>
      <p class="who">
        <Chip pollNumber={poll_number} /> <span class="name">{name}</span>{" "}
        <Badge candidate={candidate} result={result} />
      </p>
      <p class="part">
        <b>{share(candidate.share)}</b> {whole(votes ?? 0)}
      </p>
      <div class="track" aria-hidden="true">
        <div class="run" style={{ transform: `scaleX(${part})`, backgroundColor: fill }} />
        <Half result={result} />
      </div>
    </div>
  );
}

/** Of one place the sentence above says who has it. */
function Badge({ candidate: { poll_number }, result }: { candidate: Candidate; result: Result }) {
  if (isInRunoff(result, poll_number)) return <span class="badge">{say("badge.runoff")}</span>;
  if (places(result) === undefined || !isElected(result, poll_number)) return null;
  return <span class="badge strong">{say(result.final ? "badge.elected" : "badge.ahead")}</span>;
}

/** Half of the votes that a majority is measured against. */
function Half({ result }: { result: Result }) {
  const line = lineOf(result);
  if (line === undefined || line.share > 1) return null;
  return (
    <span class="half" style={{ left: `${line.share * 100}%` }}>
      {line.kind === "half-cast" ? say("line.half-cast", { percent: limit(50) }) : limit(50)}
    </span>
  );
}
