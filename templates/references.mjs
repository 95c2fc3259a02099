// Looks up what only the environment tells. No message shows what is found there.
function references(app, variables) {
  const fail = (why) => {
    throw new Error(`app ${app}: ${why}`);
  };
  const missing = (names) =>
    names.length === 1
      ? `the variable ${names[0]}, which is not set`
      : `one of the variables ${names.join(", ")}, of which none is set`;
  const fit = (key, names, value, expected) => {
    if (value !== undefined) return value;
    const from = names.length === 0 ? "" : ` (from ${names.join(", ")})`;
    return fail(`${key} comes to something that is not ${expected}${from}`);
  };
  const text = (value) => (typeof value === "string" && value !== "" ? value : undefined);
  const flag = (value) => (value === true || value === "true" ? true : value === false || value === "false" ? false : undefined);
  const integer = (value) => {
    const number = typeof value === "string" ? (/^[+-]?[0-9]+$/.test(value) ? Number(value) : NaN) : value;
    return Number.isSafeInteger(number) ? number : undefined;
  };
  const number = (value, min, max, units) => {
    const unit = typeof value === "string" ? Object.keys(units).find((unit) => value.endsWith(unit)) : undefined;
    const count = integer(unit === undefined ? value : value.slice(0, -1));
    const scaled = count === undefined ? NaN : count * (units[unit] ?? 1);
    return Number.isSafeInteger(scaled) && scaled >= min && scaled <= max ? scaled : undefined;
  };
  const double = (value) =>
    /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(value) && Number.isFinite(Number(value)) ? Number(value) : undefined;
  const instances = (value) => {
    const count = value === "max" ? 0 : number(value, -10000, 10000, {});
    return count === 0 ? "max" : count;
  };
  const watch = (value) => {
    if (Array.isArray(value)) return value.every((path) => text(path) !== undefined) ? value : undefined;
    return flag(value) ?? (text(value) === undefined ? undefined : [value]);
  };
  const most = Number.MAX_SAFE_INTEGER;
  return {
    variable: (name) => (Object.hasOwn(variables, name) ? variables[name] : null),
    given: (key, names, value) => value ?? fail(`${key} needs ${missing(names)}`),
    or(...choices) {
      let value = null;
      for (const choice of choices) {
        value = choice();
        if (value !== null && value !== false) break;
      }
      return value;
    },
    join: (...parts) => parts.map(String).join(""),
    boolean: (value) => value !== null && String(value).toLowerCase() === "true",
    long: (key, names, value) => fit(key, names, integer(String(value)), "an integer"),
    double: (key, names, value) => fit(key, names, double(String(value)), "a number"),
    text: (key, names, value) => fit(key, names, text(value), "a text that is not empty"),
    flag: (key, names, value) => fit(key, names, flag(value), "true or false"),
    integer: (key, names, value, min) => fit(key, names, number(value, min, most, {}), "a number that it takes"),
    duration: (key, names, value, min) =>
      fit(key, names, number(value, min, most, { s: 1000, m: 60000, h: 3600000 }), "a duration that it takes"),
    size: (key, names, value) =>
      fit(key, names, number(value, 0, most, { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }), "a size that it takes"),
    port: (key, names, value) => fit(key, names, number(value, 1, 65535, {}), "a port"),
    instances: (key, names, value) => fit(key, names, instances(value), 'a number of processes, or "max"'),
    words: (values) => values.map(String),
    flagOrText: (key, names, value) => fit(key, names, flag(value) ?? text(value), "a text, true or false"),
    watch: (key, names, value) => fit(key, names, watch(value), "true or false, a path, or paths"),
  };
}
