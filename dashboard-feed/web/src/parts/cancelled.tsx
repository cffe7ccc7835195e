import { say } from "../language/language";

/** For an election that was cancelled: it has no result. */
export function Cancelled() {
  return (
    <section class="figure hidden-votes">
      <h2>{say("cancelled.title")}</h2>
      <p>{say("cancelled.text")}</p>
    </section>
  );
}
