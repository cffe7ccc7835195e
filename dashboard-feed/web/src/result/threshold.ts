// The lines that bars are measured against.
import { type Candidate, cast, type Result } from "./result";

export interface Line {
  /** As a share of the valid votes, which is what the bars show. */
  share: number;
  kind: "threshold" | "half";
  /** In percent, as in the rules; nothing if it is a quota. */
  percent?: number;
}

/** The share of the valid votes that corresponds to a percentage of the base in the rules. */
function shareOfValid(result: Result, percent: number): number {
  const base = result.rules.threshold?.of === "cast" ? cast(result) : result.counted;
  return result.counted === 0 ? percent / 100 : ((percent / 100) * base) / result.counted;
}

/** The threshold of an assembly, or half of the votes for an office. */
export function lineOf(result: Result): Line | undefined {
  if (result.individual) return { share: 0.5, kind: "half", percent: 50 };
  const { threshold, seats } = result.rules;
  if (threshold === undefined) return undefined;
  if (threshold.of === "quota") return seats ? { share: 1 / seats, kind: "threshold" } : undefined;
  const percent = Number(threshold.percent);
  return { share: shareOfValid(result, percent), kind: "threshold", percent };
}

/** A candidate's own threshold, if it has one: in percent, as in the rules. */
export function ownThreshold(candidate: Candidate): number | undefined {
  return candidate.threshold_percent === undefined ? undefined : Number(candidate.threshold_percent);
}
