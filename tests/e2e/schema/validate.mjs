// Every example of conf/ against the schemas in schemas/, with a stranger's validator; and a few mistakes, so that a
// schema that takes everything is found out. Usage: node validate.mjs ROOT NODE_MODULES
import { createRequire } from "node:module";
import { readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";

const [root, modules] = process.argv.slice(2);
const need = createRequire(path.join(path.resolve(modules), "x.js"));
const Ajv = need("ajv/dist/2020").default;
const YAML = need("yaml");

const ajv = new Ajv({ strict: false, allErrors: true });
const schema = (name) => ajv.compile(JSON.parse(readFileSync(`${root}/schemas/${name}.schema.json`, "utf8")));
const schemas = { channels: schema("channel"), blocks: schema("block"), maps: schema("overlay"), connections: schema("connections") };

const files = (folder) =>
  readdirSync(folder).flatMap((name) => {
    const file = path.join(folder, name);
    return statSync(file).isDirectory() ? files(file) : file.endsWith(".yaml") ? [file] : [];
  });
const kindOf = (file) =>
  path.basename(file) === "connections.yaml" ? "connections" : path.basename(path.dirname(file));

let failed = 0;
const say = (text) => {
  failed += 1;
  console.error(text);
};

let checked = 0;
for (const file of files(`${root}/conf`)) {
  const validate = file.endsWith(".test.yaml") ? undefined : schemas[kindOf(file)];
  if (!validate) continue;
  checked += 1;
  if (!validate(YAML.parse(readFileSync(file, "utf8"))))
    for (const error of validate.errors.slice(0, 5)) say(`${file}: ${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`);
}

const channel = (change) => ({ channel: "x", source: "a", routes: { lab: { to: "b" } }, ...change });
const mistakes = {
  "an unknown key of a channel": channel({ soruce: "a" }),
  "a channel without routes": { channel: "x", source: "a" },
  "an unknown step": channel({ steps: [{ delte: ["ZPI"] }] }),
  "a step of accept in the steps": channel({ steps: [{ reject: "no" }] }),
  "two steps in one item": channel({ steps: [{ drop: "no", park: "no" }] }),
  "an item without a step": channel({ steps: [{ note: "nothing" }] }),
  "a map without unmapped": channel({ steps: [{ map: { field: "PID-8", table: "sex" } }] }),
  "a state that is none": channel({ state: "puased" }),
  "an unknown key of a route": channel({ routes: { lab: { to: "b", odrer: "fifo" } } }),
  "an unknown kind of connection": channel({ source: { mlpp: { listen: "127.0.0.1:1" } } }),
  "a test without a message": channel({ tests: [{ it: "is so", expect: {} }] }),
};
for (const [what, document] of Object.entries(mistakes)) if (schemas.channels(document)) say(`the schema takes ${what}`);
if (!schemas.channels(channel({}))) say("the schema refuses the smallest channel");

console.log(`${checked} files, ${Object.keys(mistakes).length} mistakes, ${failed} failed`);
process.exit(failed ? 1 : 0);
