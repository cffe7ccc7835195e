import { Chart } from "../charts/chart";
import { donut } from "../charts/donut";
import { say, share, whole } from "../language/language";
import type { Result } from "../result/result";
import { candidatesTable, inWords } from "./candidates-table";
import { Figure } from "./figure";

/** Shares as a ring. */
export function Shares({ result }: { result: Result }) {
  const title = say("chart.shares");
  const label = `${title}: ${inWords(result, (one) => share(one.share))}`;
  return (
    <Figure
      name="shares"
      title={title}
      chart={
        <div class="ring">
          <Chart label={label} option={(look) => donut(result, look)} lines={24} />
          <p class="hub" aria-hidden="true">
            <b>{whole(result.counted)}</b> {say("figures.counted")}
          </p>
        </div>
      }
      table={candidatesTable("shares", title, result, ["votes", "share"])}
    />
  );
}
