import { names, say } from "../language/language";
import { candidateOf, type Result } from "../result/result";
import { allSeats, isSeats, verdict } from "../result/verdict";

/** What the numbers mean, in a sentence. */
export function Verdict({ result }: { result: Result }) {
  const sentence = inWords(result);
  return sentence === "" ? null : <p class="verdict">{sentence}</p>;
}

function inWords(result: Result): string {
  const found = verdict(result);
  const nameOf = (pollNumber: number) => candidateOf(result, pollNumber)?.name ?? String(pollNumber);
  switch (found.kind) {
    case "hidden":
      return "";
    case "no-votes":
      return say("verdict.no-votes");
    case "undecided":
      return say("verdict.undecided");
    case "winner":
      return say(result.final ? "verdict.winner" : "verdict.winner-now", { name: nameOf(found.winner) });
    case "runoff": {
      const those = names(found.candidates.map(nameOf));
      const sentence = say(result.final ? "verdict.runoff" : "verdict.runoff-now", { names: those });
      return `${say("verdict.half")} ${sentence}`;
    }
    case "majority": {
      const all = isSeats(result.outcome) ? allSeats(result.outcome) : 0;
      const { list, seats } = found;
      return say(result.final ? "verdict.majority" : "verdict.majority-now", {
        name: nameOf(list),
        seats,
        all,
      });
    }
    case "no-majority":
      return say("verdict.no-majority", { count: found.needed });
  }
}
