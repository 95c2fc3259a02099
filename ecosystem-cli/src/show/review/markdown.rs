//! A review as the comment on a pull request.
//!
//! Whoever opens one chooses names and values; so none of them may become a heading, a link, a mention or the end of a
//! block. Each stands in a code span or a fence that is longer than any run of backticks in it: nothing is read in
//! there. Escaping alone would not do, as GitHub finds links and mentions in text when the escapes are gone.

use std::fmt::Write as _;

use ecosystem_core::diagnostic::{Diagnostic, Source};
use ecosystem_core::review::AppChange;

use super::lines::hunks;
use super::{Compared, Section};
use crate::show::{printable, printable_line};

/// The first line: by it a job finds the comment that it made before.
pub(super) const MARK: &str = "<!-- ecosystem-cli diff -->";

/// GitHub takes comments of up to 65536 characters.
const MOST_BYTES: usize = 60_000;
/// Of these, the table of steps may take so many, so that there is room for some diffs.
const MOST_OF_TABLE: usize = 24_000;
/// And a table of problems.
const MOST_OF_PROBLEMS: usize = 10_000;
/// The longest value or line that is shown whole.
const MOST_CHARS: usize = 400;

/// The whole comment.
pub(crate) fn markdown(compared: &Compared) -> String {
    let (base, head) = (compared.base.shown(), compared.head.shown());
    let mut text = format!("{MARK}\n### Daemons: {}\n\n", compared.counts());
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{} from {} to {}", code(&compared.tree()), code(&base), code(&head));
    let mut cut = Vec::new();
    problems(compared, &mut text, &mut cut);
    steps(compared, &mut text, &mut cut);
    let notes = notes(compared);
    diffs(compared, MOST_BYTES.saturating_sub(notes.len()), &mut text, &mut cut);
    for what in &cut {
        let _ = write!(text, "\n**Cut:** {what}. `ecosystem-cli diff` shows all.\n");
    }
    text.push_str(&notes);
    text
}

/// Puts rows into a table for as long as there is room; says how many there was none for.
fn table(heading: &str, rows: Vec<String>, room: usize, text: &mut String) -> usize {
    let (count, mut taken) = (rows.len(), 0);
    let end = text.len() + room;
    let _ = write!(text, "\n{heading}\n");
    for row in rows {
        if text.len() + row.len() > end {
            break;
        }
        text.push_str(&row);
        taken += 1;
    }
    count - taken
}

fn problems(compared: &Compared, text: &mut String, cut: &mut Vec<String>) {
    let reading = &compared.head.reading;
    if reading.diagnostics.is_empty() {
        return;
    }
    let mut all: Vec<&Diagnostic> = reading.diagnostics.iter().collect();
    all.sort_by_key(|it| !it.is_error());
    let rows = all.into_iter().map(|it| problem(it, &reading.sources)).collect();
    let left_out = table("| problem | where | what |\n| --- | --- | --- |", rows, MOST_OF_PROBLEMS, text);
    if left_out > 0 {
        cut.push(format!("{left_out} problems are left out"));
    }
    if compared.head.errors().next().is_some() {
        text.push_str("\nA file with errors changes nothing: what it declared before is kept as it is.\n");
    }
}

fn problem(it: &Diagnostic, sources: &[Source]) -> String {
    let place = it.labels.first().map_or_else(String::new, |label| {
        let source = sources.iter().find(|source| source.path == label.path);
        let line = source.map(|source| format!(":{}", source.position(label.span.start).0));
        format!("{}{}", label.path, line.unwrap_or_default())
    });
    format!("| {} | {} | {} |\n", it.code, code(&place), code(&it.message))
}

fn steps(compared: &Compared, text: &mut String, cut: &mut Vec<String>) {
    let apps = &compared.review.apps;
    if apps.is_empty() {
        return;
    }
    let rows = apps.iter().map(row).collect();
    let left_out = table("| | app | step | why |\n| --- | --- | --- | --- |", rows, MOST_OF_TABLE, text);
    if left_out > 0 {
        cut.push(format!("{left_out} of {} apps are left out", apps.len()));
    }
}

fn row(app: &AppChange) -> String {
    let reasons: Vec<String> = app.reasons.iter().take(MOST_REASONS).map(|reason| code(reason)).collect();
    let more = app.reasons.len().saturating_sub(MOST_REASONS);
    let more = if more == 0 { String::new() } else { format!("<br>and {more} more") };
    let (symbol, verb, meaning) = (app.step.symbol(), app.step.verb(), app.step.meaning());
    format!("| `{symbol}` | {} | **{verb}**: {meaning} | {}{more} |\n", code(&app.app), reasons.join("<br>"))
}

/// More reasons for one step than these are hardly read; the diff has them all.
const MOST_REASONS: usize = 8;

fn diffs(compared: &Compared, room: usize, text: &mut String, cut: &mut Vec<String>) {
    let sections = compared.sections();
    let with_diff: Vec<&Section<'_>> = sections.iter().filter(|section| section.change.is_some()).collect();
    let mut left_out = 0;
    for section in &with_diff {
        let folded = folded(section);
        // Room for the lines that say what is cut.
        if text.len() + folded.len() + 500 > room {
            left_out += 1;
        } else {
            text.push_str(&folded);
        }
    }
    if left_out > 0 {
        cut.push(format!("{left_out} of {} diffs are left out", with_diff.len()));
    }
}

fn folded(section: &Section<'_>) -> String {
    let Some(change) = section.change else { return String::new() };
    let mut diff = String::new();
    for hunk in hunks(&change.before, &change.after) {
        let _ = writeln!(diff, "{}", hunk.header);
        for line in &hunk.lines {
            let _ = writeln!(diff, "{}{}", line.kind.symbol(), shortened(&printable(&line.text())));
        }
    }
    if diff.is_empty() {
        return String::new();
    }
    let fence = fence(&diff);
    let title = html_code(&section.title());
    format!("\n<details><summary>{title}</summary>\n\n{fence}diff\n{diff}{fence}\n\n</details>\n")
}

/// One backtick more than the longest run of them in the text, and three at least.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

fn notes(compared: &Compared) -> String {
    let notes = compared.notes();
    if notes.is_empty() {
        return String::new();
    }
    let lines: Vec<String> = notes
        .iter()
        .take(MOST_NOTES)
        .map(|note| format!("- {}\n", shortened(&printable_line(note))))
        .collect();
    let text = lines.concat();
    let fence = fence(&text);
    format!("\n<details><summary>What this stands on</summary>\n\n{fence}text\n{text}{fence}\n\n</details>\n")
}

/// There are a few of them, and one for each file that has errors.
const MOST_NOTES: usize = 12;

/// A text as a code span, whatever is in it.
///
/// A table is cut at each `|`, in code too, and renderers do not agree on how one is escaped behind a backslash: a
/// broken bar stands for it.
fn code(text: &str) -> String {
    let text = shortened(&printable_line(text)).replace('|', "¦");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let ticks = "`".repeat(longest + 1);
    // One blank on each side is taken off again; without them a backtick of the text would join those around it.
    format!("{ticks} {text} {ticks}")
}

/// A text inside HTML that Markdown does not look into; GitHub looks for no mentions in code.
fn html_code(text: &str) -> String {
    let text =
        shortened(&printable_line(text)).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<code>{text}</code>")
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MOST_CHARS) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
    }
}
