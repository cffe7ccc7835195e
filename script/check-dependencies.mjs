#!/usr/bin/env node
// The dependency rules: `electoral-rules` depends on no crate of the workspace, `crates/*` never on a service,
// services never on each other; and what each program must not link. Read from cargo, without tests.
import { execFileSync } from "node:child_process";
import { dirname, relative } from "node:path";

const options = { encoding: "utf8", maxBuffer: 1 << 28 };
const metadata = JSON.parse(
  execFileSync("cargo", ["metadata", "--format-version", "1", "--no-deps", "--locked"], options),
);
const place = new Map(
  metadata.packages.map((it) => [it.name, relative(metadata.workspace_root, dirname(it.manifest_path))]),
);
const isLibrary = (name) => place.get(name).startsWith("crates/");

const broken = metadata.packages.flatMap(({ name, dependencies }) => {
  const needed = dependencies.filter((it) => it.kind !== "dev" && place.has(it.name)).map((it) => it.name);
  if (name === "electoral-rules") {
    return needed.map((other) => `electoral-rules must depend on no crate of the workspace, but does on ${other}`);
  }
  return needed
    .filter((other) => !isLibrary(other))
    .map((other) => `${name} must depend on crates/* only, but does on ${other} (${place.get(other)})`);
});

// What must not be linked into a program, even indirectly: read with each package's own features, because a
// build of the whole workspace unifies them.
const io = ["tokio", "mio", "socket2", "hyper", "actix-web", "rdkafka", "redis", "tokio-postgres"];
const postgresql = ["tokio-postgres", "deadpool-postgres", "refinery"];
const forbidden = {
  "electoral-rules": io,
  "ballot-records": io,
  tally: io,
  "vote-ingest": [...postgresql, "csv", "indicatif"],
  "ballot-station": postgresql,
  "dashboard-feed": [...postgresql, "rdkafka"],
  spammer: [...postgresql, "rdkafka"],
};
for (const [name, crates] of Object.entries(forbidden)) {
  const tree = ["tree", "--package", name, "--edges", "normal", "--prefix", "none", "--format", "{lib}", "--locked"];
  const linked = new Set(execFileSync("cargo", tree, options).split(/\s+/));
  for (const crate of crates.filter((it) => linked.has(it.replaceAll("-", "_")))) {
    broken.push(`${name} must not link ${crate}: see cargo tree --package ${name} --invert ${crate}`);
  }
}

for (const line of broken) console.error(`check-dependencies: ${line}`);
process.exit(broken.length === 0 ? 0 : 1);
