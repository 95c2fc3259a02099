//! Sources of daemons with one app.

use super::{WATCHER_PROGRAM, readme};
use crate::diagnostic::Source;
use crate::edn::write_string;
use crate::format;

/// A daemon of one app that runs a command, to be written as a source.
///
/// Nothing is checked here: what the text comes to is said by [`compile`](crate::compile), which is to be asked
/// before it is written to disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApp {
    /// What PM2 is to call it.
    pub name: String,
    /// Where it runs, relative to base or absolute; `None` for base itself.
    pub cwd: Option<String>,
    /// What it runs.
    pub command: Command,
    /// Its variables, in this order.
    pub env: Vec<(String, String)>,
    /// How many processes: a number, or `max`.
    pub instances: Option<String>,
}

/// What an app runs, such that PM2 hands it to no shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    pub(super) script: String,
    pub(super) interpreter: Option<&'static str>,
    pub(super) args: Vec<String>,
}

impl Command {
    /// A program that runs by itself, by its `#!` line if it is a script. PM2 would choose an interpreter by the
    /// ending of its name, and node for a script without one.
    #[must_use]
    pub fn program(path: &str, args: &[String]) -> Self {
        if !path.contains(' ') {
            return Self { script: path.to_owned(), interpreter: Some("none"), args: args.to_vec() };
        }
        // PM2 takes a space for a sign of a shell line and drops the arguments. As arguments of a shell the words
        // stay what they are, and the program takes the place of the shell.
        let words = ["-c", r#"exec "$0" "$@""#, path].map(str::to_owned);
        let args = words.into_iter().chain(args.iter().cloned()).collect();
        Self { script: "/bin/sh".to_owned(), interpreter: Some("none"), args }
    }

    /// A file for which PM2 chooses an interpreter. `None` if it has a space in its path: PM2 would run that as a
    /// shell line.
    #[must_use]
    pub fn interpreted(path: &str, args: &[String]) -> Option<Self> {
        let command = || Self { script: path.to_owned(), interpreter: None, args: args.to_vec() };
        (!path.contains(' ')).then(command)
    }

    fn entries(&self) -> Vec<Entry> {
        let mut entries = vec![Entry::text("script", &self.script)];
        entries.extend(self.interpreter.map(|interpreter| Entry::text("interpreter", interpreter)));
        if !self.args.is_empty() {
            let args: Vec<String> = self.args.iter().map(|arg| literal(arg)).collect();
            entries.push(Entry::new("args", format!("[{}]", args.join(" "))));
        }
        entries
    }
}

impl NewApp {
    /// The text of its `ecosystem.edn`.
    #[must_use]
    pub fn to_edn(&self) -> String {
        let mut entries = vec![Entry::text("name", &self.name)];
        entries.extend(self.cwd.as_deref().map(|cwd| Entry::text("cwd", cwd)));
        entries.extend(self.command.entries());
        if let Some(count) = &self.instances {
            let is_number = count.parse::<i64>().is_ok_and(|number| number.to_string() == *count);
            let count = if is_number { count.clone() } else { write_string(count) };
            entries.push(Entry::new("instances", count));
        }
        if !self.env.is_empty() {
            entries.push(Entry::new("env", variables(&self.env)));
        }
        daemon("", &entries)
    }
}

fn variables(env: &[(String, String)]) -> String {
    let variables: Vec<String> =
        env.iter().map(|(name, value)| format!("{} {}", variable(name), literal(value))).collect();
    format!("{{{}}}", variables.join("\n"))
}

/// Text that stands for itself: a `${` in it is no reference to the environment.
#[must_use]
pub fn literal(text: &str) -> String {
    write_string(&text.replace("${", "$${"))
}

/// A keyword where the name is one to every reader of EDN, else a string.
fn variable(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain && name.starts_with(|c: char| !c.is_ascii_digit()) {
        format!(":{name}")
    } else {
        write_string(name)
    }
}

/// The daemon that watches its own tree, to be written as a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watcher {
    /// The watcher's program: its name on PATH, or a path.
    pub program: String,
    /// Its arguments, the first of which names the tree; paths are relative to base.
    pub args: Vec<String>,
}

impl Watcher {
    /// The text of its `ecosystem.edn`.
    #[must_use]
    pub fn to_edn(&self) -> String {
        let mut entries = vec![
            Entry::text("name", WATCHER_PROGRAM),
            Entry::text("description", "keeps PM2 equal to this tree"),
            Entry::text("cwd", ".").comment("Base: the paths in :args are relative to it."),
        ];
        entries.extend(Command::program(&self.program, &self.args).entries());
        entries.extend([
            Entry::new("autorestart", "true".to_owned()).comment(
                "If it fails, PM2 starts it again: after a second, then ever later up to 15 seconds, for as long as it takes.",
            ),
            Entry::new("exp-backoff-restart-delay", "1000".to_owned()),
            Entry::new("kill-timeout", "10000".to_owned())
                .comment("When it is told to stop, it finishes the step in hand."),
        ]);
        let start = format!(
            ";; The watcher of this tree: on every change it makes PM2 equal to the tree again.\n\
             ;; {} at the root tells how to start it, and what else it can do.\n",
            readme::NAME
        );
        daemon(&start, &entries)
    }
}

/// A key of an app with its value.
struct Entry {
    comment: Option<&'static str>,
    key: &'static str,
    value: String,
}

impl Entry {
    fn new(key: &'static str, value: String) -> Self {
        Self { comment: None, key, value }
    }

    fn text(key: &'static str, text: &str) -> Self {
        Self::new(key, literal(text))
    }

    fn comment(mut self, comment: &'static str) -> Self {
        self.comment = Some(comment);
        self
    }

    fn lines(&self) -> String {
        let comment = self.comment.map(|comment| format!(";; {comment}\n")).unwrap_or_default();
        format!("{comment}:{} {}", self.key, self.value)
    }
}

/// One entry a line, in the layout that all sources have.
fn daemon(start: &str, entries: &[Entry]) -> String {
    let lines: Vec<String> = entries.iter().map(Entry::lines).collect();
    let text = format!("{start}{{:apps [{{{}}}]}}\n", lines.join("\n"));
    format::format(&Source::new("", text.as_str())).output.unwrap_or(text)
}
