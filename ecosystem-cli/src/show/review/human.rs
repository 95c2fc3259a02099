//! A review at a terminal: per daemon its steps and the diff of its config, coloured, with the words that differ.

use std::fmt::Write as _;

use anstyle::Style;
use ecosystem_core::review::{AppChange, ReviewStep};

use super::lines::{Hunk, Kind, hunks};
use super::{Compared, Section};
use crate::show::{printable, printable_line, style};

/// The whole review.
pub(crate) fn human(compared: &Compared) -> String {
    let mut text = format!("{}: {} → {}\n", compared.tree(), compared.base.shown(), compared.head.shown());
    let names = compared.review.apps.iter().map(|app| printable_line(&app.app).chars().count());
    let width = names.max().unwrap_or(0).min(40);
    for section in compared.sections() {
        text.push_str(&shown(&section, width));
    }
    // Writing to a string cannot fail.
    let _ = writeln!(text, "\n{}", compared.counts());
    for note in compared.notes() {
        let _ = writeln!(text, "{}note: {}{:#}", style::FAINT, printable_line(&note), style::FAINT);
    }
    text
}

fn shown(section: &Section<'_>, width: usize) -> String {
    let mut text = format!("\n{}{}{:#}\n", style::HEADING, section.title(), style::HEADING);
    for app in &section.apps {
        text.push_str(&step(app, width));
    }
    if let Some(change) = section.change {
        hunks(&change.before, &change.after).iter().for_each(|it| text.push_str(&hunk(it)));
    }
    text
}

fn step(app: &AppChange, width: usize) -> String {
    let (color, mut text) = (color(app.step), String::new());
    for (index, reason) in app.reasons.iter().enumerate() {
        let reason = printable_line(reason);
        // Writing to a string cannot fail.
        let _ = if index == 0 {
            let (symbol, name, verb) = (app.step.symbol(), printable_line(&app.app), app.step.verb());
            writeln!(text, "{color}{symbol} {name:width$}   {verb:<9}{color:#} {reason}")
        } else {
            writeln!(text, "  {:width$}   {:<9} {reason}", "", "")
        };
    }
    text
}

fn color(step: ReviewStep) -> Style {
    match step.symbol() {
        '+' => style::COMES,
        '-' => style::GOES,
        '!' | '?' => style::HELD,
        _ => style::CHANGES,
    }
}

fn hunk(hunk: &Hunk) -> String {
    let mut text = format!("{}{}{:#}\n", style::FAINT, hunk.header, style::FAINT);
    for line in &hunk.lines {
        let plain = match line.kind {
            Kind::Same => Style::new(),
            Kind::Gone => style::GOES,
            Kind::New => style::COMES,
        };
        let _ = write!(text, "{plain}{}", line.kind.symbol());
        for (differs, piece) in &line.pieces {
            let piece = printable(piece);
            let _ = if *differs {
                write!(text, "{plain:#}{}{piece}{:#}{plain}", plain.invert(), plain.invert())
            } else {
                write!(text, "{piece}")
            };
        }
        let _ = writeln!(text, "{plain:#}");
    }
    text
}
