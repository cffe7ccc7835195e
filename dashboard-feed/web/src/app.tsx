import { useEffect } from "preact/hooks";
import { address } from "./address/current";
import { now } from "./feed/clock";
import { elections, follow, shown } from "./feed/feed";
import { Masthead } from "./parts/masthead";
import { NoElections, NotFound } from "./parts/nothing";
import { Report } from "./parts/report";
import { StatusLine } from "./parts/status";
import { byInterest } from "./result/elections";
import { Wall } from "./wall/wall";

export function App() {
  return address.value.wall ? <Wall /> : <Page />;
}

function Page() {
  const wanted = useWantedElection();
  const list = elections.value;
  const isUnknown = wanted !== undefined && list?.every(({ election }) => election !== wanted);
  const current = shown.value;
  return (
    <>
      <Masthead election={wanted} />
      <main id="result" tabIndex={-1}>
        <StatusLine />
        {isUnknown && current?.result.election !== wanted ? (
          <NotFound election={wanted} />
        ) : list?.length === 0 ? (
          <NoElections />
        ) : (
          <Report shown={current} />
        )}
      </main>
    </>
  );
}

/** The election in the address; without one, the one that most people come for, and it then stays. */
function useWantedElection(): number | undefined {
  const list = elections.value ?? [];
  const following = shown.value?.result.election;
  const wanted = address.value.election ?? following ?? byInterest(list, now.value)[0]?.election;
  // The feed may need a moment to learn of a newly defined election.
  const isListed = list.some(({ election }) => election === wanted);
  useEffect(() => {
    if (wanted !== undefined && isListed) follow(wanted);
  }, [wanted, isListed]);
  return wanted;
}
