// Judges the licences, sources and versions of all crates by the lists of a deny.toml.
//
// Usage: cargo metadata --locked --all-features --format-version 1 | node supply-chain.mjs deny.toml
import { readFileSync } from "node:fs";

/** The texts of a list in a section of TOML as simple as that of deny.toml. */
function list(toml, section, key) {
  const body = toml.split(/^\[/m).find((part) => part.startsWith(`${section}]`)) ?? "";
  const found = body.replace(/#.*$/gm, "").match(new RegExp(`^${key} = \\[([^\\]]*)\\]`, "m"));
  if (!found) throw new Error(`deny.toml has no ${section}.${key}`);
  return [...found[1].matchAll(/"([^"]*)"/g)].map(([, text]) => text);
}

/** Whether an SPDX expression is met by these licences; "/" is how older crates wrote OR. Those that met it are noted. */
function isMet(expression, allowed, used) {
  const words = expression.replaceAll("/", " OR ").match(/[()]|[^\s()]+/g) ?? [];
  const one = () => {
    let word = words.shift();
    if (word === "(") {
      const inner = any();
      return words.shift() === ")" && inner;
    }
    if (words[0] === "WITH") word = `${word} WITH ${words.splice(0, 2)[1]}`;
    if (allowed.includes(word)) used.add(word);
    return allowed.includes(word);
  };
  const operator = (next, word, join) => () => {
    let met = next();
    while (words[0] === word) {
      words.shift();
      met = join(next(), met);
    }
    return met;
  };
  const all = operator(one, "AND", (a, b) => a && b);
  const any = operator(all, "OR", (a, b) => a || b);
  return any() && words.length === 0;
}

/** Everything that is wrong with these packages. */
function complaints(packages, { licences, registries }) {
  const used = new Set();
  const wrong = packages.flatMap(({ name, version, license, source, dependencies }) => {
    const of = `${name} ${version}`;
    const found = [];
    if (!isMet(license ?? "none", licences, used)) found.push(`${of}: the licence ${license} is not allowed`);
    const from = source?.startsWith("registry+") && registries.includes(source.slice("registry+".length));
    if (source !== null && !from) found.push(`${of}: it comes from ${source}`);
    const any = source === null ? dependencies.filter(({ req, path }) => req === "*" && !path) : [];
    return found.concat(any.map((dependency) => `${of}: any version of ${dependency.name} would do`));
  });
  const idle = licences.filter((licence) => !used.has(licence));
  return wrong.concat(idle.map((licence) => `no crate needs the licence ${licence}`));
}

/** A gate that nobody has seen closed proves nothing: each kind of crate that it is there for must be refused. */
function proveThatItCloses(packages, rules) {
  const good = packages.find(({ source }) => source !== null);
  const own = packages.find(({ source }) => source === null);
  const strangers = [
    { ...good, license: "GPL-3.0-only" },
    { ...good, license: "MIT AND GPL-3.0-only" },
    { ...good, license: "(MIT OR Apache-2.0) AND SSPL-1.0" },
    { ...good, license: "Apache-2.0 WITH Unheard-of-exception" },
    { ...good, license: null },
    { ...good, source: "git+https://example.org/crate#1234" },
    { ...good, source: "registry+https://example.org/index" },
    { ...own, dependencies: [{ name: "anything", req: "*" }] },
  ];
  for (const stranger of strangers) {
    if (complaints([...packages, stranger], rules).length !== 1) {
      throw new Error(`it lets through ${JSON.stringify(stranger)}`);
    }
  }
}

const toml = readFileSync(process.argv[2], "utf8");
const rules = { licences: list(toml, "licenses", "allow"), registries: list(toml, "sources", "allow-registry") };
const { packages } = JSON.parse(readFileSync(0, "utf8"));
const wrong = complaints(packages, rules);
if (wrong.length > 0) {
  console.error(wrong.join("\n"));
  process.exit(1);
}
proveThatItCloses(packages, rules);
console.log(`${packages.length} crates: licences, sources and versions are as deny.toml wants them`);
