// The phase of an election, and how long it is still open.

export type Phase = "not-open" | "open" | "counting" | "final" | "cancelled";

export interface Period {
  created: string;
  start: string;
  end: string;
  final: boolean;
  cancelled?: string;
}

/** An election is open from the later of its start and its creation until its end, which is exclusive. */
export function phaseOf(election: Period, nowMs: number): Phase {
  if (election.cancelled !== undefined) return "cancelled";
  if (election.final) return "final";
  if (nowMs >= Date.parse(election.end)) return "counting";
  return nowMs >= opensAt(election) ? "open" : "not-open";
}

export function opensAt(election: Period): number {
  return Math.max(Date.parse(election.start), Date.parse(election.created));
}

/** When the phase ends on its own; nothing if it does not. */
export function changesAt(election: Period, phase: Phase): number | undefined {
  if (phase === "not-open") return opensAt(election);
  return phase === "open" ? Date.parse(election.end) : undefined;
}

export type TimeLeft = Partial<Record<"days" | "hours" | "minutes" | "seconds", number>>;

/** The two largest units: 1 day 3 hours, 59 minutes 5 seconds. Rounded up to whole seconds. */
export function timeLeft(ms: number): TimeLeft {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const parts = {
    days: Math.floor(seconds / 86_400),
    hours: Math.floor(seconds / 3600) % 24,
    minutes: Math.floor(seconds / 60) % 60,
    seconds: seconds % 60,
  };
  const entries = Object.entries(parts);
  const first = entries.findIndex(([, amount]) => amount > 0);
  if (first < 0) return { seconds: 0 };
  return Object.fromEntries(entries.slice(first, first + 2).filter(([, amount]) => amount > 0));
}
