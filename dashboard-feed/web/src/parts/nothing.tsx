// What the page says if there is no result to show.
import { addressWith, go } from "../address/current";
import { elections } from "../feed/feed";
import { say } from "../language/language";
import { follows } from "./link";

export function NoElections() {
  return <p class="nothing">{say("elections.none")}</p>;
}

export function NotFound({ election }: { election: number }) {
  return (
    <section class="nothing">
      <h1>{say("elections.unknown", { number: String(election) })}</h1>
      <ul>
        {elections.value?.map((one) => (
          <li key={one.election}>
            <a
              href={addressWith({ election: one.election })}
              onClick={follows(() => go({ election: one.election }))}
            >
              {one.title}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
