// Writes src/feed/interface.ts from the feed's OpenAPI document; with --check, fails if the file is out of date.
import { readFileSync, writeFileSync } from "node:fs";
import { compile } from "json-schema-to-typescript";
import { format, resolveConfig } from "prettier";

const document = new URL("../../openapi.json", import.meta.url);
const file = new URL("../src/feed/interface.ts", import.meta.url);

const { schemas } = JSON.parse(readFileSync(document, "utf8")).components;
const definitions = JSON.stringify(schemas).replaceAll("#/components/schemas/", "#/$defs/");
// The root names what the page reads; the rest follows from it.
const root = {
  type: "object",
  properties: { elections: { $ref: "#/$defs/ElectionList" }, result: { $ref: "#/$defs/Result" } },
  required: ["elections", "result"],
  $defs: JSON.parse(definitions),
};
const types = await compile(root, "Interface", {
  additionalProperties: false,
  bannerComment: "// Generated from openapi.json by `npm run interface`.",
  format: false,
});
const options = await resolveConfig(file.pathname);
const text = await format(types, { ...options, parser: "typescript" });

if (!process.argv.includes("--check")) {
  writeFileSync(file, text);
} else if (readFileSync(file, "utf8") !== text) {
  console.error("src/feed/interface.ts is out of date: run `npm run interface` and commit it.");
  process.exit(1);
}
