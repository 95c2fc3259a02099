//! `docs/truth.md`: what was measured, as a page.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use ecosystem_core::model::schema::Key;

use crate::batches::{At, Results};
use crate::case::{Case, Mode};
use crate::measure::{Measured, Own};
use crate::support::pm2_program::VERSIONS;
use crate::waste;
use crate::why::why;

pub(crate) fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/truth.md")
}

/// Rows that the page does not have.
pub(crate) fn missing(rows: &[String]) -> Vec<String> {
    let page = written();
    let missing = rows.iter().filter(|row| !page.lines().any(|line| line == *row));
    missing.map(|row| format!("not in docs/truth.md:\n{row}")).collect()
}

/// How the page differs from this one.
pub(crate) fn difference(page: &str) -> Option<String> {
    let written = written();
    let diff = similar::TextDiff::from_lines(&written, page);
    (written != page).then(|| format!("docs/truth.md is not what was measured:\n{}", diff.unified_diff()))
}

fn written() -> String {
    std::fs::read_to_string(path()).unwrap_or_default()
}

/// The whole page.
pub(crate) fn page(cases: &[&'static Case], results: &Results) -> String {
    let mut page = HEAD.replace("<VERSIONS>", &VERSIONS.join(", "));
    page += &format!("\n{}", Score::of(cases, results));
    page += TABLE;
    page += &rows(cases, results).into_iter().map(|row| row + "\n").collect::<String>();
    page += UNTRIED;
    page +=
        &lines(cases.iter().filter_map(|case| case.unfit.map(|it| (case, it))), |(case, (major, why))| {
            format!("- PM2 {major}: `{}`: {why}\n", case.field)
        });
    page += NEVER;
    page += &never(cases, results);
    page += WASTE;
    page += &wasted(results);
    page
}

const HEAD: &str = "# The truth table

What becomes of a change in the definition of a running app, looked at in the process: once with PM2's own
`pm2 reload FILE`, once with `ecosystem-cli sync`. On PM2 <VERSIONS>.

This page is written by a test (`ECOSYSTEM_TRUTH=write cargo test -p ecosystem-cli --test truth`), and held by it
(`ECOSYSTEM_TRUTH=full`; without the variable, a slice of it). For each row an app is started with the old definition and
restarted once, and the definition is changed in that one thing. It is *applied* if the process is what a fresh start of the
new definition makes it in another PM2: its command line, folder, environment and account as the kernel has them, the files it
writes, how many of it there are, and what PM2 does when it ends, grows or is told to go. After each `sync`, a second one had
nothing to do, and apps beside the changed ones kept their processes.
";

const TABLE: &str = "
## Changes

In the columns of `pm2 reload`: *applied*; *recorded*: PM2 lists the new value, and the process does not have it; *ignored*: not
even that; or what came out instead. It exits with 0 in all of these. In the columns of `sync`: the step that is taken, after which
every one of these changes is true. A dash: the mode makes no difference, or has no such thing.

| field | change | seen of it, started fresh | `pm2 reload`, fork | `sync` | `pm2 reload`, cluster | `sync` | why this step |
| --- | --- | --- | --- | --- | --- | --- | --- |
";

const UNTRIED: &str = "
Not given to PM2's own program:

";

const NEVER: &str = "
## What PM2 never honours

Keys of its schema that make no difference to an app even when it is started fresh.

| field | change | mode | seen of it, before and after | why | on |
| --- | --- | --- | --- | --- | --- |
";

const WASTE: &str = "
## Where less would show the same

In place of every *replace* a *restart* was tried too, and in place of every *restart* of a cluster app a *reload*. In these cases
the cheaper step shows the same, and the dearer one is taken all the same:

| field | mode | taken | would show the same | why |
| --- | --- | --- | --- | --- |
";

/// The rows of the table, one for each case; what is not in `results` is left out.
pub(crate) fn rows(cases: &[&'static Case], results: &Results) -> Vec<String> {
    let mut keys: Vec<(&str, &str)> = Vec::new();
    for case in cases {
        if !keys.contains(&(case.field, case.change)) {
            keys.push((case.field, case.change));
        }
    }
    let place = |field: &str| Key::all().position(|key| key.name() == field);
    keys.sort_by_key(|(field, _)| place(field));
    let honoured = |at: &At| is_honoured(cases, *at);
    let row = |(field, change): (&str, &str)| {
        let of = |mode: Mode| -> Vec<(&At, &Measured)> {
            let here = |at: &At| at.mode == mode && at.field == field && at.change == change && honoured(at);
            results.iter().filter(|(at, _)| here(at)).collect()
        };
        let [fork, cluster] = Mode::ALL.map(of);
        let (at, it) = fork.first().or(cluster.first()).copied()?;
        let seen = format!("{} → {}", code(&it.before), code(&it.after));
        let why: Vec<String> = fork
            .iter()
            .chain(&cluster)
            .map(|(at, it)| why(at.mode, it))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        Some(format!(
            "| `{}` | {} | {seen} | {} | {} | {} | {} | {} |",
            at.field,
            at.change,
            by_version(&fork, |it| own(&it.own)),
            by_version(&fork, |it| it.step.words()),
            by_version(&cluster, |it| own(&it.own)),
            by_version(&cluster, |it| it.step.words()),
            why.join("; "),
        ))
    };
    keys.into_iter().filter_map(row).collect()
}

/// Whether PM2 does anything with the field there.
pub(crate) fn is_honoured(cases: &[&'static Case], at: At) -> bool {
    cases.iter().any(|case| case.is(at) && case.never_at(VERSIONS[at.version]).is_none())
}

fn own(own: &Own) -> String {
    match own {
        Own::Applied => "applied".to_owned(),
        Own::Recorded => "recorded".to_owned(),
        Own::Ignored => "ignored".to_owned(),
        Own::Other(seen) => format!("instead: {}", code(seen)),
        Own::Ended => "PM2's daemon dies, and every app with it".to_owned(),
        Own::Untried(_) => "not tried".to_owned(),
    }
}

/// What holds on each version; once, if it is the same on all.
fn by_version(measured: &[(&At, &Measured)], word: impl Fn(&Measured) -> String) -> String {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for (at, it) in measured {
        let (word, version) = (word(it), VERSIONS[at.version]);
        match groups.iter_mut().find(|(known, _)| *known == word) {
            Some((_, versions)) => versions.push(version),
            None => groups.push((word, vec![version])),
        }
    }
    match groups.as_slice() {
        [] => "-".to_owned(),
        [(word, _)] => word.clone(),
        _ => {
            let one = |(word, versions): &(String, Vec<&str>)| format!("{}: {word}", versions.join(", "));
            groups.iter().map(one).collect::<Vec<_>>().join("; ")
        }
    }
}

/// Text as it stands, in a cell of a table.
fn code(text: &str) -> String {
    let text = text.replace('\n', "; ").replace('|', "\\|");
    if text.is_empty() { "nothing".to_owned() } else { format!("`{text}`") }
}

fn never(cases: &[&'static Case], results: &Results) -> String {
    let mut lines: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (at, it) in results {
        let version = VERSIONS[at.version];
        if let Some(evidence) = cases.iter().find(|case| case.is(*at)).and_then(|case| case.never_at(version))
        {
            let (mode, seen) = (at.mode.word(), code(&it.after));
            let line = format!("`{}` | {} | {mode} | {seen} | {evidence}", at.field, at.change);
            lines.entry(line).or_default().insert(version);
        }
    }
    let versions = |some: &BTreeSet<&str>| {
        let all = some.len() == VERSIONS.len();
        if all { "all".to_owned() } else { some.iter().copied().collect::<Vec<_>>().join(", ") }
    };
    lines.iter().map(|(line, some)| format!("| {line} | {} |\n", versions(some))).collect()
}

fn wasted(results: &Results) -> String {
    let mut lines = BTreeSet::new();
    for (at, it) in results {
        if let Some((cheaper, true)) = it.cheaper {
            let (mode, taken) = (at.mode.word(), &it.step.verb);
            let why = waste::reason(*at).unwrap_or("no reason is known");
            lines
                .insert(format!("| `{}` {} | {mode} | {taken} | {cheaper} | {why} |\n", at.field, at.change));
        }
    }
    lines.into_iter().collect()
}

fn lines<T>(items: impl Iterator<Item = T>, line: impl Fn(T) -> String) -> String {
    items.map(line).collect::<BTreeSet<_>>().into_iter().collect()
}

/// How many changes became true, by version and mode: of how many, by PM2's own reload, by `sync`.
struct Score(BTreeMap<(usize, Mode), [usize; 3]>);

impl Score {
    /// Changes that PM2's program was not given are not counted.
    fn of(cases: &[&'static Case], results: &Results) -> Self {
        let mut score: BTreeMap<(usize, Mode), [usize; 3]> = BTreeMap::new();
        for (at, it) in results {
            if is_honoured(cases, *at) && !matches!(it.own, Own::Untried(_)) {
                let [all, own, ours] = score.entry((at.version, at.mode)).or_default();
                *all += 1;
                *own += usize::from(it.own == Own::Applied);
                *ours += usize::from(it.ours == it.after);
            }
        }
        Self(score)
    }
}

impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sum = |at: usize| self.0.values().map(|counts| counts[at]).sum::<usize>();
        let (all, own, ours) = (sum(0), sum(1), sum(2));
        writeln!(
            f,
            "**Of {all} single changes, `pm2 reload` makes {own} true in the process and `ecosystem-cli sync` {ours}.**\n"
        )?;
        writeln!(f, "| PM2 | mode | changes | true after `pm2 reload` | true after `sync` |")?;
        writeln!(f, "| --- | --- | --- | --- | --- |")?;
        for ((version, mode), [all, own, ours]) in &self.0 {
            writeln!(f, "| {} | {} | {all} | {own} | {ours} |", VERSIONS[*version], mode.word())?;
        }
        Ok(())
    }
}
