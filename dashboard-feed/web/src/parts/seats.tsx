// The seats of an assembly, as a hemicycle with the line of a majority.
import { hemicycle, sector } from "../charts/hemicycle";
import { colourOf } from "../charts/palette";
import { say, whole } from "../language/language";
import { ranking } from "../result/ranking";
import type { Result } from "../result/result";
import { allSeats, majorityOf, seatsOf } from "../result/house";
import { isSeats } from "../result/verdict";
import { theme } from "../theme";
import { Alliances } from "./alliances";
import { candidatesTable, inWords } from "./candidates-table";
import { Chip } from "./chip";
import { Figure } from "./figure";
import { Rules } from "./rules";
import { Ties } from "./ties";
import { Verdict } from "./verdict";

/** If there are too many seats to tell apart, each list is drawn as one area. */
const MOST_SINGLE_SEATS = 800;
/** Smaller blocks have no room for their poll number. */
const LABELLED = 0.03;

export function Seats({ result }: { result: Result }) {
  const title = say("chart.seats");
  return (
    <Figure
      name="seats"
      title={title}
      chart={<Hemicycle result={result} />}
      table={candidatesTable("seats", title, result, ["votes", "share", "seats", "note"])}
    >
      <Verdict result={result} />
      <Rules result={result} />
      <Alliances result={result} />
      <Ties result={result} />
    </Figure>
  );
}

/** The seats that one list has side by side; those of no list are open. */
interface Block {
  pollNumber: number | undefined;
  from: number;
  seats: number;
}

function blocksOf(result: Result, all: number): Block[] {
  let from = 0;
  const blocks = ranking(result.candidates)
    .map(({ candidate }) => ({ pollNumber: candidate.poll_number, seats: seatsOf(candidate) }))
    // Multipliers may give the smaller list more seats.
    .toSorted((a, b) => b.seats - a.seats)
    .filter(({ seats }) => seats > 0)
    .map((one): Block => {
      const block = { ...one, from };
      from += one.seats;
      return block;
    });
  return from < all ? [...blocks, { pollNumber: undefined, from, seats: all - from }] : blocks;
}

export function Hemicycle({ result }: { result: Result }) {
  const { outcome } = result;
  if (!isSeats(outcome)) return null;
  const all = allSeats(result, outcome);
  const blocks = blocksOf(result, all);
  const words = `${say("chart.seats")}: ${inWords(result, (one) => whole(seatsOf(one)))}`;
  return (
    <div class="hemicycle">
      <svg viewBox="-1.14 -1.16 2.28 1.2" role="img" aria-label={words}>
        {all > MOST_SINGLE_SEATS ? <Areas blocks={blocks} all={all} /> : <Dots blocks={blocks} all={all} />}
        {blocks.map((block) => (
          <BlockLabel key={block.pollNumber ?? 0} block={block} all={all} />
        ))}
        <line class="majority" x1="0" x2="0" y1="-1.03" y2="-0.34" />
        <text class="majority-label" x="0" y="-1.07">
          {say("seats.majority", { count: majorityOf(all) })}
        </text>
        <text class="all-seats" x="0" y="-0.08">
          {whole(all)}
        </text>
        <text class="all-seats-label" x="0" y="0.01">
          {say("seats.all", { count: all })}
        </text>
      </svg>
      <Legend result={result} blocks={blocks} />
    </div>
  );
}

function fillOf(block: Block | undefined): string {
  return block?.pollNumber === undefined ? "none" : colourOf(block.pollNumber, theme.value).fill;
}

function Dots({ blocks, all }: { blocks: readonly Block[]; all: number }) {
  const { places, seatRadius } = hemicycle(all);
  const owner = (seat: number) => blocks.find(({ from, seats }) => from <= seat && seat < from + seats);
  return (
    <g class="dots">
      {places.map(({ x, y }, seat) => {
        const fill = fillOf(owner(seat));
        return (
          <circle key={seat} cx={x} cy={y} r={seatRadius} fill={fill} class={fill === "none" ? "open" : ""} />
        );
      })}
    </g>
  );
}

function Areas({ blocks, all }: { blocks: readonly Block[]; all: number }) {
  const { innerRadius } = hemicycle(1);
  return (
    <g class="areas">
      {blocks.map((block) => (
        <path
          key={block.pollNumber ?? 0}
          d={sector(block.from / all, (block.from + block.seats) / all, innerRadius)}
          fill={fillOf(block)}
        />
      ))}
    </g>
  );
}

/** The poll number outside the block, so that colour is not the only thing that tells lists apart. */
function BlockLabel({ block, all }: { block: Block; all: number }) {
  if (block.pollNumber === undefined || block.seats / all < LABELLED) return null;
  const angle = Math.PI * ((block.from + block.seats / 2) / all);
  return (
    <text class="block-label" x={-Math.cos(angle) * 1.07} y={-Math.sin(angle) * 1.07 + 0.02}>
      {block.pollNumber}
    </text>
  );
}

function Legend({ result, blocks }: { result: Result; blocks: readonly Block[] }) {
  const names = new Map(result.candidates.map(({ poll_number, name }) => [poll_number, name]));
  return (
    <ul class="legend" aria-hidden="true">
      {blocks.map(({ pollNumber, seats }) => (
        <li key={pollNumber ?? 0}>
          {pollNumber === undefined ? (
            say("seats.open", { count: seats })
          ) : (
            <>
              <Chip pollNumber={pollNumber} /> <span class="name">{names.get(pollNumber)}</span>{" "}
              <b>{whole(seats)}</b>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}
