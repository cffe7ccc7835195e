// The real thing: every server and service as processes, started by devstack.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Listed } from "../../src/result/elections";
import type { Result } from "../../src/result/result";
import { Station } from "./station";

const CHECKOUT = resolve(dirname(fileURLToPath(import.meta.url)), "../../../..");
export const TARGET = resolve(CHECKOUT, process.env["CARGO_TARGET_DIR"] ?? "target");
export const SERBIA = join(CHECKOUT, "spammer/scenarios/serbia-2023.toml");

const VOTERS = 20_000;

interface State {
  processes: { name: string; pid: number; url: string }[];
  kafka_brokers: string;
  redis_url: string;
  database_urls: Record<string, string>;
}

export function scenario(name: string): string {
  return join(CHECKOUT, "dashboard-feed/web/tests/browser/scenarios", `${name}.toml`);
}

function program(name: string): string {
  return join(TARGET, "debug", name);
}

export class Stack {
  readonly #directory: string;
  readonly #up: ChildProcess;
  readonly #crowds: ChildProcess[] = [];
  #elections = 0;

  private constructor(directory: string, up: ChildProcess) {
    this.#directory = directory;
    this.#up = up;
  }

  /** Starts everything, with a roll of voters and no election. */
  static async start(): Promise<Stack> {
    const directory = mkdtempSync(join(tmpdir(), "urna-page-"));
    const services = ["vote-ingest", "dashboard-feed", "access-control", "election-admin", "ballot-station"];
    const ports = services.flatMap((service) => [`--${service}-port`, "0"]);
    const up = spawn(program("devstack"), ["up", "--dir", directory, ...ports], {
      cwd: CHECKOUT,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const stack = new Stack(directory, up);
    await stack.#untilReady();
    await stack.#run("voter-roll", "generate", "--voters", String(VOTERS));
    await stack.#run("voter-roll", "export", stack.#votersFile);
    return stack;
  }

  async #untilReady(): Promise<void> {
    if (this.#up.stdout === null) throw new Error("devstack up has no output");
    for await (const line of createInterface(this.#up.stdout)) {
      if (line.startsWith("ready")) {
        this.#up.stdout.resume();
        return;
      }
    }
    throw new Error("devstack up ended before it was ready: is everything built?");
  }

  get #votersFile(): string {
    return join(this.#directory, "voters.csv");
  }

  #state(): State {
    return JSON.parse(readFileSync(join(this.#directory, "state.json"), "utf8"));
  }

  #process(name: string) {
    const found = this.#state().processes.find((one) => one.name === name);
    if (found === undefined) throw new Error(`there is no ${name}`);
    return found;
  }

  url(service: string): string {
    return this.#process(service).url;
  }

  /** Runs one of our commands to its end, with the addresses of everything. */
  async #run(name: string, ...options: string[]): Promise<string> {
    const state = this.#state();
    const database = name === "voter-roll" ? "voter_roll" : "election_process";
    const { stdout } = await promisify(execFile)(program(name), options, {
      env: {
        ...process.env,
        KAFKA_BROKERS: state.kafka_brokers,
        REDIS_URL: state.redis_url,
        DATABASE_URL: state.database_urls[database],
        BALLOT_KEYS_DIR: join(this.#directory, "keys"),
      },
    });
    return stdout;
  }

  /** Defines an election with a roll. Only one may be open at a time. */
  async define(file: string, fromSeconds: number, toSeconds: number): Promise<number> {
    const at = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();
    const times = ["--start", at(fromSeconds), "--end", at(toSeconds)];
    await this.#run("election-admin", "create", "--scenario", file, ...times);
    this.#elections += 1;
    await this.#run("voter-roll", "load", "--election", String(this.#elections));
    return this.#elections;
  }

  /** Voters of that election begin to vote, and go on until the stack stops. */
  startCrowd(election: number, votesPerSecond: number): void {
    const options = [
      `--url=${this.url("vote-ingest")}`,
      `--feed=${this.url("dashboard-feed")}`,
      `--voters=${this.#votersFile}`,
      `--scenario=${SERBIA}`,
      `--election=${election}`,
      `--rate=${votesPerSecond}`,
      "--retries",
    ];
    const crowd = spawn(program("spammer"), options, { stdio: "ignore" });
    this.#crowds.push(crowd);
  }

  async station(): Promise<Station> {
    return Station.open(this.url("access-control"), this.url("ballot-station"));
  }

  async result(election: number): Promise<Result> {
    return (await this.#ask(`/api/elections/${election}/results`)) as Result;
  }

  async elections(): Promise<Listed[]> {
    const { elections } = (await this.#ask("/api/elections")) as { elections: Listed[] };
    return elections;
  }

  async #ask(path: string): Promise<unknown> {
    const answer = await fetch(`${this.url("dashboard-feed")}${path}`);
    if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}`);
    return answer.json();
  }

  /** Suspends the feed, like a lost network: connections stay open and nothing arrives. */
  freeze(service: string): () => void {
    const { pid } = this.#process(service);
    process.kill(pid, "SIGSTOP");
    return () => process.kill(pid, "SIGCONT");
  }

  /** Kills a process, which devstack then starts again. */
  kill(service: string): void {
    process.kill(this.#process(service).pid, "SIGKILL");
  }

  async stop(): Promise<void> {
    for (const crowd of this.#crowds) crowd.kill();
    if (this.#up.exitCode === null) {
      const ended = once(this.#up, "exit");
      this.#up.kill("SIGTERM");
      await ended;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
