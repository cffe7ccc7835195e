// Whether what is shown is live, as a state machine without a browser, so that every path can be tested.

/** What happened to the stream of events, or to the separate requests for the list of elections. */
export type Happening =
  /** The stream was opened, or sent something. */
  | "delivered"
  /** The stream broke and the browser reopens it on its own, with Last-Event-ID. */
  | "broken"
  /** The stream was refused: the browser has given it up. */
  | "refused"
  /** Another request got no answer: the network is gone, though the stream may not have noticed. */
  | "unanswered"
  /** Another request was answered. */
  | "answered";

export interface Connection {
  phase: "connecting" | "live" | "lost";
  /** How often in a row the stream was refused. */
  refusals: number;
  /** Requests answered in a row while the stream stayed silent. */
  answers: number;
}

/** What to do about it. */
export type Remedy = "none" | "open-now" | "open-later";

export interface Step {
  connection: Connection;
  remedy: Remedy;
}

export const CONNECTING: Connection = { phase: "connecting", refusals: 0, answers: 0 };

/** After this many answers and still no stream, the browser has not noticed that the server is back. */
const ANSWERS_ENOUGH = 2;

const LONGEST_PAUSE_MS = 10_000;

export function next(connection: Connection, happening: Happening): Step {
  const { phase, refusals, answers } = connection;
  switch (happening) {
    case "delivered":
      return { connection: { phase: "live", refusals: 0, answers: 0 }, remedy: "none" };
    case "broken":
    case "unanswered":
      return { connection: { phase: "lost", refusals, answers: 0 }, remedy: "none" };
    case "refused":
      return { connection: { phase: "lost", refusals: refusals + 1, answers: 0 }, remedy: "open-later" };
    case "answered": {
      if (phase === "live") return { connection, remedy: "none" };
      // A refused stream is opened again after a while anyway.
      const enough = refusals === 0 && phase === "lost" && answers + 1 >= ANSWERS_ENOUGH;
      return enough
        ? { connection: { phase, refusals, answers: 0 }, remedy: "open-now" }
        : { connection: { phase, refusals, answers: answers + 1 }, remedy: "none" };
    }
  }
}

/** The pause before a refused stream is opened again: longer each time, and random, so that a crowd spreads out. */
export function pauseMs(refusals: number, random: number): number {
  const longest = Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** refusals);
  return longest / 2 + (random * longest) / 2;
}
