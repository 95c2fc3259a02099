//! Env files, read exactly as node reads them.

use std::collections::BTreeMap;

/// The variables of an env file, as `util.parseEnv` of node 20.20.2 reads them.
///
/// The generated file leaves the reading to node, so an app started from it by hand and one started natively
/// get the same variables. That takes over the oddities of node 20: a line without `=` becomes part of the
/// next line's name, a line with nothing before its `=` ends the reading, and a quote that is never closed on
/// the last line loses its variable. Node 22 and 24 have others: `A= ` takes the next line for its value, and
/// `export A=` keeps its `export`. On well-formed texts all agree. Total: there are no errors.
///
/// Source: `src/node_dotenv.cc` of node, and a test that compares with the real one.
#[must_use]
pub fn parse(text: &str) -> BTreeMap<String, String> {
    let text = text.replace('\r', "");
    let mut variables = BTreeMap::new();
    let mut rest = trim(&text);
    while !rest.is_empty() {
        let Some(step) = step(rest) else { break };
        if let Some((name, value)) = step.variable {
            variables.insert(name, value);
        }
        rest = step.rest;
    }
    // Node assigns to an object, where this name sets no property.
    variables.remove("__proto__");
    variables
}

/// What one turn of the reading finds, and what it leaves.
struct Step<'a> {
    variable: Option<(String, String)>,
    rest: &'a str,
}

/// `None` ends the reading.
fn step(text: &str) -> Option<Step<'_>> {
    if text.starts_with(['\n', '#'])
        && let Some((_, rest)) = text.split_once('\n')
    {
        return Some(Step { variable: None, rest });
    }
    // Node goes on line by line where there is no `=` any more; nothing can come of that but time.
    let (name, rest) = text.split_once('=')?;
    let name = trim(name);
    if name.is_empty() {
        return None;
    }
    let name = name.strip_prefix("export ").unwrap_or(name);
    let (value, rest) = value(trim(rest));
    Some(Step { variable: value.map(|value| (name.to_owned(), value)), rest })
}

/// The value that a text begins with, and what follows it.
fn value(text: &str) -> (Option<String>, &str) {
    let Some(quote) = text.chars().next().filter(|first| ['"', '\'', '`'].contains(first)) else {
        return (Some(unquoted(text)), after_line(text));
    };
    match text.split_at(1).1.split_once(quote) {
        Some((inner, rest)) if quote == '"' => (Some(inner.replace("\\n", "\n")), after_line(rest)),
        Some((inner, rest)) => (Some(inner.to_owned()), after_line(rest)),
        None => unclosed(text),
    }
}

/// A quote that is never closed counts as part of a value of one line; on the last line node drops the
/// variable and goes on reading at the quote.
fn unclosed(text: &str) -> (Option<String>, &str) {
    match text.split_once('\n') {
        Some((line, rest)) => (Some(line.to_owned()), rest),
        None => (None, text),
    }
}

fn unquoted(text: &str) -> String {
    let line = text.split('\n').next().unwrap_or_default();
    trim(line.split('#').next().unwrap_or_default()).to_owned()
}

fn after_line(text: &str) -> &str {
    text.split_once('\n').map_or("", |(_, rest)| rest)
}

/// Without spaces at both ends; tabs stay.
fn trim(text: &str) -> &str {
    text.trim_matches(' ')
}

#[cfg(test)]
mod tests;
