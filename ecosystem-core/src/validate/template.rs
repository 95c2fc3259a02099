//! `${NAME}` and `${NAME:-default}` inside texts, as shells have them; `$${` is a literal `${`.

use crate::model::{EnvValue, Reference};

/// How deep defaults may hold defaults.
const MAX_DEPTH: usize = 32;

/// What a text with references is made from, in a row; one known part where there are none.
///
/// # Errors
/// What is wrong with a `${`.
pub(super) fn parse(text: &str) -> Result<Vec<Reference>, &'static str> {
    let (parts, rest) = parts(text, 0)?;
    if rest.is_empty() { Ok(parts) } else { Err("has a } too many") }
}

/// Several parts as one reference.
pub(super) fn joined(mut parts: Vec<Reference>) -> Reference {
    match parts.len() {
        0 => known(String::new()),
        1 => parts.swap_remove(0),
        _ => Reference::Join(parts),
    }
}

/// Reads parts to the end, or within a default to its closing brace, and gives what follows.
fn parts(text: &str, depth: usize) -> Result<(Vec<Reference>, &str), &'static str> {
    let (mut parts, mut literal, mut rest) = (Vec::new(), String::new(), text);
    while let Some(next) = rest.chars().next() {
        if depth > 0 && next == '}' {
            break;
        }
        if let Some(behind) = rest.strip_prefix("$${") {
            literal.push_str("${");
            rest = behind;
        } else if let Some(behind) = rest.strip_prefix("${") {
            push(&mut parts, &mut literal);
            let (reference, behind) = reference(behind, depth)?;
            parts.push(reference);
            rest = behind;
        } else {
            literal.push(next);
            rest = rest.get(next.len_utf8()..).unwrap_or_default();
        }
    }
    push(&mut parts, &mut literal);
    Ok((parts, rest))
}

fn push(parts: &mut Vec<Reference>, literal: &mut String) {
    if !literal.is_empty() {
        parts.push(known(std::mem::take(literal)));
    }
}

fn known(text: String) -> Reference {
    Reference::Known(EnvValue::Text(text))
}

/// What stands behind `${`, and what follows its brace.
fn reference(text: &str, depth: usize) -> Result<(Reference, &str), &'static str> {
    let end =
        text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).ok_or("has a ${ without its }")?;
    let (name, rest) = text.split_at(end);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err("has a ${ without the name of a variable");
    }
    if let Some(rest) = rest.strip_prefix('}') {
        return Ok((Reference::Variable(name.to_owned()), rest));
    }
    let Some(rest) = rest.strip_prefix(":-") else {
        return Err("has something else in ${…} than NAME or NAME:-default");
    };
    if depth >= MAX_DEPTH {
        return Err("has defaults within defaults, too deep");
    }
    let (default, rest) = parts(rest, depth + 1)?;
    let rest = rest.strip_prefix('}').ok_or("has a ${ without its }")?;
    Ok((Reference::Filled(name.to_owned(), Box::new(joined(default))), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_found_as_shells_find_them() {
        let check = |text: &str, expected: &str| {
            let found = parse(text).map_or_else(|why| format!("it {why}"), |parts| shown(&joined(parts)));
            assert_eq!(found, expected, "{text}");
        };
        check("", "''");
        check("plain $HOME $$ {x} }", "'plain $HOME $$ {x} }'");
        check("${A}", "A");
        check("a${A}b${B}", "'a'+A+'b'+B");
        check("${A:-}", "(A|'')");
        check("${A:-x y}", "(A|'x y')");
        check("${A:-${B:-${C}}}z", "(A|(B|C))+'z'");
        check("${A:-http://${B}/}", "(A|'http://'+B+'/')");
        check("$${A}", "'${A}'");
        check("$$${A}", "'$${A}'");
        check("${A:-$${x}", "(A|'${x')");
        check("${A", "it has a ${ without its }");
        check("${A:-x", "it has a ${ without its }");
        check("${A:-${B:-}", "it has a ${ without its }");
        check("${}", "it has a ${ without the name of a variable");
        check("${1}", "it has a ${ without the name of a variable");
        check("${A-x}", "it has something else in ${…} than NAME or NAME:-default");
        check("${A:?x}", "it has something else in ${…} than NAME or NAME:-default");
        check(&"${A:-".repeat(100), "it has defaults within defaults, too deep");
    }

    fn shown(reference: &Reference) -> String {
        match reference {
            Reference::Known(value) => format!("'{}'", value.to_text()),
            Reference::Variable(name) => name.clone(),
            Reference::Filled(name, other) => format!("({name}|{})", shown(other)),
            Reference::Join(parts) => parts.iter().map(shown).collect::<Vec<_>>().join("+"),
            other => format!("{other:?}"),
        }
    }
}
