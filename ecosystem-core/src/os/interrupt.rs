//! Telling a pass at work to hurry or to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that a pass looks at and that anybody who has a clone of it can raise.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<Flags>);

#[derive(Debug, Default)]
struct Flags {
    hurry: AtomicBool,
    end: AtomicBool,
}

impl Interrupt {
    /// There is more to do: new processes are no longer watched for the sake of their `min_uptime`. Whether they
    /// stay up shows in a later pass.
    pub fn hurry(&self) {
        self.0.hurry.store(true, Ordering::Relaxed);
    }

    /// The program is to end: no further step is taken, and those in hand are not watched any longer.
    pub fn end(&self) {
        self.0.end.store(true, Ordering::Relaxed);
    }

    /// Takes [`hurry`](Self::hurry) back, before the next pass.
    pub fn calm(&self) {
        self.0.hurry.store(false, Ordering::Relaxed);
    }

    /// Whether the program is to end.
    #[must_use]
    pub fn ends(&self) -> bool {
        self.0.end.load(Ordering::Relaxed)
    }

    /// Whether nothing is to be waited for that can be waited for later.
    #[must_use]
    pub fn hurries(&self) -> bool {
        self.ends() || self.0.hurry.load(Ordering::Relaxed)
    }
}
