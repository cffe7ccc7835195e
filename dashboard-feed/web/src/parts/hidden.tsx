import { say } from "../language/language";

/** For elections whose votes are published when the count is final. */
export function Hidden() {
  return (
    <section class="figure hidden-votes">
      <h2>{say("hidden.title")}</h2>
      <p>{say("hidden.text")}</p>
    </section>
  );
}
