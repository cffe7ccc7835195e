// Everything that others wrote: crates as they are built for this platform, and packages of the page.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const options = { encoding: "utf8", maxBuffer: 1 << 28 };
const host = execFileSync("rustc", ["-vV"], options).match(/^host: (.+)$/m)[1];
const metadata = JSON.parse(
  execFileSync("cargo", ["metadata", "--format-version", "1", "--locked", "--filter-platform", host], options),
);

/** The programs of this workspace, and what they are built from: name, version, license, source. */
export const own = metadata.packages.filter((it) => it.source === null);
export const crates = metadata.packages.filter((it) => it.source !== null);

const lock = JSON.parse(readFileSync("dashboard-feed/web/package-lock.json", "utf8"));
/** The page's packages: name, version, license, integrity; `dev` where it is no part of the page. */
export const packages = Object.entries(lock.packages)
  .filter(([path]) => path !== "")
  .map(([path, it]) => ({ name: path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length), ...it }));
