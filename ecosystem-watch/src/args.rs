//! The command line.

use std::time::Duration;

use camino::Utf8PathBuf;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{ArgAction, Parser};
use ecosystem_core::model::Prune;
use ecosystem_core::os::place::Named;
use ecosystem_core::os::pressure::Limit;

use crate::speak::Format;

/// Watch a tree of declarative EDN and keep PM2's running set equal to it.
///
/// SIGHUP makes it look at once, and try again what it had given up on. SIGTERM and SIGINT end it after the step in
/// hand; what it started keeps running.
#[derive(Debug, Parser)]
#[command(name = "ecosystem-watch", version, max_term_width = 110)]
pub(crate) struct Args {
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
    /// The pm2 program that starts PM2's daemon when it is not up.
    #[arg(long, value_name = "FILE")]
    pub(crate) pm2: Option<Utf8PathBuf>,
    /// PM2's home [default: $PM2_HOME, else ~/.pm2].
    #[arg(long, value_name = "DIR")]
    pub(crate) pm2_home: Option<Utf8PathBuf>,
    /// Use a PM2 of this major version although nothing was tried on it.
    #[arg(long, value_name = "MAJOR")]
    pub(crate) allow_pm2: Option<u64>,
    /// How long the tree must be quiet before it is looked at.
    #[arg(long, value_name = "MS", default_value = "100", value_parser = milliseconds)]
    pub(crate) debounce: Duration,
    /// How often to look without a hint, give or take a tenth.
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub(crate) resync: Duration,
    /// Put back what was changed or deleted by hand.
    #[arg(long, value_name = "on|off", default_value = "on", action = ArgAction::Set, value_parser = on_off())]
    pub(crate) self_heal: bool,
    /// Start again what was stopped by hand (pm2 stop).
    #[arg(long)]
    pub(crate) heal_stopped: bool,
    /// What to do with apps that the tree no longer declares and that have no `:prune` of their own [default: `:prune`
    /// in the tree's defaults.edn, else auto].
    #[arg(long, value_name = "HOW",
          value_parser = PossibleValuesParser::new(["auto", "confirm", "never"]).try_map(|word| word.parse::<Prune>()))]
    pub(crate) prune: Option<Prune>,
    /// How long a daemon must be gone from the tree before its processes are deleted.
    #[arg(long, value_name = "SECONDS", default_value = "3", value_parser = seconds_or_none)]
    pub(crate) prune_grace: Duration,
    /// Keep PM2's dump in step, as `pm2 save` would.
    #[arg(long)]
    pub(crate) save: bool,
    /// How to speak.
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(crate) log_format: Format,
    /// Also say when it has looked and when a step begins.
    #[arg(long, short)]
    pub(crate) verbose: bool,
    /// Apps that are changed at once.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: u16,
    /// From what pressure on apps are started one a second: the share of the last ten seconds in which somebody waited
    /// for a processor or a disk, or, a tenth of it, for memory (/proc/pressure).
    #[arg(long, value_name = "PERCENT|off", default_value_t)]
    pub(crate) pressure: Limit,
    /// The longest that a new process is watched for the sake of its min_uptime, if nothing else is to be done.
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds_or_none)]
    pub(crate) patience: Duration,
    /// Replace, from outside, the watcher that PM2 runs in this daemon. Started by the watcher itself.
    #[arg(long, value_name = "ID", hide = true)]
    pub(crate) succeed: Option<String>,
}

impl Args {
    /// Which tree is meant.
    pub(crate) fn named(&self) -> Named<'_> {
        let (root, base) = (self.root.as_deref(), self.base.as_deref());
        Named { root, base, owner: self.owner.as_deref(), profile: self.profile.as_deref() }
    }
}

fn on_off() -> impl clap::builder::TypedValueParser<Value = bool> {
    PossibleValuesParser::new(["on", "off"]).map(|word| word == "on")
}

fn milliseconds(text: &str) -> Result<Duration, String> {
    match text.parse::<u32>() {
        Ok(count @ 1..) => Ok(Duration::from_millis(count.into())),
        _ => Err("expected a number of milliseconds, at least 1".to_owned()),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    match seconds_or_none(text) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("expected a number of seconds above 0, such as 60 or 0.5".to_owned()),
    }
}

fn seconds_or_none(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let seconds = seconds.filter(|duration| *duration <= LONGEST);
    seconds.ok_or_else(|| "expected a number of seconds up to a year, such as 3 or 0.5".to_owned())
}

/// Times of the machine's clock end somewhere: none that is meant lies beyond this.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);
