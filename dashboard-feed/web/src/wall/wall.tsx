// The page as a wall display: no scrolling, nothing to press; it advances on its own.
import { useEffect, useState } from "preact/hooks";
import { address, addressWith, go } from "../address/current";
import { now } from "../feed/clock";
import { elections, follow, shown } from "../feed/feed";
import { say } from "../language/language";
import { Alliances } from "../parts/alliances";
import { Cancelled } from "../parts/cancelled";
import { Figures } from "../parts/figures";
import { Heading } from "../parts/heading";
import { Hidden } from "../parts/hidden";
import { follows } from "../parts/link";
import { NoElections } from "../parts/nothing";
import { Ranking } from "../parts/ranking";
import { Contest } from "../parts/runoff";
import { Hemicycle } from "../parts/seats";
import { viewsOf } from "../parts/sections";
import { StatusLine } from "../parts/status";
import { Ties } from "../parts/ties";
import { TurnoutChart } from "../parts/turnout";
import { Verdict } from "../parts/verdict";
import { VotesChart } from "../parts/votes";
import { forWall } from "../result/elections";
import type { Result } from "../result/result";
import { showsVotes } from "../result/result";
import { after, type Scene } from "./rotation";
import { keepAwake, reloadWhenReplaced } from "./unattended";

/** Long enough to read a scene from across the room. */
const SCENE_MS = 15_000;
/** As many as can be read from there. */
const MOST_BARS = 8;

export function Wall() {
  const [scene, setScene] = useState<Scene>("votes");
  const current = shown.value;
  const scenes = current === undefined ? [] : scenesOf(current.result);
  const asked = address.value;
  const list = tonight(asked.election);
  const first = list[0];

  useEffect(() => {
    document.documentElement.dataset["display"] = "wall";
    const sleepless = keepAwake();
    const replaced = reloadWhenReplaced();
    return () => {
      delete document.documentElement.dataset["display"];
      sleepless();
      replaced();
    };
  }, []);
  useEffect(() => {
    if (first !== undefined && (asked.election !== undefined || shown.value === undefined)) follow(first);
  }, [first, asked.election]);
  useEffect(() => {
    const turn = setInterval(() => {
      const result = shown.value?.result;
      if (result === undefined) return;
      const next = after({ election: result.election, scene }, scenes, list);
      setScene(next.scene);
      follow(next.election);
    }, SCENE_MS);
    return () => clearInterval(turn);
  }, [scene, scenes.join(), list.join()]);

  const fixed = scenes.find((one) => one === asked.view);
  const visible = fixed ?? scenes.find((one) => one === scene) ?? scenes[0];
  return (
    <main id="result" class="wall">
      <StatusLine />
      {current !== undefined && (visible !== undefined || current.result.cancelled !== undefined) ? (
        <article
          key={current.result.election}
          data-election={current.result.election}
          data-position={current.result.position}
        >
          <div class="top">
            <Heading result={current.result} />
            {visible === undefined ? null : <Figures result={current.result} />}
          </div>
          <div class="scene" data-scene={visible}>
            {visible === undefined ? <Cancelled /> : <SceneOf scene={visible} result={current.result} />}
          </div>
        </article>
      ) : elections.value?.length === 0 ? (
        <NoElections />
      ) : (
        <p class="nothing">{say("page.loading")}</p>
      )}
      <a class="leave" href={addressWith({ wall: false })} onClick={follows(leave)}>
        {say("wall.leave")}
      </a>
    </main>
  );
}

function leave() {
  if (document.fullscreenElement !== null) document.exitFullscreen().catch(() => undefined);
  go({ wall: false });
}

/** The elections to show in turn; only the one that the address names, if it does. */
function tonight(asked: number | undefined): number[] {
  const listed = elections.value ?? [];
  const shown =
    asked === undefined ? forWall(listed, now.value) : listed.filter((one) => one.election === asked);
  return shown.map(({ election }) => election);
}

/** Tables of constituencies or rejected ballots do not suit a wall display. */
function scenesOf(result: Result): Scene[] {
  const scenes: readonly Scene[] = ["votes", "seats", "runoff", "turnout"];
  return scenes.filter((scene) => viewsOf(result).includes(scene));
}

function SceneOf({ scene, result }: { scene: Scene; result: Result }) {
  switch (scene) {
    case "votes":
      return showsVotes(result) ? <VotesScene result={result} /> : <Hidden />;
    case "seats":
      return (
        <>
          <Verdict result={result} />
          <Alliances result={result} />
          <Ties result={result} />
          <Hemicycle result={result} />
        </>
      );
    case "runoff":
      return (
        <>
          <Verdict result={result} />
          <Ties result={result} />
          <Contest result={result} />
        </>
      );
    default:
      return <TurnoutChart result={result} />;
  }
}

function VotesScene({ result }: { result: Result }) {
  const most = Math.min(MOST_BARS, result.candidates.length);
  return (
    <>
      <VotesChart result={result} most={most} />
      <Ranking result={result} most={most} />
    </>
  );
}
