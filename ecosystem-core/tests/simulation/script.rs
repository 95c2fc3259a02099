//! What happens in one run: events that follow from a seed, as data, so that each can be taken out again.

use crate::files::{Edit, Files, NAMES};
use crate::random::Random;

/// One thing after the other.
pub type Script = Vec<Event>;

#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Somebody edits the tree.
    Edit(Edit),
    /// Somebody uses PM2.
    Hand(Hand),
    /// Somebody runs `ecosystem-cli sync`.
    Sync(Options, Upsets),
    /// Time goes by, and the watcher looks when it has reason to.
    Wait(u64, Upsets),
    /// The watcher is started anew: what it kept in memory is gone.
    NewWatcher,
    /// SIGHUP: everything is tried again.
    BeginAnew,
}

/// What `sync` is told.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Options {
    pub allow_mass_delete: bool,
    pub confirmed: bool,
    pub adopt_all: bool,
    /// The number of an app that may be taken over whoever owns it.
    pub adopt: Option<usize>,
    pub dry_run: bool,
}

/// What goes wrong, or happens meanwhile, at which call of a pass.
pub type Upsets = Vec<(u32, Upset)>;

#[derive(Debug, Clone, PartialEq)]
pub enum Upset {
    Fault(Fault),
    Hand(Hand),
    Edit(Edit),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is not done, and that is said.
    Refused,
    /// It is not done, and nobody answers.
    Silence,
    /// It is done, and the answer is lost.
    LostReply,
    /// PM2's daemon ends.
    Pm2Dies,
    /// The tool is killed before this call.
    Killed,
    /// The tool is killed when this call is done.
    KilledAfter,
}

/// What a person does with PM2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    Stop(usize),
    Start(usize),
    Restart(usize),
    /// With the environment of a shell, which has a variable of its own and maybe one that the app declares.
    RestartWithShell(usize, bool),
    Delete(usize),
    DeleteOne(usize),
    /// A process of somebody else, maybe of another tree, maybe by a name that the tree may declare.
    StartForeign {
        name: usize,
        of_another_tree: bool,
    },
    DeleteForeign,
    Save,
    Kill,
    KillAndResurrect,
}

impl Hand {
    fn random(random: &mut Random) -> Self {
        let name = random.below(NAMES);
        match random.below(24) {
            0..=2 => Hand::Stop(name),
            3..=4 => Hand::Start(name),
            5..=7 => Hand::Restart(name),
            8..=10 => Hand::RestartWithShell(name, random.one_in(2)),
            11..=13 => Hand::Delete(name),
            14..=15 => Hand::DeleteOne(name),
            16..=18 => {
                Hand::StartForeign { name: random.below(NAMES * 2), of_another_tree: random.one_in(3) }
            }
            19 => Hand::DeleteForeign,
            20..=21 => Hand::Save,
            22 => Hand::Kill,
            _ => Hand::KillAndResurrect,
        }
    }
}

/// How the watcher of a run is set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Watching {
    pub heal_stopped: bool,
    pub self_heal: bool,
    pub grace: u64,
}

/// The watcher's options and the events of a seed.
pub fn of_seed(seed: u64) -> (Watching, Script) {
    let mut random = Random::new(seed);
    let watching = Watching {
        heal_stopped: random.one_in(3),
        self_heal: !random.one_in(3),
        grace: random.of(&[0, 3000, 3000]),
    };
    let mut kept = Files::default();
    let mut script = Vec::new();
    if !random.one_in(8) {
        let secrets = [Edit::Environment(1), Edit::EnvFile(1)];
        secrets.iter().for_each(|edit| kept.edit(edit));
        script.extend(secrets.map(Event::Edit));
    }
    for _ in 0..2 + random.below(5) {
        let edit = Edit::Put(random.below(4), crate::files::AppText::random(&mut random));
        kept.edit(&edit);
        script.push(Event::Edit(edit));
    }
    for _ in 0..6 + random.below(14) {
        script.push(event(&mut random, &kept));
    }
    (watching, script)
}

fn event(random: &mut Random, kept: &Files) -> Event {
    match random.below(20) {
        0..=6 => Event::Edit(Edit::random(random, kept)),
        7..=9 => Event::Hand(Hand::random(random)),
        10..=12 => Event::Sync(options(random), upsets(random, kept)),
        13..=17 => Event::Wait(random.of(&[50, 500, 3000, 20_000, 700_000]), upsets(random, kept)),
        18 => Event::NewWatcher,
        _ => Event::BeginAnew,
    }
}

fn options(random: &mut Random) -> Options {
    Options {
        allow_mass_delete: random.one_in(3),
        confirmed: random.one_in(6),
        adopt_all: random.one_in(6),
        adopt: random.one_in(6).then(|| random.below(NAMES)),
        dry_run: random.one_in(8),
    }
}

fn upsets(random: &mut Random, kept: &Files) -> Upsets {
    let count = if random.one_in(2) { 0 } else { random.below(3) };
    let mut upsets: Upsets = Vec::new();
    for _ in 0..count {
        let at = 1 + random.below(22) as u32;
        let upset = match random.below(6) {
            0 => Upset::Hand(Hand::random(random)),
            1 => Upset::Edit(Edit::random(random, kept)),
            _ => Upset::Fault(fault(random)),
        };
        upsets.push((at, upset));
    }
    upsets
}

fn fault(random: &mut Random) -> Fault {
    use Fault::{Killed, KilledAfter, LostReply, Pm2Dies, Refused, Silence};
    random.of(&[Refused, Refused, Silence, LostReply, LostReply, Pm2Dies, Killed, KilledAfter])
}
