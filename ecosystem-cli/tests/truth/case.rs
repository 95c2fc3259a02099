//! A case: one change of one field, and what shows whether it took effect.

use crate::batches::At;
use crate::stage::Side;
use crate::subject::Look;

/// One change of one field.
pub(crate) struct Case {
    /// The key as PM2's schema names it.
    pub(crate) field: &'static str,
    /// What is done to it: `set`, `change`, `remove`, or more words where there is more to tell apart.
    pub(crate) change: &'static str,
    /// Where it is tried.
    pub(crate) modes: Modes,
    /// Members of the app's map in EDN, before and after.
    pub(crate) before: &'static str,
    pub(crate) after: &'static str,
    /// The program that runs: its file's name in the base folder.
    pub(crate) program: &'static str,
    /// What shows it.
    pub(crate) look: Look,
    /// Why PM2 shows no difference even when started fresh, and on which major version, if not on all.
    pub(crate) never: Option<(Option<u64>, &'static str)>,
    /// Whether it needs a PM2 without other cases: it may end it.
    pub(crate) apart: bool,
    /// A major version of PM2 whose own program is not given it, and why.
    pub(crate) unfit: Option<(u64, &'static str)>,
}

/// Modes that a case is tried in. Cluster only where the field can mean something else there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Modes {
    Fork,
    Cluster,
    Both,
}

/// How the app runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mode {
    Fork,
    Cluster,
}

impl Mode {
    pub(crate) const ALL: [Mode; 2] = [Mode::Fork, Mode::Cluster];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Mode::Fork => "fork",
            Mode::Cluster => "cluster",
        }
    }
}

impl Modes {
    pub(crate) fn have(self, mode: Mode) -> bool {
        match self {
            Modes::Fork => mode == Mode::Fork,
            Modes::Cluster => mode == Mode::Cluster,
            Modes::Both => true,
        }
    }
}

/// A case in fork mode, with the program that tells about itself.
pub(crate) const fn case(
    field: &'static str,
    change: &'static str,
    before: &'static str,
    after: &'static str,
    look: Look,
) -> Case {
    let program = "app.cjs";
    Case {
        field,
        change,
        modes: Modes::Fork,
        before,
        after,
        program,
        look,
        never: None,
        apart: false,
        unfit: None,
    }
}

impl Case {
    /// In cluster mode too.
    pub(crate) const fn both(self) -> Self {
        self.modes(Modes::Both)
    }

    pub(crate) const fn modes(mut self, modes: Modes) -> Self {
        self.modes = modes;
        self
    }

    pub(crate) const fn running(mut self, program: &'static str) -> Self {
        self.program = program;
        self
    }

    /// PM2 does nothing with it, for this reason: before and after must look the same.
    pub(crate) const fn never(mut self, evidence: &'static str) -> Self {
        self.never = Some((None, evidence));
        self
    }

    /// The same on one major version.
    pub(crate) const fn never_on(mut self, major: u64, evidence: &'static str) -> Self {
        self.never = Some((Some(major), evidence));
        self
    }

    pub(crate) const fn apart(mut self) -> Self {
        self.apart = true;
        self
    }

    pub(crate) const fn unfit(mut self, major: u64, why: &'static str) -> Self {
        self.unfit = Some((major, why));
        self
    }

    /// Whether it is the case that was measured there.
    pub(crate) fn is(&self, at: At) -> bool {
        (self.field, self.change) == (at.field, at.change) && self.modes.have(at.mode)
    }

    /// Why this version does nothing with it; `None` where it does.
    pub(crate) fn never_at(&self, version: &str) -> Option<&'static str> {
        let (major, evidence) = self.never?;
        major.is_none_or(|major| version.starts_with(&format!("{major}."))).then_some(evidence)
    }

    /// Whether it may be given to that version's own program.
    pub(crate) fn fits(&self, version: &str) -> bool {
        self.unfit.is_none_or(|(major, _)| !version.starts_with(&format!("{major}.")))
    }

    /// The app's name, the same in every PM2 it runs in.
    pub(crate) fn app(&self) -> String {
        let kept = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        let words: String = format!("{} {}", self.field, self.change).chars().map(kept).collect();
        words.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
    }

    /// Its members of the app's map on one side of the change.
    pub(crate) fn members(&self, side: Side) -> &'static str {
        match side {
            Side::Before => self.before,
            Side::After => self.after,
        }
    }

    /// The name it goes by with these members.
    pub(crate) fn app_with(&self, members: &str) -> String {
        let named = members.split_once(":name \"").and_then(|(_, rest)| rest.split_once('"'));
        named.map_or_else(|| self.app(), |(name, _)| name.to_owned())
    }

    /// Whether it is about PM2's own module in the process, by the other key of that.
    fn automation(&self) -> bool {
        self.before.contains(":automation ") || self.after.contains(":automation ")
    }

    /// A daemon of this one app.
    pub(crate) fn daemon(&self, mode: Mode, members: &str) -> String {
        let unless = |key: &str, member: String| {
            if self.before.contains(key) || self.after.contains(key) { String::new() } else { member }
        };
        let name = if members.contains(":name ") { String::new() } else { format!(":name {:?}", self.app()) };
        let script = unless(":script ", format!(":script {:?}", self.program));
        let mode = unless(":exec_mode ", format!(":exec_mode {:?}", mode.word()));
        // PM2's own module in the process takes as long to load as all else: without it where no case is about it.
        let module = if self.automation() { String::new() } else { unless(":pmx ", ":pmx false".to_owned()) };
        format!("{{:apps [{{{name} {script} {mode} {module} {members}}}]}}\n")
    }
}
