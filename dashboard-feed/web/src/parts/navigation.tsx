// The views of an election, as links.
import type { View } from "../address/address";
import { addressWith, go } from "../address/current";
import { say } from "../language/language";
import type { Result } from "../result/result";
import { follows } from "./link";
import { viewsOf } from "./sections";

export function Navigation({ result, view }: { result: Result; view: View }) {
  // A link must still lead to this election tomorrow, when most people come for another one.
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
