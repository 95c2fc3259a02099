//! The command line.

mod begin;
mod history;
mod running;
mod texts;

use camino::Utf8PathBuf;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args as Arguments, ColorChoice, Parser, Subcommand};
use ecosystem_core::model::Prune;

pub(crate) use begin::{Import, Init, New};
pub(crate) use history::{Held, History, Rollback, Suspend};
pub(crate) use running::{Down, Pace, Plan, PruneOne, Status, Sync};
pub(crate) use texts::{
    Check, Diff, Explain, Fmt, Format, Graph, GraphFormat, Render, ReviewFormat, Snapshot, Subject,
};

/// Keep PM2's running set equal to a tree of declarative EDN.
///
/// Exit codes: 0 done or nothing to do; 1 the declarations are wrong, a step failed, or a plan is stale; 2 usage; 3 changes are
/// pending (`plan --exit-code`, `diff --exit-code`, `render --check`, `fmt --check`, `snapshot --check`); 4 the world
/// could not be read (PM2, disk, git).
#[derive(Debug, Parser)]
#[command(name = "ecosystem-cli", version, max_term_width = 110)]
pub(crate) struct Args {
    /// When to use colours.
    #[arg(long, global = true, value_name = "WHEN", default_value_t = Color(ColorChoice::Auto), value_parser = color)]
    pub(crate) color: Color,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Begin a tree: the watcher's daemon, a .gitignore and a README; what exists is left as it is.
    Init(Init),
    /// Add a daemon that runs a command.
    New(New),
    /// Make daemons of a config file of PM2's, or of what PM2 runs; nothing that exists is written over.
    Import(Import),
    /// Read and validate the tree, and show every problem.
    Check(Check),
    /// Explain a diagnostic, with a wrong and a right example; or an app: what it has, and where each value was written.
    Explain(Explain),
    /// Print a JSON Schema of what may stand in an ecosystem.edn.
    Schema,
    /// Bring sources into the one layout; comments, discards and order stay.
    Fmt(Fmt),
    /// Write each daemon's dist/ecosystem.config.mjs.
    Render(Render),
    /// Keep a reviewable copy of every generated config, to be committed.
    Snapshot(Snapshot),
    /// Show what a change will do, from what git has of both sides; PM2 is not asked.
    Diff(Diff),
    /// Show what depends on what, and in which order it is started.
    Graph(Graph),
    /// Show what `sync` would do, and why.
    Plan(Plan),
    /// Make PM2's running set equal to the tree.
    Sync(Sync),
    /// Show what is declared, what runs, and whether they agree.
    Status(Status),
    /// Show what was applied, when, why, and what came of it.
    History(History),
    /// Take an app back to what it was, in PM2 alone.
    Rollback(Rollback),
    /// Leave an app, or all of them, as they are until `resume`.
    Suspend(Suspend),
    /// Bring what was suspended, taken back or put back to what the tree says again.
    Resume(Held),
    /// Delete what still runs of a daemon that the tree no longer has, whatever its `:prune` says.
    Prune(PruneOne),
    /// Stop and delete every process of this tree; nothing else is touched.
    Down(Down),
}

/// Which tree.
#[derive(Debug, Clone, Arguments)]
pub(crate) struct Tree {
    /// The folder that holds the daemons [default: ./system/daemons where that exists].
    #[arg(value_name = "DIR")]
    pub(crate) root: Option<Utf8PathBuf>,
    /// What relative paths in the EDN resolve against [default: `:base` in DIR/defaults.edn, else the
    /// nearest folder above DIR with a .git, else DIR].
    #[arg(long, value_name = "DIR")]
    pub(crate) base: Option<Utf8PathBuf>,
    /// Id of the tree that its processes carry [default: `:owner` in DIR/defaults.edn, else the absolute path of
    /// DIR].
    #[arg(long, value_name = "ID")]
    pub(crate) owner: Option<String>,
    /// Which of the daemons' :profiles [default: $ECOSYSTEM_PROFILE, else $NODE_ENV].
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
}

/// Which PM2.
#[derive(Debug, Clone, Arguments)]
pub(crate) struct Pm2 {
    /// The pm2 program that starts PM2's daemon when it is not up [default: $PM2_BIN, node_modules/.bin/pm2 at or
    /// above the base, pm2 on PATH, npx].
    #[arg(long, value_name = "FILE")]
    pub(crate) pm2: Option<Utf8PathBuf>,
    /// PM2's home [default: $PM2_HOME, else ~/.pm2].
    #[arg(long, value_name = "DIR")]
    pub(crate) pm2_home: Option<Utf8PathBuf>,
    /// Use a PM2 of this major version although nothing was tried on it.
    #[arg(long, value_name = "MAJOR")]
    pub(crate) allow_pm2: Option<u64>,
}

/// Which part of the tree, and what is allowed.
#[derive(Debug, Clone, Arguments)]
pub(crate) struct Scope {
    /// Only these daemons: folders below DIR, such as services/web; several with commas, or by repeating it.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Take over running processes of these names that are not ours, without a restart where they run as declared;
    /// several as with --only.
    #[arg(long, value_name = "APP", value_delimiter = ',')]
    pub(crate) adopt: Vec<String>,
    /// Take over every running process that the tree declares and that nobody owns.
    #[arg(long)]
    pub(crate) adopt_all: bool,
    /// Make the changes of these apps although their `:on-change` is `:keep`; several as with --only.
    #[arg(long, value_name = "APP", value_delimiter = ',')]
    pub(crate) change: Vec<String>,
    /// Delete even most of what runs.
    #[arg(long)]
    pub(crate) allow_mass_delete: bool,
    /// What to do with apps that the tree no longer declares and that have no `:prune` of their own [default: `:prune`
    /// in the tree's defaults.edn, else auto].
    #[arg(long, value_name = "HOW", value_parser = PossibleValuesParser::new(["auto", "confirm", "never"]).try_map(|word| word.parse::<Prune>()))]
    pub(crate) prune: Option<Prune>,
}

/// `auto`, `always` or `never`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Color(ColorChoice);

impl Color {
    /// Applies it to everything that is printed from now on.
    pub(crate) fn write_global(self) {
        let choice = match self.0 {
            ColorChoice::Auto => anstream::ColorChoice::Auto,
            ColorChoice::Always => anstream::ColorChoice::Always,
            ColorChoice::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
    }
}

impl std::fmt::Display for Color {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

fn color(text: &str) -> Result<Color, String> {
    text.parse().map(Color)
}
