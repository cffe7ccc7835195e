import { names, say } from "../language/language";
import { allSeats, emptySeats } from "../result/house";
import { candidateOf, type Result } from "../result/result";
import { isSeats, type Verdict as Found, verdict } from "../result/verdict";

/** What the numbers come to, in a sentence or two. */
export function Verdict({ result }: { result: Result }) {
  const sentence = [inWords(result), empty(result)].filter((part) => part !== "").join(" ");
  return sentence === "" ? null : <p class="verdict">{sentence}</p>;
}

function inWords(result: Result): string {
  const found = verdict(result);
  const nameOf = (pollNumber: number) => candidateOf(result, pollNumber)?.name ?? String(pollNumber);
  switch (found.kind) {
    case "hidden":
      return "";
    case "no-votes":
      return say(result.final ? "verdict.nobody-voted" : "verdict.no-votes");
    case "winner":
      return say(result.final ? "verdict.winner" : "verdict.winner-now", { name: nameOf(found.winner) });
    case "winners":
      return winnersInWords(result, found, nameOf);
    case "runoff": {
      const those = names(found.candidates.map(nameOf));
      const sentence = say(result.final ? "verdict.runoff" : "verdict.runoff-now", { names: those });
      return `${say(result.rules.of === "cast" ? "verdict.half-cast" : "verdict.half")} ${sentence}`;
    }
    case "majority": {
      const all = isSeats(result.outcome) ? allSeats(result, result.outcome) : 0;
      const { list, seats } = found;
      return say(result.final ? "verdict.majority" : "verdict.majority-now", {
        name: nameOf(list),
        seats,
        all,
      });
    }
    case "no-majority":
      return say("verdict.no-majority", { count: found.needed });
    default:
      return say(`verdict.${found.kind}`);
  }
}

function winnersInWords(
  result: Result,
  { winners, open }: Extract<Found, { kind: "winners" }>,
  nameOf: (pollNumber: number) => string,
): string {
  const those = { names: names(winners.map(nameOf)), count: winners.length };
  const elected = say(result.final ? "verdict.winners" : "verdict.winners-now", those);
  return [
    ...(winners.length > 0 ? [elected] : []),
    ...(open > 0 ? [say("verdict.places-open", { count: open })] : []),
  ].join(" ");
}

/** The seats that no list can take. */
function empty(result: Result): string {
  const count = isSeats(result.outcome) ? emptySeats(result, result.outcome) : 0;
  return count === 0 ? "" : say("seats.empty", { count });
}
