#!/usr/bin/env node
// Writes a .br and a .gz beside every built file that they make smaller, and says how big a first visit is.
// Fails if that is too big: a phone in a crowded square has little bandwidth.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const FIRST_LOAD_LIMIT_KB = 300;

const dist = join(dirname(fileURLToPath(import.meta.url)), "../dist");
const files = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && !/\.(br|gz)$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name));

const encodings = {
  br: (content) => brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
  gz: (content) => gzipSync(content, { level: 9 }),
};

const total = { plain: 0, br: 0, gz: 0 };
const kb = (bytes) => `${(bytes / 1000).toFixed(1)} kB`.padStart(10);
const line = (sizes, name) => console.log(`${kb(sizes.plain)}${kb(sizes.br)}${kb(sizes.gz)}  ${name}`);

console.log("     plain    brotli      gzip");
for (const file of files) {
  const content = readFileSync(file);
  const sizes = { plain: content.length };
  for (const [name, compress] of Object.entries(encodings)) {
    const compressed = compress(content);
    const pays = compressed.length < content.length;
    sizes[name] = pays ? compressed.length : content.length;
    if (pays) writeFileSync(`${file}.${name}`, compressed);
  }
  for (const name of Object.keys(total)) total[name] += sizes[name];
  line(sizes, relative(dist, file));
}
line(total, "first load");
// Every file is needed on the first visit; gzip is what the least capable client gets.
if (total.gz > FIRST_LOAD_LIMIT_KB * 1000) {
  console.error(`The first load is over ${FIRST_LOAD_LIMIT_KB} kB.`);
  process.exit(1);
}
