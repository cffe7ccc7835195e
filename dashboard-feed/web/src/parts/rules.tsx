// How the numbers are turned into a result, where a reader would not guess it.
import { limit, say } from "../language/language";
import type { Result } from "../result/result";
import { type Rule, rulesOf } from "../result/rules";

/** The rules in sentences; nothing where they say nothing but that the most votes win. */
export function Rules({ result }: { result: Result }) {
  const sentences = rulesOf(result).map(inWords);
  return sentences.length === 0 ? null : <p class="rules">{sentences.join(" ")}</p>;
}

function inWords(rule: Rule): string {
  switch (rule.kind) {
    case "threshold":
    case "strict":
      return say(`rules.${rule.kind}-${rule.of}`, { percent: limit(rule.percent) });
    case "half":
      return say(`rules.half-${rule.of}`);
    case "winners":
      return say("rules.winners", { count: rule.count });
    default:
      return say(`rules.${rule.kind}`);
  }
}
