//! The command line.

use camino::Utf8PathBuf;
use clap::Parser;

use crate::speak::Format;

/// Watch a tree of declarative EDN and keep PM2's running set equal to it.
#[derive(Debug, Parser)]
#[command(name = "ecosystem-watch", version, max_term_width = 110)]
pub(crate) struct Args {
    /// The folder that holds the daemons [default: ./system/daemons where that exists].
    #[arg(value_name = "DIR")]
    pub(crate) root: Option<Utf8PathBuf>,
    /// What relative paths in the EDN resolve against [default: the nearest folder above DIR with a .git, else DIR].
    #[arg(long, value_name = "DIR")]
    pub(crate) base: Option<Utf8PathBuf>,
    /// Id of the tree that its processes carry [default: the absolute path of DIR].
    #[arg(long, value_name = "ID")]
    pub(crate) owner: Option<String>,
    /// The pm2 program that starts PM2's daemon when it is not up.
    #[arg(long, value_name = "FILE")]
    pub(crate) pm2: Option<Utf8PathBuf>,
    /// PM2's home [default: $PM2_HOME, else ~/.pm2].
    #[arg(long, value_name = "DIR")]
    pub(crate) pm2_home: Option<Utf8PathBuf>,
    /// How long the tree must be quiet before it is looked at, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) debounce: u64,
    /// How often to look without a hint, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) resync: u64,
    /// What the log on stdout looks like: a line of text for each thing that happens, or a JSON object.
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(crate) log_format: Format,
    /// Say also that it looked and found everything right.
    #[arg(long, short)]
    pub(crate) verbose: bool,
}
