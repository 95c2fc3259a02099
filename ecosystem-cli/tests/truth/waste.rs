//! Where a cheaper step shows the same, and why the dearer one is taken all the same.

use crate::batches::At;
use crate::case::Mode;

/// Field, mode, and why.
pub(crate) const ACCEPTED: &[(&str, Mode, &str)] = &[
    ("autostart", Mode::Cluster, "an app that does not run has no worker that could hand over"),
    ("cron_restart", Mode::Cluster, "one step for all changes of it, of which one needs it"),
    (
        "execute_command",
        Mode::Cluster,
        "it changes the mode: a reload starts the new process beside the old one, with which it shares no port",
    ),
];

/// Why the dearer step is taken for this one.
pub(crate) fn reason(at: At) -> Option<&'static str> {
    let fits = |(field, mode, _): &&(&str, Mode, &str)| (*field, *mode) == (at.field, at.mode);
    ACCEPTED.iter().find(fits).map(|(.., why)| *why)
}
