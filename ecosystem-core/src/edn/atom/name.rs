//! Symbols, keywords, tags and namespaces of maps, by the rules of `clojure.edn` 1.11.1.

use crate::diagnostic::Span;
use crate::edn::chars::{self, PLAIN};
use crate::edn::report::{Problem, Refusal, shown};
use crate::edn::{Name, codes};

pub(super) fn keyword(text: &str, span: Span) -> Result<Name, Refusal> {
    let body = text.get(1..).unwrap_or_default();
    if body.starts_with(':') {
        return Err(auto_resolved(text, body, span));
    }
    split(body).map_err(|reason| {
        let (label, hint) = match body {
            "" => (
                "expected a name behind the colon",
                "write `:name`; if this is JSON's colon between key and value: EDN has none, `{\"key\" value}`",
            ),
            _ => (reason, "write `:name` or `:namespace/name`; for free text use a string"),
        };
        let message = format!("`{}` is no keyword", shown(text));
        Problem::new(codes::BAD_KEYWORD, span, message, label, hint)
    })
}

fn auto_resolved(text: &str, body: &str, span: Span) -> Refusal {
    let plain = body.trim_start_matches(':');
    Problem::new(
        codes::AUTO_RESOLVED_KEYWORD,
        span,
        format!("`{}` is resolved by a Clojure program, and here is none", shown(text)),
        "two colons ask for the namespace of the program that reads it",
        format!("write `:{0}`, or name the namespace: `:namespace/{0}`", shown(plain)),
    )
}

pub(super) fn symbol(text: &str, span: Span) -> Result<Name, Refusal> {
    split(text).map_err(|reason| {
        let hint = "write `name` or `namespace/name`; a path or other text goes into a string: `\"…\"`";
        Problem::new(codes::BAD_SYMBOL, span, format!("`{}` is no symbol", shown(text)), reason, hint)
    })
}

pub(super) fn tag(text: &str, span: Span) -> Result<Name, Refusal> {
    let body = text.get(1..).unwrap_or_default();
    let name = match body {
        "nil" | "true" | "false" => Err("this word is a value, not a name"),
        _ => split(body),
    };
    name.map_err(|reason| {
        let hint = "write `#name form` or `#namespace/name form`, or remove the tag";
        Problem::new(codes::BAD_TAG, span, format!("`{}` is no tag", shown(text)), reason, hint)
    })
}

/// Reads `#:ns`: a name without namespace of its own.
pub(in crate::edn) fn namespace(text: &str, span: Span) -> Result<String, Refusal> {
    let body = text.get(2..).unwrap_or_default();
    let reason = match (body, split(body)) {
        ("", _) => "expected a namespace behind the colon",
        ("nil" | "true" | "false", _) => "this word is a value, not a name",
        (_, Ok(Name { namespace: None, name })) if !begins_with_digit(body) => return Ok(name),
        _ if body.starts_with(':') => "two colons ask for the namespace of the program that reads it",
        _ => "a namespace is a plain name",
    };
    let hint = "write `#:namespace{:key value}`, or write the namespace at each key";
    Err(Problem::new(
        codes::BAD_NAMESPACED_MAP,
        span,
        format!("`{}` names no namespace", shown(text)),
        reason,
        hint,
    ))
}

fn begins_with_digit(text: &str) -> bool {
    text.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
}

/// Splits a name at its first slash, or says what is wrong with it.
///
/// Clojure checks by a pattern that looks for the last slash and then splits at the first: `a/b/c` is `b/c` in `a`.
fn split(body: &str) -> Result<Name, &'static str> {
    if !body.is_empty() && body.bytes().all(|byte| chars::is(byte, PLAIN)) {
        return Ok(Name { namespace: None, name: body.to_owned() });
    }
    check_characters(body)?;
    let Some(last) = body.bytes().rposition(|byte| byte == b'/').filter(|_| body != "/") else {
        return Ok(Name { namespace: None, name: body.to_owned() });
    };
    check_slashes(body, last)?;
    let (namespace, name) = body.split_once('/').unwrap_or(("", body));
    Ok(Name { namespace: Some(namespace.to_owned()), name: name.to_owned() })
}

fn check_characters(body: &str) -> Result<(), &'static str> {
    let mut before = b':';
    for byte in body.bytes() {
        match byte {
            b'@' | b'~' | b'`' => return Err("`@`, `~` and backquotes cannot be in a name"),
            b':' if before == b':' => {
                return Err("a colon may stand alone inside of a name, not doubled or first");
            }
            _ => before = byte,
        }
    }
    match body.chars().next() {
        None => Err("expected a name"),
        Some(first) if !first.is_ascii() && first.is_numeric() => Err("a name cannot begin with a digit"),
        Some(_) if before == b':' => Err("a name cannot end with a colon"),
        Some(_) => Ok(()),
    }
}

/// `last` is where the last slash is; a name that is a slash itself (`a//`) ends with two.
fn check_slashes(body: &str, last: usize) -> Result<(), &'static str> {
    let (namespace, name) = match body.strip_suffix("//") {
        Some(namespace) => (namespace, "/"),
        None => (body.get(..last).unwrap_or_default(), body.get(last + 1..).unwrap_or_default()),
    };
    if namespace.is_empty() || namespace.starts_with('/') {
        Err("expected a namespace before the slash")
    } else if name.is_empty() {
        Err("expected a name behind the slash")
    } else if begins_with_digit(name) {
        Err("what follows the slash cannot begin with a digit")
    } else if namespace.ends_with(':') {
        Err("a namespace cannot end with a colon")
    } else {
        Ok(())
    }
}
