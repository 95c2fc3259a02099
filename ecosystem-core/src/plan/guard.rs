//! The guard against deleting most of what runs by accident.

/// What the guard says to a number of deletions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Go on.
    Pass,
    /// Stop until somebody says yes.
    Hold {
        /// How many apps would go.
        deletions: usize,
        /// Of how many that are ours.
        of: usize,
    },
}

/// Up to this many apps may go without asking: renaming a pair of daemons is everyday work.
const FREE_DELETIONS: usize = 2;

impl Guard {
    /// Weighs `deletions` of `of` running apps of ours; an `empty` tree may not delete anything.
    ///
    /// An empty tree is what a failed checkout, a wrong folder or an unmounted disk look like. Beyond that,
    /// more than two and more than half is held: what remains below is what people do on purpose.
    #[must_use]
    pub fn of(deletions: usize, of: usize, empty: bool) -> Self {
        let many = deletions > FREE_DELETIONS && deletions * 2 > of;
        if deletions > 0 && (empty || many) { Guard::Hold { deletions, of } } else { Guard::Pass }
    }
}
