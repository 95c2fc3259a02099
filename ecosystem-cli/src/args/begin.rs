//! Commands that write sources which were not there.

use camino::Utf8PathBuf;
use clap::Args as Arguments;

use super::Pm2;

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

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it has no `=`")?;
    Ok((name.to_owned(), value.to_owned()))
}
