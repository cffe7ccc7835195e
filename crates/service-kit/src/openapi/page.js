"use strict";
// Shows openapi.json. Everything in it becomes text, never markup.

const METHODS = ["get", "post", "put", "patch", "delete"];

function element(name, ...children) {
  const made = document.createElement(name);
  made.append(...children.filter((child) => child !== undefined && child !== null && child !== ""));
  return made;
}

function quiet(text) {
  const made = element("p", text);
  made.className = "quiet";
  return made;
}

function resolve(api, schema) {
  let found = schema;
  for (let steps = 0; found && found.$ref && steps < 10; steps += 1) {
    found = found.$ref.split("/").slice(1).reduce((part, name) => part && part[name], api);
  }
  return found || {};
}

// An example of what a schema describes.
function example(api, schema, depth = 0) {
  const known = resolve(api, schema);
  if (known.example !== undefined) return known.example;
  if (known.examples && known.examples.length) return known.examples[0];
  if (known.enum) return known.enum[0];
  if (known.const !== undefined) return known.const;
  if (depth > 8) return "…";
  const choice = known.oneOf || known.anyOf;
  if (choice) {
    const solid = choice.find((part) => part.type !== "null") || choice[0];
    return example(api, solid, depth + 1);
  }
  if (known.allOf) return Object.assign({}, ...known.allOf.map((part) => example(api, part, depth + 1)));
  const type = Array.isArray(known.type) ? known.type.find((name) => name !== "null") : known.type;
  if (type === "array") return [example(api, known.items || {}, depth + 1)];
  if (type === "object" || known.properties) {
    const fields = Object.entries(known.properties || {});
    return Object.fromEntries(fields.map(([name, field]) => [name, example(api, field, depth + 1)]));
  }
  if (type === "boolean") return true;
  if (type === "integer" || type === "number") return 1;
  return known.format ? `<${known.format}>` : "text";
}

function shown(api, content) {
  return Object.entries(content || {}).map(([kind, { schema, example: given }]) => {
    const value = given !== undefined ? given : example(api, schema || {});
    const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
    return element("div", quiet(kind), element("pre", text));
  });
}

function table(titles, rows) {
  const head = element("tr", ...titles.map((title) => element("th", title)));
  const body = rows.map((cells) => element("tr", ...cells.map((cell) => element("td", cell))));
  return element("table", element("thead", head), element("tbody", ...body));
}

function operation(api, path, method, described) {
  const summary = element("summary", element("b", method), " ", element("code", path), " ",
    element("span", described.summary || ""));
  const security = described.security || api.security || [];
  const tokens = security.flatMap((one) => Object.keys(one));
  const made = element("details", summary, described.description && element("p", described.description));
  made.append(quiet(tokens.length ? `Needs a token: ${tokens.join(" or ")}.` : "Needs no token."));
  const parameters = (described.parameters || []).map((one) => resolve(api, one));
  if (parameters.length) {
    made.append(element("h3", "Parameters"), table(["Name", "In", "Meaning"], parameters.map((one) =>
      [element("code", one.name), one.in, `${one.description || ""}${one.required ? " (required)" : ""}`])));
  }
  if (described.requestBody) {
    made.append(element("h3", "Body"), ...shown(api, resolve(api, described.requestBody).content));
  }
  const answers = Object.entries(described.responses || {}).map(([status, one]) => {
    const answer = resolve(api, one);
    return [element("code", status), element("div", answer.description || "", ...shown(api, answer.content))];
  });
  made.append(element("h3", "Answers"), table(["Status", "Meaning"], answers));
  return made;
}

async function show() {
  const page = document.getElementById("page");
  try {
    const api = await (await fetch("openapi.json")).json();
    document.title = api.info.title;
    const operations = Object.entries(api.paths || {}).flatMap(([path, methods]) =>
      METHODS.filter((method) => methods[method]).map((method) => operation(api, path, method, methods[method])));
    const source = element("a", "openapi.json");
    source.href = "openapi.json";
    page.replaceChildren(element("h1", api.info.title), quiet(`Version ${api.info.version}`),
      element("p", api.info.description || ""), ...operations, element("p", "For programs: ", source));
  } catch (error) {
    page.replaceChildren(element("p", `The description cannot be read: ${error}`));
  }
}

show();
