// Lists that stand together, and what they have between them.
import { names, say, whole } from "../language/language";
import { alliances } from "../result/alliances";
import type { Result } from "../result/result";
import { isSeats } from "../result/verdict";

/** Nothing where every list stands alone. */
export function Alliances({ result }: { result: Result }) {
  const all = alliances(result);
  if (all.length === 0 || !isSeats(result.outcome)) return null;
  return (
    <aside class="alliances" aria-label={say("alliances.title")}>
      <h3>{say("alliances.title")}</h3>
      <ul>
        {all.map(({ members, votes, seats }) => (
          <li key={members[0]?.poll_number}>
            {say("alliances.seats", {
              names: names(members.map(({ name }) => name)),
              count: seats,
              votes: whole(votes),
            })}
          </li>
        ))}
      </ul>
    </aside>
  );
}
