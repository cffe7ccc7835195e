import { moment, names, say } from "../language/language";
import { inTie } from "../result/alliances";
import type { Result, Tie } from "../result/result";
import { isSeats, tiesOf } from "../result/verdict";

/** Ties that matter and how each was settled; nothing if there are none. */
export function Ties({ result }: { result: Result }) {
  const ties = tiesOf(result);
  if (ties.length === 0) return null;
  return (
    <aside class="ties" aria-label={say("ties.title")}>
      <h3>{say("ties.title")}</h3>
      <ul>
        {ties.map((tie) => (
          <li key={tie.between.join()}>{inWords(tie, result)}</li>
        ))}
      </ul>
      {result.lots === undefined ? null : (
        <p class="lots">
          {say("ties.drawn", { name: result.lots.drawn_by, time: moment(Date.parse(result.lots.drawn_at)) })}
        </p>
      )}
    </aside>
  );
}

/** Those who stand together count as one. */
function together(all: readonly string[]): string {
  return all.join(" + ");
}

function inWords(tie: Tie, result: Result): string {
  const those = (numbers: readonly number[]) =>
    names(numbers.map((number) => together(inTie(result, tie, number).map(({ name }) => name))));
  const kind = isSeats(result.outcome) ? "ties.seats" : "ties.places";
  const question = say(kind, { count: tie.seats, names: those(tie.between) });
  const answer =
    tie.settled_by === null ? say("ties.open") : say(`ties.${tie.settled_by}`, { names: those(tie.won_by) });
  return `${question} ${answer}`;
}
