//! Commands about what PM2 runs.

use camino::Utf8PathBuf;
use clap::Args as Arguments;
use ecosystem_core::os::pressure::Limit;

use super::{Pm2, Scope, Tree};

#[derive(Debug, Arguments)]
#[command(after_help = "\
What --out writes says what is shown here, and on what grounds: what is masked here is not in it. Only whoever made it can \
read it, and carry it out with `sync --plan`.")]
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
    /// Also write the plan to this file, for `sync --plan`; an earlier plan of that name is replaced.
    #[arg(long, value_name = "FILE", value_parser = a_file)]
    pub(crate) out: Option<Utf8PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Arguments)]
#[command(after_help = "\
With --plan the tree, PM2's home and what is allowed come out of the file. The plan is made anew, and where it is not the very \
same, nothing is written or applied, the differences are shown, and the exit code is 1.")]
pub(crate) struct Sync {
    #[command(flatten)]
    pub(crate) tree: Tree,
    #[command(flatten)]
    pub(crate) pm2: Pm2,
    #[command(flatten)]
    pub(crate) scope: Scope,
    #[command(flatten)]
    pub(crate) pace: Pace,
    /// Do what this plan says, which `plan --out` has written, or nothing if that is not the plan any more.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["profile", "only", "adopt", "adopt_all", "change", "allow_mass_delete", "prune", "dry_run"]
    )]
    pub(crate) plan: Option<Utf8PathBuf>,
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
    /// From what pressure on apps are started one a second: the share of the last ten seconds in which somebody waited
    /// for a processor or a disk, or, a tenth of it, for memory (/proc/pressure).
    #[arg(long, value_name = "PERCENT|off", default_value_t)]
    pub(crate) pressure: Limit,
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

/// What is private is not written to a pipe or a terminal.
fn a_file(text: &str) -> Result<Utf8PathBuf, &'static str> {
    match text {
        "" | "-" => Err("a plan is written to a file; --json shows it to programs"),
        path => Ok(path.into()),
    }
}
