// The document of script/sbom.
import { crates, own, packages } from "./supply.mjs";

const licences = (expression) => (expression ? [{ expression: expression.replaceAll(/\s*\/\s*/g, " OR ") }] : []);
const crate = ({ name, version, license }) => ({
  type: "library",
  "bom-ref": `pkg:cargo/${name}@${version}`,
  name,
  version,
  purl: `pkg:cargo/${name}@${version}`,
  licenses: licences(license),
});
const npm = ({ name, version, license, dev, integrity }) => ({
  type: "library",
  "bom-ref": `pkg:npm/${name.replace("@", "%40")}@${version}`,
  name,
  version,
  purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
  scope: dev ? "excluded" : "required",
  licenses: licences(license),
  hashes: [{ alg: "SHA-512", content: Buffer.from(integrity.slice("sha512-".length), "base64").toString("hex") }],
});
const components = [...crates.map(crate), ...packages.map(npm)];
const once = new Map(components.map((it) => [it["bom-ref"], it]));
const sbom = {
  bomFormat: "CycloneDX",
  specVersion: "1.6",
  version: 1,
  metadata: { component: { type: "application", "bom-ref": "urna", name: "urna", version: own[0].version } },
  components: [...once.values()],
};
console.log(JSON.stringify(sbom, null, 2));
