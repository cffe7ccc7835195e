import { moment, names, say } from "../language/language";
import { candidateOf, type Result, type Tie } from "../result/result";
import { isSeats, tiesOf } from "../result/verdict";

/** Ties that matter and how each was settled; nothing where there are none. */
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

function inWords(tie: Tie, result: Result): string {
  const those = (numbers: readonly number[]) =>
    names(numbers.map((number) => candidateOf(result, number)?.name ?? String(number)));
  const kind = isSeats(result.outcome) ? "ties.seats" : "ties.places";
  const question = say(kind, { count: tie.seats, names: those(tie.between) });
  const answer =
    tie.settled_by === null ? say("ties.open") : say(`ties.${tie.settled_by}`, { names: those(tie.won_by) });
  return `${question} ${answer}`;
}
