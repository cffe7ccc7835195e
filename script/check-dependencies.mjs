#!/usr/bin/env node
// The dependency rule of the house: `electoral-rules` depends on no crate of the workspace, `crates/*`
// never on a service, services never on each other. Read from `cargo metadata`, tests left out.
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
for (const line of broken) console.error(`check-dependencies: ${line}`);
process.exit(broken.length === 0 ? 0 : 1);
