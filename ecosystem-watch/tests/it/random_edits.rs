//! A tree under many edits of all kinds at any pace: in the end PM2 has what the tree says, and did no more for it
//! than there were edits.
//!
//! `ECOSYSTEM_EDITS` is the number of edits, `ECOSYSTEM_SEED` makes a run again as far as the clock allows.

#![allow(clippy::print_stdout, reason = "who sees it fail wants to see it fail again")]

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::support::scene::{Colors, Scene, daemon, world};
use crate::support::wait::wait_until;
use crate::support::watcher::Watcher;
use crate::support::world::World;

/// Enough of them that the guard never sees most of what runs being deleted.
const BYSTANDERS: usize = 10;
/// Daemons that are edited, at most.
const MOST: usize = 8;
const LONGEST_PAUSE_MS: u64 = 400;
const FOREVER: Duration = Duration::from_secs(60);

#[test]
fn the_tree_is_followed_through_random_edits() {
    let seed = number("ECOSYSTEM_SEED").unwrap_or_else(clock);
    let edits = number("ECOSYSTEM_EDITS").unwrap_or(40);
    println!("ECOSYSTEM_SEED={seed} ECOSYSTEM_EDITS={edits}");
    let world = world();
    let bystanders = bystanders();
    let named: Vec<_> = bystanders.iter().map(|(app, color)| (app.as_str(), color.as_str())).collect();
    world.daemon("bystanders", &daemon(&named));
    let watcher = Watcher::start(&world, &["--prune-grace", "0.2"]);
    world.becomes_all(&bystanders);
    let before = world.pids();

    let mut tree =
        Tree { world: &world, dice: Dice(seed), daemons: BTreeMap::new(), edits: BTreeMap::new(), named: 0 };
    for _ in 0..edits {
        tree.edit();
        let pause = tree.dice.below(LONGEST_PAUSE_MS);
        std::thread::sleep(Duration::from_millis(pause));
    }
    tree.mend_all();

    let mut expected = bystanders;
    expected.extend(tree.colors());
    world.becomes_within(FOREVER, &expected);
    // A moved daemon has the colors that it had, and something to be done all the same.
    wait_until("nothing is left to do", FOREVER, || {
        world.command(&["plan", "--exit-code"]).output().contains("nothing to do")
    });
    world.becomes_within(FOREVER, &expected);
    let after = world.pids();
    assert!(before.iter().all(|(app, pids)| after[app] == *pids), "{before:?} {after:?}");
    for (app, edits) in &tree.edits {
        let steps = watcher.log.events("step");
        let changes = |it: &&serde_json::Value| it["action"] != "delete" && it["action"] != "ask";
        let done = steps.iter().filter(|it| it["app"] == app.as_str()).filter(changes).count();
        assert!(done <= *edits, "{app}: {done} steps for {edits} edits: {steps:#?}");
    }
}

pub(crate) fn number(variable: &str) -> Option<u64> {
    Some(std::env::var(variable).ok()?.parse().unwrap())
}

pub(crate) fn clock() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos().into()
}

fn bystanders() -> Colors {
    (0..BYSTANDERS).map(|number| (format!("bystander-{number}"), "red".to_owned())).collect()
}

/// The tree as the edits have left it.
struct Tree<'a> {
    world: &'a World,
    dice: Dice,
    daemons: BTreeMap<String, Daemon>,
    /// How often the definition of each app changed; where it stands is part of it.
    edits: BTreeMap<String, usize>,
    /// Names and ids given so far, none of them twice.
    named: usize,
}

#[derive(Default)]
struct Daemon {
    apps: Vec<(String, usize)>,
    broken: bool,
}

impl Daemon {
    fn text(&self) -> String {
        let colored: Vec<_> =
            self.apps.iter().map(|(app, color)| (app.as_str(), format!("color-{color}"))).collect();
        daemon(&colored.iter().map(|(app, color)| (*app, color.as_str())).collect::<Vec<_>>())
    }
}

impl Tree<'_> {
    fn edit(&mut self) {
        let Some(id) = self.any() else { return self.add() };
        match self.dice.below(10) {
            0 | 1 if self.daemons.len() < MOST => self.add(),
            0..=3 => self.change(&id),
            4 => self.rename(&id),
            5 => self.break_it(&id),
            6 | 7 => self.mend(&id),
            8 => self.move_it(&id),
            _ => self.remove(&id),
        }
    }

    fn any(&mut self) -> Option<String> {
        let count = u64::try_from(self.daemons.len()).unwrap();
        if count == 0 {
            return None;
        }
        let index = usize::try_from(self.dice.below(count)).unwrap();
        self.daemons.keys().nth(index).cloned()
    }

    fn new_number(&mut self) -> usize {
        self.named += 1;
        self.named
    }

    fn new_id(&mut self) -> String {
        let folder = ["", "group/", "deep/er/"][usize::try_from(self.dice.below(3)).unwrap()];
        format!("{folder}d{}", self.new_number())
    }

    fn add(&mut self) {
        let (id, count) = (self.new_id(), 1 + self.dice.below(3));
        let apps: Vec<_> = (0..count).map(|_| (format!("app-{}", self.new_number()), 0)).collect();
        self.daemons.insert(id.clone(), Daemon { apps, broken: false });
        self.touched(&id);
        self.write(&id);
    }

    fn change(&mut self, id: &str) {
        let color = self.new_number();
        let app = &mut self.daemons.get_mut(id).unwrap().apps[0];
        app.1 = color;
        *self.edits.entry(app.0.clone()).or_default() += 1;
        self.mend(id);
    }

    fn rename(&mut self, id: &str) {
        let name = format!("app-{}", self.new_number());
        self.daemons.get_mut(id).unwrap().apps[0].0.clone_from(&name);
        self.edits.insert(name, 1);
        self.mend(id);
    }

    fn break_it(&mut self, id: &str) {
        self.daemons.get_mut(id).unwrap().broken = true;
        self.write(id);
    }

    fn mend(&mut self, id: &str) {
        self.daemons.get_mut(id).unwrap().broken = false;
        self.write(id);
    }

    fn move_it(&mut self, id: &str) {
        let to = self.new_id();
        let path = self.world.root().join(&to);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::rename(self.world.root().join(id), path).unwrap();
        let daemon = self.daemons.remove(id).unwrap();
        self.daemons.insert(to.clone(), daemon);
        self.touched(&to);
    }

    fn remove(&mut self, id: &str) {
        self.daemons.remove(id);
        self.world.remove(id);
    }

    fn touched(&mut self, id: &str) {
        for (app, _) in &self.daemons[id].apps {
            *self.edits.entry(app.clone()).or_default() += 1;
        }
    }

    /// As editors do it: in place, in two halves, or by a new file that takes the old one's place.
    fn write(&mut self, id: &str) {
        let daemon = &self.daemons[id];
        let mut text = daemon.text();
        if daemon.broken {
            text.truncate(text.len() * 2 / 3);
        }
        match self.dice.below(3) {
            0 => self.world.daemon(id, &text),
            1 => {
                self.world.daemon(id, &text[..text.len() / 2]);
                self.world.daemon(id, &text);
            }
            _ => {
                let file = self.world.root().join(id).join("ecosystem.edn");
                let new = file.with_file_name(".ecosystem.edn.swp");
                std::fs::create_dir_all(file.parent().unwrap()).unwrap();
                std::fs::write(&new, text).unwrap();
                std::fs::rename(new, file).unwrap();
            }
        }
    }

    fn mend_all(&mut self) {
        let broken = self.daemons.iter().filter(|(_, daemon)| daemon.broken).map(|(id, _)| id.clone());
        for id in broken.collect::<Vec<_>>() {
            self.mend(&id);
        }
    }

    fn colors(&self) -> Colors {
        let apps = self.daemons.values().flat_map(|daemon| &daemon.apps);
        apps.map(|(app, color)| (app.clone(), format!("color-{color}"))).collect()
    }
}

/// Numbers that look like chance (splitmix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }

    pub(crate) fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        let index = self.below(u64::try_from(choices.len()).unwrap());
        choices[usize::try_from(index).unwrap()].clone()
    }

    pub(crate) fn shuffled<T: Clone>(&mut self, all: &[T]) -> Vec<T> {
        let mut left = all.to_vec();
        let mut shuffled = Vec::new();
        while !left.is_empty() {
            let index = self.below(u64::try_from(left.len()).unwrap());
            shuffled.push(left.remove(usize::try_from(index).unwrap()));
        }
        shuffled
    }
}
