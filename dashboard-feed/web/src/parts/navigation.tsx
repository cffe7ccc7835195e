// The views of an election, as links.
import type { View } from "../address/address";
import { addressWith, go } from "../address/current";
import { say } from "../language/language";
import type { Result } from "../result/result";
import { follows } from "./link";
import { viewsOf } from "./sections";

export function Navigation({ result, view }: { result: Result; view: View }) {
  // A link must lead to this election also tomorrow, when another is the one that most people come for.
  const { election } = result;
  return (
    <nav class="views" aria-label={say("view.label")}>
      <ul>
        {viewsOf(result).map((one) => (
          <li key={one}>
            <a
              href={addressWith({ election, view: one })}
              aria-current={one === view ? "page" : undefined}
              onClick={follows(() => go({ election, view: one }))}
            >
              {say(`view.${one}`)}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
