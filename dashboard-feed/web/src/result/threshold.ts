// The lines that bars are measured against.
import { type Candidate, cast, type Result } from "./result";
import { isOffice } from "./rules";

export interface Line {
  /** As a share of the valid votes, which is what the bars show. */
  share: number;
  kind: "threshold" | "half" | "half-cast";
  /** As the rules name it, in percent; nothing where it is a quota. */
  percent?: number;
}

/** The share of the valid votes that a percentage, of whatever the rules measure it against, comes to. */
function shareOfValid(result: Result, percent: number, base: number): number {
  return result.counted === 0 ? percent / 100 : ((percent / 100) * base) / result.counted;
}

/** The threshold of an assembly, or half of the votes for an office; nothing where several are elected. */
export function lineOf(result: Result): Line | undefined {
  if (isOffice(result)) return half(result);
  const { threshold, seats } = result.rules;
  if (threshold === undefined) return undefined;
  if (threshold.of === "quota") return seats ? { share: 1 / seats, kind: "threshold" } : undefined;
  const percent = Number(threshold.percent);
  const bases = { valid: result.counted, cast: cast(result), registered: result.registered };
  const base = bases[threshold.of];
  // Of an electorate that is not known, and of no votes, nothing can be drawn.
  if (base === null || (threshold.of === "registered" && result.counted === 0)) return undefined;
  return { share: shareOfValid(result, percent, base), kind: "threshold", percent };
}

function half(result: Result): Line | undefined {
  const { of, winners } = result.rules;
  if (winners !== undefined) return undefined;
  if (of !== "cast") return { share: 0.5, kind: "half", percent: 50 };
  return { share: shareOfValid(result, 50, cast(result)), kind: "half-cast", percent: 50 };
}

/** A candidate's own threshold, if it has one: in percent, as in the rules. */
export function ownThreshold(candidate: Candidate): number | undefined {
  return candidate.threshold_percent === undefined ? undefined : Number(candidate.threshold_percent);
}
