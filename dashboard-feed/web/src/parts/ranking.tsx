// The ranking, as a table whose rows visibly change places.
import { useLayoutEffect, useRef } from "preact/hooks";
import { now } from "../feed/clock";
import { say, share, whole } from "../language/language";
import { type Moves, moves, type Ranked, ranking } from "../result/ranking";
import type { Result } from "../result/result";
import { isOffice } from "../result/rules";
import { isElected, isInRunoff } from "../result/verdict";
import { moving } from "../theme";
import { note } from "./candidates-table";
import { Chip } from "./chip";

const SLIDE_MS = 500;

/** `most`: as many rows as there is room for on a wall. */
export function Ranking({ result, most }: { result: Result; most?: number }) {
  const title = say("chart.ranking");
  const ranked = ranking(result.candidates);
  const order = ranked.map(({ candidate }) => candidate.poll_number);
  const marked = useMoves(order);
  const body = useSliding(order.join());
  const hasSeats = !isOffice(result);
  return (
    <section class="figure ranking" aria-label={title}>
      <header>
        <h2>{title}</h2>
      </header>
      <table data-table="ranking">
        <caption class="visually-hidden">{title}</caption>
        <thead>
          <tr>
            <th scope="col" class="number">
              <span class="visually-hidden">{say("column.rank")}</span>
            </th>
            <th scope="col">{say(result.individual ? "column.person" : "column.list")}</th>
            <th scope="col" class="number">
              {say("column.votes")}
            </th>
            <th scope="col" class="number">
              {say("column.share")}
            </th>
            {hasSeats ? (
              <th scope="col" class="number">
                {say("column.seats")}
              </th>
            ) : null}
          </tr>
        </thead>
        <tbody ref={body}>
          {ranked.slice(0, most).map((one) => (
            <Row key={one.candidate.poll_number} one={one} result={result} marked={marked} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ one, result, marked }: { one: Ranked; result: Result; marked: Moves }) {
  const { rank, candidate } = one;
  const { poll_number, name, votes, seats } = candidate;
  const move = marked.get(poll_number)?.places;
  // That a list is above the threshold is what everybody expects.
  const { standing, ...others } = candidate;
  const small = note(standing === "reached" ? others : candidate, result);
  return (
    <tr data-row={poll_number} data-moved={move === undefined ? undefined : move > 0 ? "up" : "down"}>
      <td data-column="rank" class="number rank">
        {result.counted === 0 ? "–" : rank}
        {move === undefined ? null : <Move places={move} />}
      </td>
      <th scope="row" data-column="name">
        <Chip pollNumber={poll_number} /> <span class="name">{name}</span> <Badge one={one} result={result} />
        {small === "" ? null : <small>{small}</small>}
      </th>
      <td data-column="votes" class="number">
        {votes === undefined ? "–" : whole(votes)}
      </td>
      <td data-column="share" class="number">
        <b>{share(candidate.share)}</b>
      </td>
      {isOffice(result) ? null : (
        <td data-column="seats" class="number">
          {seats === undefined ? "–" : whole(seats)}
        </td>
      )}
    </tr>
  );
}

function Move({ places }: { places: number }) {
  const isUp = places > 0;
  return (
    <span class={`move ${isUp ? "up" : "down"}`}>
      <span aria-hidden="true">{isUp ? "▲" : "▼"}</span>
      <span class="visually-hidden">
        {say(isUp ? "moved.up" : "moved.down", { count: Math.abs(places) })}
      </span>
    </span>
  );
}

/** Who would be elected, or go to a second round. */
function Badge({ one, result }: { one: Ranked; result: Result }) {
  const { poll_number } = one.candidate;
  if (isElected(result, poll_number)) {
    return <span class="badge strong">{say(result.final ? "badge.elected" : "badge.ahead")}</span>;
  }
  return isInRunoff(result, poll_number) ? <span class="badge">{say("badge.runoff")}</span> : null;
}

/** Which candidates have just changed places. */
function useMoves(order: readonly number[]): Moves {
  const before = useRef<readonly number[]>([]);
  const marked = useRef<Moves>(new Map());
  marked.current = moves(before.current, order, marked.current, now.value);
  before.current = order;
  return marked.current;
}

/** Lets rows slide from where they were to where they are. */
function useSliding(order: string) {
  const body = useRef<HTMLTableSectionElement>(null);
  const tops = useRef(new Map<string, number>());
  useLayoutEffect(() => {
    const rows = [...(body.current?.rows ?? [])];
    for (const row of rows) {
      const key = row.dataset["row"] ?? "";
      const was = tops.current.get(key);
      const is = row.offsetTop;
      if (was !== undefined && was !== is && moving.value) {
        const from = { transform: `translateY(${was - is}px)` };
        row.animate([from, { transform: "none" }], { duration: SLIDE_MS, easing: "ease-in-out" });
      }
      tops.current.set(key, is);
    }
  }, [order]);
  return body;
}
