import { say, share, whole } from "../language/language";
import type { Key } from "../language/messages";
import { allRejected, type Result } from "../result/result";
import { Table } from "./table";

/** The reasons as the count words them. */
const REASONS: Record<string, Key> = {
  "Duplicate ballot.": "rejected.duplicate",
  "Invalid poll number.": "rejected.invalid",
  "Election is not open.": "rejected.not-open",
  "Unreadable record.": "rejected.unreadable",
};

/** Ballots that do not count, by reason, and those that were sent twice and count once. */
export function Rejected({ result }: { result: Result }) {
  const title = say("chart.rejected");
  const rows = Object.entries(result.rejected).toSorted(([, a], [, b]) => b - a);
  const all = allRejected(result);
  return (
    <section class="figure rejected" aria-label={title}>
      <header>
        <h2>{title}</h2>
      </header>
      {rows.length === 0 ? (
        <p>{say("rejected.none")}</p>
      ) : (
        <Table
          isSeen
          content={{
            name: "rejected",
            caption: title,
            rows,
            keyOf: ([reason]) => reason,
            columns: [
              {
                key: "reason",
                head: say("column.reason"),
                cell: ([reason]) => inWords(reason),
                isHead: true,
              },
              {
                key: "ballots",
                head: say("column.ballots"),
                cell: ([, ballots]) => whole(ballots),
                isNumber: true,
              },
              {
                key: "share",
                head: say("column.share"),
                cell: ([, ballots]) => share(ballots / all),
                isNumber: true,
              },
            ],
          }}
        />
      )}
      {result.repeated > 0 ? (
        <p>
          {say("rejected.repeated")}: <b>{whole(result.repeated)}</b>
        </p>
      ) : null}
      {result.withdrawn === undefined ? null : (
        <p>
          {say("rejected.withdrawn")}: <b>{whole(result.withdrawn)}</b>
        </p>
      )}
    </section>
  );
}

/** A reason that this page does not know is shown unchanged. */
function inWords(reason: string): string {
  const key = REASONS[reason];
  return key === undefined ? reason : say(key);
}
