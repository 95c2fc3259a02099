//! How much of the table is to be tried: `ECOSYSTEM_TRUTH`.

use crate::case::Case;

/// What `ECOSYSTEM_TRUTH` asks for.
pub(crate) enum Asked {
    /// Nothing: a slice of the table that has every kind of step and of observation in it.
    Slice,
    /// `full`: everything, compared with the page that was written.
    Full,
    /// `write`: everything, and the page is written.
    Write,
    /// `cwd,watch`: the cases of these fields, told as they come.
    Fields(Vec<String>),
}

/// The slice: field and change.
pub(crate) const SLICE: &[(&str, &str)] = &[
    ("script", "change"),
    ("name", "change"),
    ("cwd", "remove"),
    ("args", "remove"),
    ("uid", "set"),
    ("instances", "change"),
    ("instances", "change to less"),
    ("exec_mode", "change"),
    ("env", "rename a variable"),
    ("increment_var", "kept, its variable changed"),
    ("out_file", "change"),
    ("log_date_format", "remove"),
    ("pid_file", "change"),
    ("pmx", "set"),
    ("post_update", "change"),
    ("username", "set"),
    ("autorestart", "set"),
    ("max_memory_restart", "remove"),
    ("watch", "set"),
    ("kill_timeout", "change"),
];

impl Asked {
    pub(crate) fn from_environment() -> Self {
        match std::env::var("ECOSYSTEM_TRUTH").unwrap_or_default().as_str() {
            "" => Self::Slice,
            "full" => Self::Full,
            "write" => Self::Write,
            fields => Self::Fields(fields.split(',').map(str::to_owned).collect()),
        }
    }

    pub(crate) fn has(&self, case: &Case) -> bool {
        // PM2 starts processes of other accounts only as root.
        let possible = rustix::process::geteuid().is_root() || !["uid", "gid"].contains(&case.field);
        possible && self.names(case)
    }

    fn names(&self, case: &Case) -> bool {
        match self {
            Self::Slice => SLICE.contains(&(case.field, case.change)),
            Self::Full | Self::Write => true,
            Self::Fields(fields) => fields.iter().any(|field| field == case.field),
        }
    }

    /// Whether everything is tried, so that what is nowhere seen is nowhere.
    pub(crate) fn is_whole(&self) -> bool {
        matches!(self, Self::Full | Self::Write)
    }
}
