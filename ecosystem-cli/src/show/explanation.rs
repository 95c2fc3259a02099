//! The long text of a diagnostic, for a terminal and for others.

use ecosystem_core::explain::Explanation;
use serde_json::{Value as Json, json};

use super::style;

/// How wide a paragraph is at a terminal.
const WIDTH: usize = 90;

/// With a heading in the colour of how bad it is.
pub(crate) fn styled(it: &Explanation) -> String {
    let (style, heading) = (if is_error(it) { style::ERROR } else { style::WARNING }, style::HEADING);
    let Explanation { code, meaning, .. } = it;
    format!("{style}{}[{code}]{style:#}{heading}: {meaning}{heading:#}\n\n{}", severity(it), plain(it))
}

/// The text and both examples, without marks.
pub(crate) fn plain(it: &Explanation) -> String {
    let paragraphs: Vec<String> = it.text.split("\n\n").map(|text| wrapped(text, WIDTH)).collect();
    let (text, wrong, right) =
        (paragraphs.join("\n\n"), indented(it.wrong.text()), indented(it.right.text()));
    format!("{text}\n\nWrong:\n\n{wrong}\nRight:\n\n{right}")
}

/// The same as Markdown.
pub(crate) fn markdown(it: &Explanation) -> String {
    let fenced = |text: &str| format!("```\n{text}\n```");
    let (wrong, right) = (fenced(it.wrong.text()), fenced(it.right.text()));
    format!("{}\n\nWrong:\n\n{wrong}\n\nRight:\n\n{right}", it.text)
}

pub(crate) fn json(it: &Explanation) -> Json {
    json!({
        "code": it.code,
        "severity": severity(it),
        "meaning": it.meaning,
        "text": it.text,
        "wrong": it.wrong.text(),
        "right": it.right.text(),
    })
}

fn is_error(it: &Explanation) -> bool {
    it.code.starts_with('E')
}

fn severity(it: &Explanation) -> &'static str {
    if is_error(it) { "error" } else { "warning" }
}

fn wrapped(text: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}
