// Loads one generated module after the other, as node would from /tree/web/dist, and says what it exports.
//
// One question a line, and one answer: the text of a module as JSON; { apps, deploy, default }, or { error }. The first line
// says what the environment is, and what stands in every env file. Modules are made with node:vm, as those of `import` stay in
// memory for good.
import { createInterface } from "node:readline";
import { SourceTextModule, SyntheticModule } from "node:vm";
import * as path from "node:path";
import * as url from "node:url";
import * as util from "node:util";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { environment, envFile } = JSON.parse((await lines.next()).value);
for (const name of Object.keys(process.env)) delete process.env[name];
Object.assign(process.env, environment);

function readFileSync(path) {
  if (path.endsWith(".env")) return envFile;
  throw Object.assign(new Error("ENOENT: no such file"), { code: "ENOENT" });
}

const known = { "node:fs": { readFileSync }, "node:path": path, "node:url": url, "node:util": util };

async function linked(name) {
  if (!Object.hasOwn(known, name)) throw new Error(`it imports ${name}`);
  const names = Object.keys(known[name]);
  const module = new SyntheticModule(names, () => names.forEach((it) => module.setExport(it, known[name][it])));
  return module;
}

async function answer(text) {
  const module = new SourceTextModule(text, {
    initializeImportMeta: (meta) => { meta.url = "file:///tree/web/dist/ecosystem.config.mjs"; },
    importModuleDynamically: (name) => { throw new Error(`it imports ${name}`); },
  });
  await module.link(linked);
  await module.evaluate({ timeout: 5000 });
  return { ...module.namespace };
}

for await (const line of lines) {
  const said = await answer(JSON.parse(line)).catch((error) => ({ error: `${error}` }));
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
