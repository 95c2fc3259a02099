//! Where a cheaper step shows the same, and why the dearer one is taken all the same.

use crate::batches::At;
use crate::case::Mode;

/// Field, mode, and why.
pub(crate) const ACCEPTED: &[(&str, Option<Mode>, &str)] = &[];

/// Why the dearer step is taken for this one.
pub(crate) fn reason(at: At) -> Option<&'static str> {
    let fits = |(field, mode, _): &&(&str, Option<Mode>, &str)| {
        *field == at.field && mode.is_none_or(|mode| mode == at.mode)
    };
    ACCEPTED.iter().find(fits).map(|(.., why)| *why)
}
