// What the rules of an election ask for, as far as a reader needs it to understand the result.
import { alliances } from "./alliances";
import type { Result } from "./result";

export type Rule =
  | { kind: "threshold" | "strict"; of: "valid" | "cast" | "registered"; percent: number }
  | { kind: "quota" }
  /** Alliances reach the threshold together. */
  | { kind: "together" }
  /** Seats go to alliances first. */
  | { kind: "alliances" }
  | { kind: "half"; of: "valid" | "cast" }
  | { kind: "winners"; count: number };

/** Whether it elects one or several; otherwise seats are shared out. */
export function isOffice({ rules }: Result): boolean {
  return rules.method === "majority";
}

/** The places that are filled by plurality, where there are several. */
export function places({ rules }: Result): number | undefined {
  return rules.winners;
}

export function rulesOf(result: Result): Rule[] {
  const { winner, winners, of = "valid", threshold } = result.rules;
  if (winners !== undefined) return [{ kind: "winners", count: winners }];
  if (winner === "absolute") return [{ kind: "half", of }];
  const rules: Rule[] = [];
  const hasAlliances = alliances(result).length > 0;
  if (threshold !== undefined) {
    const { percent = 0, of: base, strict = false } = threshold;
    rules.push(
      base === "quota"
        ? { kind: "quota" }
        : { kind: strict ? "strict" : "threshold", of: base, percent: Number(percent) },
    );
    if (hasAlliances && threshold.alliances === true) rules.push({ kind: "together" });
  }
  if (hasAlliances) rules.push({ kind: "alliances" });
  return rules;
}
