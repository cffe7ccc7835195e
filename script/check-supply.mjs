#!/usr/bin/env node
// What others wrote and Urna ships or builds with: the licences, where it comes from, and what is there twice. Also
// asks `cargo deny` (deny.toml) and `npm audit` for known faults, where they are installed or can be reached.
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { crates, packages } from "./supply.mjs";

// Anybody may use, change and pass on what has one of these.
const ALLOWED = new Set([
  "MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "ISC", "0BSD", "Zlib",
  "Unlicense", "Unicode-3.0",
]);
// For what builds the page and is no part of it.
const ALLOWED_TO_BUILD_WITH = new Set([...ALLOWED, "MPL-2.0", "Python-2.0", "CC0-1.0", "BlueOak-1.0.0"]);
// Two versions at once: one for what has not moved to the newer one yet. A new name here is a decision; take it away
// once it is there only once.
const KNOWN_TWICE = new Set([
  "block-buffer", "const-oid", "cpufeatures", "crypto-common", "digest", "embedded-io", "getrandom", "hmac", "http", "rand",
  "rand_core", "sha2", "syn",
]);

const faults = [];

/** Whether an SPDX expression allows what a set of licences allows; an older form separates alternatives by a slash. */
function allows(expression, allowed) {
  const tokens = expression.replaceAll("/", " OR ").match(/\(|\)|[^\s()]+/g) ?? [];
  const next = () => tokens.shift();
  const alternatives = () => {
    let result = all();
    while (tokens[0] === "OR") {
      next();
      const other = all();
      result ||= other;
    }
    return result;
  };
  const all = () => {
    let result = one();
    while (tokens[0] === "AND") {
      next();
      const other = one();
      result &&= other;
    }
    return result;
  };
  const one = () => {
    const token = next();
    if (token === "(") {
      const inner = alternatives();
      next();
      return inner;
    }
    if (tokens[0] === "WITH") return allowed.has(`${token} ${next()} ${next()}`);
    return allowed.has(token);
  };
  return alternatives() && tokens.length === 0;
}

for (const { name, version, license } of crates) {
  if (!license || !allows(license, ALLOWED)) faults.push(`${name} ${version} has the licence ${license ?? "(none)"}`);
}
for (const { name, version, license, dev } of packages) {
  const allowed = dev ? ALLOWED_TO_BUILD_WITH : ALLOWED;
  if (!license || !allows(license, allowed)) faults.push(`${name} ${version} has the licence ${license ?? "(none)"}`);
}

// One registry each, and a checksum in the lock file: nothing comes from a repository or an address of its own.
const sources = new Set(crates.map((it) => it.source));
if (sources.size !== 1 || ![...sources][0].startsWith("registry+")) faults.push(`crates come from ${[...sources].join(", ")}`);
const lock = readFileSync("Cargo.lock", "utf8");
const locked = lock.split("[[package]]").filter((it) => it.includes("\nsource = ") && !it.includes("\nchecksum = "));
for (const entry of locked) faults.push(`no checksum in Cargo.lock: ${entry.trim().split("\n")[0]}`);
for (const { name, integrity } of packages) if (!integrity?.startsWith("sha512-")) faults.push(`no checksum in package-lock.json: ${name}`);

const versions = new Map();
for (const it of crates) versions.set(it.name, [...(versions.get(it.name) ?? []), it]);
for (const [name, all] of versions) {
  const numbers = all.map((it) => it.version).join(" and ");
  if (all.length > 1 && !KNOWN_TWICE.has(name)) faults.push(`${name} is there as ${numbers}: settle on one, or add it to KNOWN_TWICE`);
  if (all.length === 1 && KNOWN_TWICE.has(name)) faults.push(`${name} is there only once now: take it from KNOWN_TWICE`);
}

if (spawnSync("cargo", ["deny", "--version"]).status === 0) {
  if (spawnSync("cargo", ["deny", "check"], { stdio: "inherit" }).status !== 0) faults.push("cargo deny found faults");
}
const audit = spawnSync("npm", ["audit", "--json", "--audit-level=high", "--prefix", "dashboard-feed/web"], {
  encoding: "utf8",
  timeout: 60_000,
});
let report;
try {
  report = JSON.parse(audit.stdout ?? "");
} catch {
  report = {};
}
if (report.metadata?.vulnerabilities === undefined) {
  console.error("check-supply: npm audit cannot be reached; known faults of the page's packages were not looked up");
} else if (audit.status !== 0) {
  faults.push(`npm audit: ${JSON.stringify(report.metadata.vulnerabilities)}; see npm audit --prefix dashboard-feed/web`);
}

execFileSync("script/sbom", { stdio: ["ignore", "pipe", "inherit"], maxBuffer: 1 << 28 });

for (const line of faults) console.error(`check-supply: ${line}`);
process.exit(faults.length === 0 ? 0 : 1);
