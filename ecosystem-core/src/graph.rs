//! What depends on what, as text to be looked at: in waves for a terminal, and for Graphviz and Mermaid.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::model::{Condition, Dependency, Ecosystem};
use crate::printable::printable_line;

/// The apps of a tree and what each depends on. Only valid sources are in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph<'e> {
    apps: BTreeMap<&'e str, Vec<&'e Dependency>>,
    /// Apps that are depended on and may be declared by a source that has errors.
    unknown: BTreeSet<&'e str>,
}

impl<'e> Graph<'e> {
    /// The graph of a tree.
    #[must_use]
    pub fn of(ecosystem: &'e Ecosystem) -> Self {
        let needs =
            ecosystem.apps().map(|(_, app)| (app.name.as_str(), app.lifecycle.depends_on.iter().collect()));
        let apps: BTreeMap<&str, Vec<&Dependency>> = needs.collect();
        let named = apps.values().flatten().map(|it| it.app.as_str());
        let unknown = named.filter(|name| !apps.contains_key(name)).collect();
        Self { apps, unknown }
    }

    /// For a terminal: a line for each app, in waves. What stands in one wave depends on nothing of it, so each can be
    /// started when what it names has been. Names are made fit to be printed.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let width = self.apps.keys().map(|name| name.chars().count()).max().unwrap_or(0).min(WIDEST);
        for (number, wave) in self.waves().iter().enumerate() {
            for name in wave {
                let after: Vec<String> = self.needs(name).map(|it| self.in_words(it)).collect();
                let line = match after.as_slice() {
                    [] => printable_line(name),
                    after => format!("{:width$}   after {}", printable_line(name), after.join(", ")),
                };
                // Writing to a string cannot fail.
                let _ = writeln!(text, "{:>3}  {line}", number + 1);
            }
        }
        text
    }

    /// In Graphviz's language: an arrow leads from an app to what it depends on, dashed where its start is enough.
    #[must_use]
    pub fn to_dot(&self) -> String {
        let mut text = "digraph ecosystem {\n  rankdir=LR;\n  node [shape=box];\n".to_owned();
        // Writing to a string cannot fail.
        for name in self.apps.keys() {
            let _ = writeln!(text, "  {};", dot(name));
        }
        for name in &self.unknown {
            let _ = writeln!(text, "  {} [style=dotted];", dot(name));
        }
        for (name, needed) in self.edges() {
            let style = match needed.condition {
                Condition::Healthy => "",
                Condition::Started => " [style=dashed, label=\"started\"]",
            };
            let _ = writeln!(text, "  {} -> {}{style};", dot(name), dot(needed.app.as_str()));
        }
        text.push_str("}\n");
        text
    }

    /// In Mermaid's language, with the same arrows.
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        let mut text = "flowchart LR\n".to_owned();
        let names: Vec<&str> = self.apps.keys().chain(&self.unknown).copied().collect();
        let ids: BTreeMap<&str, usize> = names.iter().enumerate().map(|(id, name)| (*name, id)).collect();
        let id = |name: &str| ids.get(name).copied().unwrap_or_default();
        // Writing to a string cannot fail.
        for name in &names {
            let class = if self.unknown.contains(name) { ":::unknown" } else { "" };
            let _ = writeln!(text, "  app{}[\"{}\"]{class}", id(name), mermaid(name));
        }
        for (name, needed) in self.edges() {
            let arrow = match needed.condition {
                Condition::Healthy => "-->",
                Condition::Started => "-. started .->",
            };
            let _ = writeln!(text, "  app{} {arrow} app{}", id(name), id(needed.app.as_str()));
        }
        if !self.unknown.is_empty() {
            text.push_str("  classDef unknown stroke-dasharray: 4\n");
        }
        text
    }

    fn needs(&self, name: &str) -> impl Iterator<Item = &'e Dependency> {
        self.apps.get(name).into_iter().flatten().copied()
    }

    fn edges(&self) -> impl Iterator<Item = (&'e str, &'e Dependency)> {
        self.apps.iter().flat_map(|(name, needs)| needs.iter().map(move |it| (*name, *it)))
    }

    fn in_words(&self, needed: &Dependency) -> String {
        let name = printable_line(needed.app.as_str());
        let unknown =
            if self.unknown.contains(needed.app.as_str()) { ", whose source has errors" } else { "" };
        match needed.condition {
            Condition::Healthy => format!("{name}{unknown}"),
            Condition::Started => format!("{name} (started){unknown}"),
        }
    }

    /// The apps by how many others, one behind the other, come before them. What is on a circle, which valid sources have
    /// none of, comes last.
    fn waves(&self) -> Vec<Vec<&'e str>> {
        let mut left: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut needed_by: BTreeMap<&str, Vec<&'e str>> = BTreeMap::new();
        for (name, needs) in &self.apps {
            let known = needs.iter().map(|it| it.app.as_str()).filter(|it| self.apps.contains_key(it));
            let known: BTreeSet<&str> = known.collect();
            known.iter().for_each(|it| needed_by.entry(it).or_default().push(name));
            left.insert(name, known);
        }
        let mut waves = Vec::new();
        let mut wave: Vec<&'e str> =
            self.apps.keys().copied().filter(|name| left.get(name).is_some_and(BTreeSet::is_empty)).collect();
        while !wave.is_empty() {
            let mut next = BTreeSet::new();
            for name in &wave {
                left.remove(name);
                for other in needed_by.get(name).into_iter().flatten() {
                    let Some(needs) = left.get_mut(other) else { continue };
                    needs.remove(name);
                    if needs.is_empty() {
                        next.insert(*other);
                    }
                }
            }
            waves.push(std::mem::replace(&mut wave, next.into_iter().collect()));
        }
        let circles: Vec<&'e str> =
            self.apps.keys().copied().filter(|name| left.contains_key(name)).collect();
        if !circles.is_empty() {
            waves.push(circles);
        }
        waves
    }
}

/// Names beyond this are not aligned.
const WIDEST: usize = 40;

/// A quoted string: only the quote and the backslash mean something in one (Graphviz, "The DOT Language").
fn dot(name: &str) -> String {
    format!("\"{}\"", printable_line(name).replace('\\', "\\\\").replace('"', "\\\""))
}

/// What Mermaid could take for syntax, Markdown or HTML, as `#NUMBER;` (Mermaid, "Entity codes to escape characters").
fn mermaid(name: &str) -> String {
    let mut text = String::new();
    for c in printable_line(name).chars() {
        if c.is_alphanumeric() || " -_.:/@".contains(c) {
            text.push(c);
        } else {
            text.push_str(&format!("#{};", u32::from(c)));
        }
    }
    text
}

#[cfg(test)]
mod tests;
