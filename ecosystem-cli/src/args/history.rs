//! Commands about what was applied before, and about leaving apps as they are.

use clap::Args as Arguments;

use super::{Pace, Pm2, Tree};

#[derive(Debug, Arguments)]
#[command(after_help = "\
Each change that was carried out, or tried, is a generation of its app. The last 50 of each app are kept below PM2's home.")]
pub(crate) struct History {
    /// The app [default: the last change of each app]; a folder, where nothing else is given, is DIR.
    #[arg(value_name = "APP")]
    pub(crate) app: Option<String>,
    #[command(flatten)]
    pub(crate) tree: Tree,
    #[command(flatten)]
    pub(crate) pm2: Pm2,
    /// Show what the definition was before this generation, and what it was made.
    #[arg(long, value_name = "N", requires = "app", conflicts_with = "json")]
    pub(crate) diff: Option<u64>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Arguments)]
#[command(after_help = "\
The tree stays as it is: `resume APP`, or an edit of the app, ends it. Until then neither `sync` nor the watcher changes the \
app back.")]
pub(crate) struct Rollback {
    /// The app.
    #[arg(value_name = "APP")]
    pub(crate) app: String,
    #[command(flatten)]
    pub(crate) tree: Tree,
    #[command(flatten)]
    pub(crate) pm2: Pm2,
    #[command(flatten)]
    pub(crate) pace: Pace,
    /// The generation to go back to [default: the last one that was well, before what runs now].
    #[arg(long, value_name = "N")]
    pub(crate) to: Option<u64>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Arguments)]
pub(crate) struct Suspend {
    #[command(flatten)]
    pub(crate) held: Held,
    /// Why: whoever asks what is going on is told.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
}

/// What is left alone, or no longer.
#[derive(Debug, Clone, Arguments)]
pub(crate) struct Held {
    #[command(flatten)]
    pub(crate) whom: Whom,
    #[command(flatten)]
    pub(crate) tree: Tree,
    #[command(flatten)]
    pub(crate) pm2: Pm2,
    /// How long to wait for a run on the same tree.
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub(crate) lock_timeout: u64,
}

/// One app, or all of them.
#[derive(Debug, Clone, Arguments)]
pub(crate) struct Whom {
    /// The app.
    #[arg(value_name = "APP", required_unless_present = "all")]
    pub(crate) app: Option<String>,
    /// Every app of the tree, those to come among them; what stands in APP's place is DIR then.
    #[arg(long)]
    pub(crate) all: bool,
}
