// Shows one election's result and keeps it up to date. Names and titles come from outside: they
// are only ever set as text.

const REFRESH_LIST_MS = 5000;
const SOURCE_CLOSED_RETRY_MS = 3000;
const STATES = {
  "not-open": "Not open yet",
  open: "Open",
  counting: "Counting",
  final: "Final",
};

const whole = new Intl.NumberFormat("en-GB");
const percent = new Intl.NumberFormat("en-GB", {
  style: "percent",
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});
const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const calendar = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

const element = (id) => document.getElementById(id);
const known = (value) => value !== null && value !== undefined;

/** The election shown, its stream, and the newest result of it. */
let shown = null;
let stream = null;
let result = null;
let receivedAt = null;
let listed = [];
/** What stands between the reader and the newest result: at most one notice of each kind. */
const troubles = new Map();

function setText(target, text) {
  if (target.textContent !== text) {
    target.textContent = text;
  }
}

function trouble(kind, text) {
  if (text === null) {
    troubles.delete(kind);
  } else {
    troubles.set(kind, text);
  }
  setText(element("notice"), [...troubles.values()][0] ?? "");
}

function connectionLost() {
  const since = receivedAt ? `, showing the result of ${clock.format(receivedAt)}` : "";
  trouble("connection", `Connection lost${since}. Trying again…`);
}

// --- Which election ---------------------------------------------------------------------------

/** The election that the address asks for: `#/election/1` or `?election=1`. */
function asked() {
  const fromHash = /^#\/election\/(\d+)$/.exec(location.hash)?.[1];
  const number = fromHash ?? new URLSearchParams(location.search).get("election");
  return number === null ? null : Number(number);
}

/** Without a wish: the election that is open, or else the newest. */
function chosen() {
  return asked() ?? (listed.find((one) => one.state === "open") ?? listed.at(-1))?.election ?? null;
}

async function refreshList() {
  try {
    const answer = await fetch("api/elections", { cache: "no-store" });
    if (!answer.ok) {
      throw new Error(`answered ${answer.status}`);
    }
    listed = (await answer.json()).elections;
    trouble("list", null);
  } catch {
    trouble("list", "The server cannot be reached. Trying again…");
  }
  showList();
  follow();
}

function showList() {
  const select = element("elections");
  const options = listed.map((one) => {
    const option = new Option(`${one.election} · ${one.title}`, String(one.election));
    option.selected = one.election === shown;
    return option;
  });
  const isSame = options.length === select.options.length
    && options.every((option, index) => option.text === select.options[index].text);
  if (!isSame) {
    select.replaceChildren(...options);
  }
  select.value = String(shown);
  element("choice").hidden = listed.length < 2;

  const state = listed.find((one) => one.election === shown)?.state;
  setText(element("state"), STATES[state] ?? "");
  element("state").className = `state ${state ?? ""}`;
}

// --- The stream -------------------------------------------------------------------------------

/** Follows the chosen election, if it is not the one followed already. */
function follow() {
  const election = chosen();
  const entry = listed.find((one) => one.election === election);
  // The same number with another birthday is another election: the server was set up anew.
  const isAnother = result !== null && entry !== undefined && entry.created !== result.created;
  if (election === null || (election === shown && stream !== null && !isAnother)) {
    return;
  }
  stream?.close();
  shown = election;
  result = null;
  receivedAt = null;
  rate.clear();
  troubles.clear();
  trouble("missing", null);
  element("result").hidden = true;
  setText(element("title"), entry?.title ?? `Election ${election}`);
  connect();
  showList();
}

function connect() {
  const source = new EventSource(`api/elections/${shown}/events`);
  stream = source;
  source.onopen = () => {
    trouble("connection", null);
    trouble("missing", null);
  };
  source.onmessage = (event) => receive(JSON.parse(event.data));
  source.onerror = () => {
    if (source.readyState !== EventSource.CLOSED) {
      connectionLost(); // The browser connects again by itself.
      return;
    }
    // It does not after an answer that is no stream: no such election yet, or no place free.
    const isListed = listed.some((one) => one.election === shown);
    if (isListed || listed.length === 0) {
      connectionLost();
    } else {
      trouble("missing", `There is no result of election ${shown}.`);
    }
    setTimeout(() => {
      if (stream === source) {
        connect();
      }
    }, SOURCE_CLOSED_RETRY_MS);
  };
}

function receive(newest) {
  const isOlder = result !== null && result.created === newest.created
    && newest.position < result.position;
  if (isOlder) {
    return; // Another server, which is a moment behind.
  }
  result = newest;
  receivedAt = new Date();
  rate.add(newest.counted, performance.now());
  requestDraw();
}

/** Ballots a second over the last seconds, by when their results arrived here. */
const rate = {
  samples: [],
  clear() {
    this.samples = [];
  },
  add(counted, at) {
    this.samples.push({ counted, at });
    this.drop(at);
  },
  drop(now) {
    while (this.samples.length > 1 && this.samples[0].at < now - 5000) {
      this.samples.shift();
    }
  },
  now() {
    this.drop(performance.now());
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    const seconds = first ? (performance.now() - first.at) / 1000 : 0;
    return seconds < 1 ? 0 : (last.counted - first.counted) / seconds;
  },
};

// --- Drawing ----------------------------------------------------------------------------------

let isDrawRequested = false;

/** A hidden tab draws nothing; a busy one draws only the newest. */
function requestDraw() {
  if (!isDrawRequested) {
    isDrawRequested = true;
    requestAnimationFrame(() => {
      isDrawRequested = false;
      if (result !== null) {
        draw(result);
      }
    });
  }
}

function draw(newest) {
  element("result").hidden = false;
  setText(element("title"), newest.title);
  document.title = `${newest.title} · Urna`;
  drawFigures(newest);
  drawCandidates(newest);
  drawOutcome(newest);
  setText(
    element("as-of"),
    known(newest.counted_to)
      ? `Counted up to ${calendar.format(new Date(newest.counted_to))}, record ${whole.format(newest.position)}.`
      : "Nothing has been counted yet.",
  );
}

function drawFigures(newest) {
  const isTurnoutKnown = known(newest.turnout);
  setText(element("turnout"), isTurnoutKnown ? percent.format(newest.turnout) : "–");
  setText(
    element("turnout-of"),
    known(newest.registered) ? `of ${whole.format(newest.registered)} registered` : "roll not loaded",
  );
  setText(element("counted"), whole.format(newest.counted));
  const perSecond = newest.final ? 0 : rate.now();
  setText(element("votes-a-second"), perSecond >= 1 ? `${whole.format(Math.round(perSecond))} a second` : "");
  const reasons = Object.entries(newest.rejected ?? {}).filter(([, ballots]) => ballots > 0);
  const rejected = reasons.reduce((sum, [, ballots]) => sum + ballots, 0);
  setText(element("rejected"), whole.format(rejected));
  const reasonTexts = reasons.map(([reason, ballots]) => `${reason.replace(/\.$/, "")}: ${whole.format(ballots)}`);
  setText(element("reasons"), reasonTexts.join(" · "));
}

function newRow(candidate) {
  const row = document.createElement("tr");
  row.dataset.pollNumber = candidate.poll_number;
  const cell = (tag, className) => {
    const made = document.createElement(tag);
    made.className = className;
    row.append(made);
    return made;
  };
  cell("td", "number");
  cell("th", "").scope = "row";
  cell("td", "number");
  cell("td", "number");
  const fill = document.createElement("span");
  fill.className = "fill";
  cell("td", "bar").append(fill);
  cell("td", "number");
  return row;
}

function drawCandidates(newest) {
  const candidates = [...newest.candidates].sort(
    (a, b) => (b.votes ?? 0) - (a.votes ?? 0) || a.poll_number - b.poll_number,
  );
  const areVotesShown = candidates.some((candidate) => known(candidate.votes));
  const areSeatsShown = candidates.some((candidate) => known(candidate.seats));
  const most = Math.max(...candidates.map((candidate) => candidate.share ?? 0), 0);
  const body = element("candidates");
  const rows = new Map([...body.rows].map((row) => [row.dataset.pollNumber, row]));

  const wanted = candidates.map((candidate) => {
    const row = rows.get(String(candidate.poll_number)) ?? newRow(candidate);
    const [number, name, votes, share, bar, seats] = row.cells;
    setText(number, String(candidate.poll_number));
    setText(name, candidate.name);
    setText(votes, known(candidate.votes) ? whole.format(candidate.votes) : "–");
    setText(share, known(candidate.share) ? percent.format(candidate.share) : "–");
    const width = most > 0 ? (100 * (candidate.share ?? 0)) / most : 0;
    bar.firstChild.hidden = !known(candidate.share);
    bar.firstChild.style.width = `${width.toFixed(2)}%`;
    setText(seats, known(candidate.seats) ? whole.format(candidate.seats) : "–");
    return row;
  });
  const isInOrder = wanted.length === body.rows.length
    && wanted.every((row, index) => body.rows[index] === row);
  if (!isInOrder) {
    body.replaceChildren(...wanted);
  }
  body.closest("table").classList.toggle("without-seats", !areSeatsShown);
  const kind = newest.individual ? "candidate" : "list";
  setText(
    element("caption"),
    areVotesShown ? `Votes by ${kind}` : "Votes are published when the count is final.",
  );
}

/** What the numbers do not say: winners, run-offs, open seats, and how ties were settled. */
function outcomeLines(newest) {
  const { outcome } = newest;
  if (!known(outcome)) {
    return [];
  }
  const name = (pollNumber) =>
    newest.candidates.find((candidate) => candidate.poll_number === pollNumber)?.name
    ?? `number ${pollNumber}`;
  const names = (pollNumbers) => pollNumbers.map(name).join(", ");
  const lines = [];
  const soFar = newest.final ? "" : " as counted so far";
  if (known(outcome.winner)) {
    lines.push(`Elected${soFar}: ${name(outcome.winner)}.`);
  }
  if (known(outcome.runoff)) {
    lines.push(`Nobody is elected${soFar}; in the second round: ${names(outcome.runoff)}.`);
  }
  if (outcome.open_seats > 0) {
    lines.push(`Seats that stay open: ${whole.format(outcome.open_seats)}.`);
  }
  for (const tie of outcome.ties ?? []) {
    const what = known(tie.seats) ? ` for ${whole.format(tie.seats)} of the seats` : "";
    const how = known(tie.settled_by)
      ? `settled by ${tie.settled_by.replaceAll("_", " ")} for ${names(tie.won_by)}`
      : "not settled";
    lines.push(`Tie${what} between ${names(tie.between)}: ${how}.`);
  }
  return lines;
}

function drawOutcome(newest) {
  const list = element("outcome");
  const lines = outcomeLines(newest);
  const isSame = lines.length === list.children.length
    && lines.every((line, index) => list.children[index].textContent === line);
  if (!isSame) {
    list.replaceChildren(...lines.map((line) => {
      const item = document.createElement("li");
      item.textContent = line;
      return item;
    }));
  }
}

// --- Start ------------------------------------------------------------------------------------

element("elections").addEventListener("change", (event) => {
  location.hash = `#/election/${event.target.value}`;
});
addEventListener("hashchange", follow);
setInterval(refreshList, REFRESH_LIST_MS);
setInterval(requestDraw, 1000); // The rate falls when nothing arrives.
refreshList();
