// One election: its heading, its figures, and the view that the reader chose.
import { useEffect } from "preact/hooks";
import { address } from "../address/current";
import type { Shown } from "../feed/feed";
import { say } from "../language/language";
import { Cancelled } from "./cancelled";
import { Figures } from "./figures";
import { Heading } from "./heading";
import { Navigation } from "./navigation";
import { sectionsOf, viewOf } from "./sections";

export function Report({ shown }: { shown: Shown | undefined }) {
  const title = shown?.result.title;
  useEffect(() => {
    document.title = title === undefined ? "Urna" : `${title} – Urna`;
  }, [title]);
  if (shown === undefined) return <p class="nothing">{say("page.loading")}</p>;
  const { result } = shown;
  if (result.cancelled !== undefined) {
    return (
      <article key={result.election} data-election={result.election} data-position={result.position}>
        <Heading result={result} />
        <Cancelled />
      </article>
    );
  }
  const view = viewOf(result, address.value.view);
  return (
    // Keyed, so that switching elections is not shown as a change within one election.
    <article key={result.election} data-election={result.election} data-position={result.position}>
      <Heading result={result} />
      <Figures result={result} />
      <Navigation result={result} view={view} />
      <div class="sections" data-view={view}>
        {sectionsOf(result, view).map(({ name, Section }) => (
          <Section key={name} result={result} />
        ))}
      </div>
    </article>
  );
}
