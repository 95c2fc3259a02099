// Evaluates a config file of PM2's as PM2 does, and writes what it comes to as JSON: evaluate(FILE, RESULT, PM2).
//
// What JSON cannot hold is left out and named with its place, and so is every variable that the file asks for and that is
// not set. Nothing is read from what the file prints.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const { createRequire } = require('node:module');
const { pathToFileURL } = require('node:url');

const [file, result, pm2] = process.argv.slice(-3);
const write = fs.writeFileSync, exit = process.exit, stringify = JSON.stringify;
const unset = new Set();
process.env = new Proxy(process.env, {
  get(env, name) {
    if (typeof name === 'string' && !(name in env)) unset.add(name);
    return env[name];
  },
});

async function load() {
  if (/\.ya?ml$/.test(file)) return yaml().load(fs.readFileSync(file, 'utf8'));
  // PM2 takes JSON for an expression of JavaScript: comments, quotes and trailing commas are as there.
  if (file.endsWith('.json')) return vm.runInThisContext(`(${fs.readFileSync(file, 'utf8')}\n)`, { filename: file });
  if (!file.endsWith('.mjs')) {
    try {
      return createRequire(file)(file);
    } catch (error) {
      if (error.code !== 'ERR_REQUIRE_ESM') throw error;
    }
  }
  const module = await import(pathToFileURL(file));
  return module.apps === undefined ? (module['module.exports'] ?? module.default) : { ...module };
}

function yaml() {
  for (const from of [pm2 && fs.realpathSync(pm2), file].filter(Boolean)) {
    try {
      return createRequire(path.resolve(from))('js-yaml');
    } catch {
      // Not beside this one.
    }
  }
  throw new Error('the js-yaml that PM2 reads it with is not found beside a pm2 program: name one with --pm2, or convert the file to JSON');
}

const odd = [];
function plain(value, at, above) {
  const leave = (kind) => void odd.push({ path: at, kind });
  switch (typeof value) {
    case 'string': case 'boolean': return value;
    case 'number': return Number.isFinite(value) ? value : leave('no number that JSON can hold');
    case 'undefined': return leave('undefined');
    case 'function': return leave('a function');
    case 'bigint': return leave('a BigInt');
    case 'symbol': return leave('a symbol');
  }
  if (value === null) return null;
  if (above.includes(value)) return leave('part of itself');
  if (value instanceof RegExp) return leave('a regular expression');
  if (value instanceof Map || value instanceof Set) return leave('a Map or Set');
  if (typeof value.toJSON === 'function') return plain(value.toJSON(), at, [...above, value]);
  const inside = [...above, value];
  if (Array.isArray(value)) {
    return value.map((item, index) => plain(item, [...at, String(index)], inside)).filter((item) => item !== undefined);
  }
  const members = Object.keys(value).map((key) => [key, plain(value[key], [...at, key], inside)]);
  return Object.fromEntries(members.filter(([, member]) => member !== undefined));
}

load().then(
  (value) => {
    const data = plain(value, [], []);
    write(result, stringify({ value: data === undefined ? null : data, odd, unset: [...unset] }));
    exit(0);
  },
  (error) => {
    write(result, stringify({ failed: String((error && error.message) || error) }));
    exit(1);
  },
);
