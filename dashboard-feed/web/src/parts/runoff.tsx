// Who is elected, or goes to a second round, measured against half of the votes.
import { colourOf } from "../charts/palette";
import { limit, say, share, whole } from "../language/language";
import { ranking } from "../result/ranking";
import type { Candidate, Result } from "../result/result";
import { isWinner } from "../result/verdict";
import { theme } from "../theme";
import { candidatesTable } from "./candidates-table";
import { Chip } from "./chip";
import { Figure } from "./figure";
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
      <Ties result={result} />
    </Figure>
  );
}

/** The leading candidates: those who would go to a second round, or the best two. */
function finalists(result: Result): Candidate[] {
  const ranked = ranking(result.candidates).map(({ candidate }) => candidate);
  const runoff = isWinner(result.outcome) ? result.outcome.runoff : null;
  const inRunoff = ranked.filter(({ poll_number }) => runoff?.includes(poll_number));
  return inRunoff.length > 0 ? inRunoff : ranked.slice(0, 2);
}

export function Contest({ result }: { result: Result }) {
  const best = finalists(result);
  const [first, second] = best;
  const ahead = (first?.votes ?? 0) - (second?.votes ?? 0);
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
  const outcome = isWinner(result.outcome) ? result.outcome : undefined;
  const isRunoff = outcome?.runoff?.includes(poll_number) ?? false;
  return (
    <div class="contender" data-row={poll_number}>
      <p class="who">
        <Chip pollNumber={poll_number} /> <span class="name">{name}</span>{" "}
        {isRunoff ? <span class="badge">{say("badge.runoff")}</span> : null}
      </p>
      <p class="part">
        <b>{share(candidate.share)}</b> {whole(votes ?? 0)}
      </p>
      <div class="track" aria-hidden="true">
        <div class="run" style={{ transform: `scaleX(${part})`, backgroundColor: fill }} />
        <span class="half">{limit(50)}</span>
      </div>
    </div>
  );
}
