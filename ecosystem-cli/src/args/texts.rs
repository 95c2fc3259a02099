//! Commands about texts: sources, what is generated of them, and what there is to say of both.

use camino::Utf8PathBuf;
use clap::{Args as Arguments, ValueEnum};

use super::{Pm2, Tree};

#[derive(Debug, Arguments)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) tree: Tree,
    /// How to show the problems.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Print JSON: the same as --format json.
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

impl Check {
    /// The form that is asked for, in either way.
    pub(crate) fn format(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }
}

/// How problems are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Drawn under their source lines.
    Human,
    /// For programs.
    Json,
    /// SARIF 2.1.0, for code scanning; files are relative to the working folder.
    Sarif,
    /// Workflow commands, from which GitHub Actions makes annotations; files are relative to the working folder.
    Github,
}

#[derive(Debug, Arguments)]
pub(crate) struct Explain {
    /// The code of a diagnostic, such as E0207, or the name of an app.
    #[arg(value_name = "CODE|APP")]
    pub(crate) subject: Subject,
    #[command(flatten)]
    pub(crate) tree: Tree,
    #[command(flatten)]
    pub(crate) pm2: Pm2,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What is to be explained. What looks like a code is one: an app that is named so has bad luck.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A letter and digits.
    Code(String),
    /// Anything else: an app's name.
    App(String),
}

impl From<&str> for Subject {
    fn from(text: &str) -> Self {
        let digits = text.strip_prefix(['E', 'W', 'e', 'w']).unwrap_or_default();
        let is_code = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if is_code { Self::Code(text.to_owned()) } else { Self::App(text.to_owned()) }
    }
}

#[derive(Debug, Arguments)]
#[command(after_help = "\
A collection that stands on one line stays there if it is at most 120 columns wide; other maps have one pair a line, their \
values one below the other. A file that is no EDN is left as it is, and said so. An editor formats what it holds by \
`ecosystem-cli fmt -`, from stdin to stdout.")]
pub(crate) struct Fmt {
    /// Folders, of which every ecosystem.edn and defaults.edn is meant, and files; or - for stdin [default:
    /// ./system/daemons].
    #[arg(value_name = "DIR|FILE")]
    pub(crate) paths: Vec<Utf8PathBuf>,
    /// Write nothing; show what would change, and exit with 3 if anything would.
    #[arg(long)]
    pub(crate) check: bool,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Arguments)]
pub(crate) struct Render {
    #[command(flatten)]
    pub(crate) tree: Tree,
    /// Only this daemon: a folder below DIR, such as services/web.
    #[arg(long, value_name = "ID")]
    pub(crate) daemon: Option<String>,
    /// Print instead of writing.
    #[arg(long, conflicts_with_all = ["check", "aggregate", "prune_dist"])]
    pub(crate) stdout: bool,
    /// Write nothing; show what differs on disk, and exit with 3 if anything does.
    #[arg(long)]
    pub(crate) check: bool,
    /// Also write one file at DIR that joins all daemons.
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = ecosystem_core::render::DEFAULT_AGGREGATE)]
    pub(crate) aggregate: Option<String>,
    /// Also remove dist/ folders whose ecosystem.edn is gone.
    #[arg(long)]
    pub(crate) prune_dist: bool,
    /// Write the valid daemons although others have errors: the default.
    #[arg(long, overrides_with = "no_keep_going")]
    pub(crate) keep_going: bool,
    /// Write nothing if any daemon has an error.
    #[arg(long)]
    pub(crate) no_keep_going: bool,
    /// Print JSON.
    #[arg(long, conflicts_with = "stdout")]
    pub(crate) json: bool,
}

#[derive(Debug, Arguments)]
#[command(after_help = "\
A snapshot is what a generated file says, in insta's .snap format: without the time, and without what looks secret. A \
daemon that is gone loses its snapshot; one with errors keeps it. Files that this command has not written are never \
touched. `cargo insta review` shows what --pending writes.")]
pub(crate) struct Snapshot {
    #[command(flatten)]
    pub(crate) tree: Tree,
    /// The folder that holds the snapshots [default: snapshots below the tree].
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<Utf8PathBuf>,
    /// Write nothing; show what differs, and exit with 3 if anything does.
    #[arg(long, conflicts_with = "pending")]
    pub(crate) check: bool,
    /// Write what differs beside the present ones as .snap.new, for `cargo insta review`, and exit with 3.
    #[arg(long)]
    pub(crate) pending: bool,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Arguments)]
#[command(after_help = "\
Both sides are read from git's objects: nothing is checked out, and a bare clone will do. Relative paths resolve against \
`:base` in the tree's own defaults.edn, else the top of the repository; the --base of other commands, which names a \
folder, has no counterpart here.

The step of each app is the one that `sync` would take where exactly the base runs. What only the machine knows (apps \
that were changed by hand, programs on PATH, env files outside the repository) is said beside it.")]
pub(crate) struct Diff {
    /// The folder that holds the daemons; it need not be checked out [default: ./system/daemons, else system/daemons at
    /// the top of the repository].
    #[arg(value_name = "DIR")]
    pub(crate) root: Option<Utf8PathBuf>,
    /// The commit to compare with: a branch, a tag, an id, anything that git understands.
    #[arg(long, value_name = "REV")]
    pub(crate) base: String,
    /// The commit that is compared [default: the work tree, as it is on disk].
    #[arg(long, value_name = "REV")]
    pub(crate) head: Option<String>,
    /// Compare with the commit at which the head left REV, as a pull request does.
    #[arg(long)]
    pub(crate) merge_base: bool,
    /// Which of the daemons' :profiles [default: $ECOSYSTEM_PROFILE, else $NODE_ENV].
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// For people, as a comment on a pull request, or for programs.
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "human")]
    format: ReviewFormat,
    /// The same as --format json.
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Exit with 3 if anything changes.
    #[arg(long)]
    pub(crate) exit_code: bool,
}

impl Diff {
    /// How the result is to look.
    pub(crate) fn format(&self) -> ReviewFormat {
        if self.json { ReviewFormat::Json } else { self.format }
    }
}

/// How a review looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReviewFormat {
    Human,
    Markdown,
    Json,
}

#[derive(Debug, Arguments)]
#[command(after_help = "\
As text, each app stands in the wave in which it could be started, with what it waits for. In the other formats an arrow leads \
from an app to what it depends on, dashed where it waits for its start alone.")]
pub(crate) struct Graph {
    #[command(flatten)]
    pub(crate) tree: Tree,
    /// For a terminal, for Graphviz, or for Mermaid.
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: GraphFormat,
}

/// How a graph is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    Text,
    Dot,
    Mermaid,
}
