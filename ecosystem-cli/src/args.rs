//! The command line.

use camino::Utf8PathBuf;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args as Arguments, ColorChoice, Parser, Subcommand, ValueEnum};
use ecosystem_core::model::Prune;

/// Keep PM2's running set equal to a tree of declarative EDN.
///
/// Exit codes: 0 done or nothing to do; 1 the declarations are wrong or a step failed; 2 usage; 3 changes are
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

#[derive(Debug, Arguments)]
pub(crate) struct Init {
    /// The folder that is to hold the daemons; made if it is not there.
    #[arg(value_name = "DIR", default_value = ecosystem_core::os::place::DEFAULT_ROOT)]
    pub(crate) root: Utf8PathBuf,
    /// What relative paths in the EDN resolve against [default: `:base` in DIR/defaults.edn, else the
    /// nearest folder above DIR with a .git, else DIR].
    #[arg(long, value_name = "DIR")]
    pub(crate) base: Option<Utf8PathBuf>,
    /// Id of the tree that its processes carry [default: `:owner` in DIR/defaults.edn, else the absolute path of
    /// DIR].
    #[arg(long, value_name = "ID")]
    pub(crate) owner: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Arguments)]
#[command(after_help = "\
What works in the shell here works there: the command runs in the current folder, with these very arguments, \
which no shell reads again. An executable file is run as it is; for any other, PM2 chooses what runs it by its ending.")]
pub(crate) struct New {
    /// The daemon: a folder below DIR, such as services/web.
    #[arg(value_name = "GROUP/NAME")]
    pub(crate) id: String,
    /// The folder that holds the daemons [default: ./system/daemons where that exists].
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<Utf8PathBuf>,
    /// What relative paths in the EDN resolve against [default: `:base` in DIR/defaults.edn, else the
    /// nearest folder above DIR with a .git, else DIR].
    #[arg(long, value_name = "DIR")]
    pub(crate) base: Option<Utf8PathBuf>,
    /// Id of the tree that its processes carry, for the command that is shown at the end.
    #[arg(long, value_name = "ID")]
    pub(crate) owner: Option<String>,
    /// The name of the app [default: NAME].
    #[arg(long, value_name = "APP")]
    pub(crate) name: Option<String>,
    /// The folder that the command runs in [default: the current one].
    #[arg(long, value_name = "DIR")]
    pub(crate) cwd: Option<Utf8PathBuf>,
    /// A variable of the app; several by repeating it.
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    pub(crate) env: Vec<(String, String)>,
    /// How many processes, or max for one per CPU.
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(crate) instances: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// The command to run, and its arguments.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

#[derive(Debug, Arguments)]
#[command(after_help = "\
A config is evaluated by node, in a process with nothing but PATH and HOME in its environment. What looks like a secret, \
or like the environment of the shell that an app was started from, is not written down but listed. PM2 itself is only \
looked at. What it runs is taken over afterwards, without a restart where it runs as declared, by `sync --adopt-all`.")]
pub(crate) struct Import {
    /// A config file (.js, .cjs, .mjs, .json, .yaml), or a dump of PM2's (dump.pm2). Left out with --from-pm2.
    #[arg(value_name = "SOURCE")]
    pub(crate) source: Option<Utf8PathBuf>,
    /// The folder that is to hold the daemons [default: ./system/daemons].
    #[arg(value_name = "DIR")]
    pub(crate) root: Option<Utf8PathBuf>,
    /// Import what PM2 runs now.
    #[arg(long)]
    pub(crate) from_pm2: bool,
    /// One daemon for the whole config file, or for each namespace of what PM2 runs [default: one for each app].
    #[arg(long)]
    pub(crate) group: bool,
    /// Write nothing; print what would be written.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// What relative paths in the EDN resolve against [default: the nearest folder above DIR with a .git, else DIR].
    #[arg(long, value_name = "DIR")]
    pub(crate) base: Option<Utf8PathBuf>,
    /// Id of the tree that its processes carry, for the commands that are shown at the end.
    #[arg(long, value_name = "ID")]
    pub(crate) owner: Option<String>,
    #[command(flatten)]
    pub(crate) pm2: Pm2,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
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
    /// Delete even most of what runs.
    #[arg(long)]
    pub(crate) allow_mass_delete: bool,
    /// What to do with apps that the tree no longer declares and that have no `:prune` of their own [default: `:prune`
    /// in the tree's defaults.edn, else auto].
    #[arg(long, value_name = "HOW", value_parser = PossibleValuesParser::new(["auto", "confirm", "never"]).try_map(|word| word.parse::<Prune>()))]
    pub(crate) prune: Option<Prune>,
}

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

#[derive(Debug, Arguments)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) tree: Tree,
    #[command(flatten)]
    pub(crate) pm2: Pm2,
    #[command(flatten)]
    pub(crate) scope: Scope,
    /// Exit with 3 if anything is to be done.
    #[arg(long)]
    pub(crate) exit_code: bool,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Arguments)]
pub(crate) struct Sync {
    #[command(flatten)]
    pub(crate) tree: Tree,
    #[command(flatten)]
    pub(crate) pm2: Pm2,
    #[command(flatten)]
    pub(crate) scope: Scope,
    #[command(flatten)]
    pub(crate) pace: Pace,
    /// Only show what would be done: the same as `plan`.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// How fast, and how patient.
#[derive(Debug, Clone, Arguments)]
pub(crate) struct Pace {
    /// Apps that are changed at once.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: u16,
    /// The longest that a new process is watched for the sake of its min_uptime.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) patience: u64,
    /// How long to wait for another run on the same tree.
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub(crate) lock_timeout: u64,
}

#[derive(Debug, Arguments)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) tree: Tree,
    #[command(flatten)]
    pub(crate) pm2: Pm2,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Arguments)]
pub(crate) struct PruneOne {
    /// The daemon: the folder below DIR that it was in, such as services/web.
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) tree: Tree,
    #[command(flatten)]
    pub(crate) pm2: Pm2,
    #[command(flatten)]
    pub(crate) pace: Pace,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Arguments)]
pub(crate) struct Down {
    #[command(flatten)]
    pub(crate) tree: Tree,
    #[command(flatten)]
    pub(crate) pm2: Pm2,
    #[command(flatten)]
    pub(crate) pace: Pace,
    /// Only these daemons: folders below DIR, such as services/web; several with commas, or by repeating it.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
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

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it has no `=`")?;
    Ok((name.to_owned(), value.to_owned()))
}
