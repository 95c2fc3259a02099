//! The outside world of one pass: files, PM2 and the state folder as values, with something going wrong or happening
//! meanwhile at each call.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use ecosystem_core::converge::{
    Discarded, Host, HostError, Outcome, Progress, Reading, Tree, WriteOutcome, Written,
};
use ecosystem_core::history::{Change, Generation, add, next_number};
use ecosystem_core::model::{AppName, DaemonId, Owner};
use ecosystem_core::plan::{Inventory, Plan, Policy};
use ecosystem_core::pm2::observed::{Listening, Observed};
use ecosystem_core::pm2::{FileKind, Machine, Questions};
use ecosystem_core::render::GeneratedFile;

use crate::files::Files;
use crate::laws::{OWNER, Seen, text};
use crate::pm2_model::Pm2Model;
use crate::script::{Fault, Upset, Upsets};
use crate::world::World;

/// One pass's way to the world.
pub struct SimHost<'w> {
    pub world: &'w mut World,
    pub policy: Policy,
    upsets: Upsets,
    calls: u32,
    /// The tool has been killed: nothing that it would do after that is done.
    pub dead: bool,
    /// What was read, and what PM2 had when it was asked.
    files: Files,
    reading: Option<Rc<Reading>>,
    pub seen: Pm2Model,
    pub inventory: Inventory,
    narrow: bool,
    unwritten: bool,
}

/// What a call comes to beside what it does.
pub enum Luck {
    Good,
    Fault(Fault),
}

impl<'w> SimHost<'w> {
    pub fn new(world: &'w mut World, policy: Policy, upsets: Upsets) -> Self {
        let files = world.files.clone();
        let seen = Pm2Model::default();
        Self {
            world,
            policy,
            upsets,
            calls: 0,
            dead: false,
            files,
            reading: None,
            seen,
            inventory: Inventory::default(),
            narrow: false,
            unwritten: false,
        }
    }

    /// Something may happen before a call, or to it.
    pub fn call(&mut self) -> Luck {
        if self.dead {
            return Luck::Fault(Fault::Killed);
        }
        self.calls += 1;
        let mut luck = Luck::Good;
        let (now, later) =
            std::mem::take(&mut self.upsets).into_iter().partition(|(at, _)| *at == self.calls);
        self.upsets = later;
        let now: Upsets = now;
        for (_, upset) in now {
            match upset {
                Upset::Hand(hand) => self.world.hand(hand),
                Upset::Edit(edit) => self.world.edit(&edit),
                Upset::Fault(fault) => {
                    self.world.laws.count(&format!("fault {fault:?}"));
                    luck = Luck::Fault(fault);
                }
            }
        }
        if let Luck::Fault(Fault::Killed) = luck {
            self.dead = true;
        }
        if let Luck::Fault(Fault::Pm2Dies) = luck {
            self.world.kill_pm2();
        }
        luck
    }

    /// A call that is done or not: what it gives to the tool.
    fn simple<T>(&mut self, done: impl FnOnce(&mut Self) -> T) -> Result<T, HostError> {
        let failed = |what: &str| Err(HostError::new(what.to_owned()));
        match self.call() {
            Luck::Good => Ok(done(self)),
            Luck::Fault(Fault::KilledAfter) => {
                let value = done(self);
                self.dead = true;
                Ok(value)
            }
            Luck::Fault(Fault::LostReply) => {
                done(self);
                failed("nobody answers")
            }
            Luck::Fault(_) => failed("it does not work"),
        }
    }

    fn readable(&mut self, tree: Tree, narrow: bool) -> Tree {
        self.files = self.world.files.clone();
        self.narrow = narrow;
        self.reading = Some(self.world.reading(&tree));
        tree
    }
}

impl Host for SimHost<'_> {
    fn tree(&mut self) -> Result<Tree, HostError> {
        self.simple(|host| {
            let tree = host.world.files.tree();
            host.readable(tree, false)
        })
    }

    fn daemons(&mut self, daemons: &BTreeSet<DaemonId>) -> Option<Tree> {
        let tree = self.simple(|host| host.world.files.some(daemons)).ok()??;
        Some(self.readable(tree, true))
    }

    fn write(&mut self, files: &[GeneratedFile], _: &dyn Progress) -> Vec<Written> {
        let write = |file: &GeneratedFile| {
            let result = self.simple(|host| {
                host.world.laws.no_secret(&file.path, &file.text);
                host.world.dist.insert(file.path.clone(), file.text.clone());
                WriteOutcome::Written
            });
            Written { path: file.path.clone(), result: result.map_err(|error| error.message) }
        };
        files.iter().map(write).collect()
    }

    fn machine(&mut self, questions: &Questions) -> Result<Machine, HostError> {
        let variables = self.world.files.variables();
        self.simple(|host| machine(questions, host.world.files.env_file().as_deref(), &variables))
    }

    fn observe(&mut self, apps: Option<&BTreeSet<String>>) -> Result<Observed, HostError> {
        let list = self.simple(|host| {
            host.seen = host.world.pm2.clone();
            host.world.pm2.up.then(|| host.world.pm2.list())
        })?;
        let mut list = list.ok_or_else(|| HostError::new("PM2 is not there"))?;
        list.retain(|entry| {
            apps.is_none_or(|apps| entry["name"].as_str().is_some_and(|name| apps.contains(name)))
        });
        let observed = Observed::read(list).map_err(|error| HostError::new(error.to_string()))?;
        Ok(Observed { at: Some(self.seen.now), ..observed })
    }

    /// Nobody listens: apps say no ports here.
    fn listening(&mut self, _: &BTreeSet<u32>) -> Listening {
        Listening::default()
    }

    fn inventory(&mut self) -> Result<Inventory, HostError> {
        let kept = self.simple(|host| host.world.kept.inventory.clone())?;
        let started_at = self.world.pm2.started_at;
        self.inventory = match kept {
            None => Inventory::default(),
            Some((under, inventory)) if under == started_at => inventory,
            Some((_, inventory)) => inventory.under_another_daemon(),
        };
        Ok(self.inventory.clone())
    }

    fn remember(&mut self, inventory: &Inventory) -> Result<(), HostError> {
        let inventory = inventory.clone();
        let result = self.simple(|host| {
            let written = serde_json::to_string(&inventory).unwrap_or_default();
            host.world.laws.no_secret("the inventory", &written);
            host.world.kept.inventory = Some((host.world.pm2.started_at, inventory));
        });
        self.unwritten |= result.is_err();
        result
    }

    fn apply(&mut self, plan: &Plan, observed: &Observed, _: &dyn Progress) -> Vec<Outcome> {
        if let (Some(reading), false) = (self.reading.take(), self.dead) {
            let seen = Seen {
                files: &self.files,
                reading: &reading,
                pm2: &self.seen,
                inventory: &self.inventory,
                policy: &self.policy,
                narrow: self.narrow,
            };
            self.world.laws.judge(plan, &seen);
            self.world.laws.acted(&seen, !self.unwritten);
        }
        self.carry_out(plan, observed)
    }

    fn history(&mut self, app: &AppName) -> Result<Vec<Generation>, HostError> {
        self.simple(|host| host.world.kept.history.get(app.as_str()).cloned().unwrap_or_default())
    }

    fn record(&mut self, changes: Vec<Change>) -> Result<Vec<u64>, HostError> {
        self.simple(|host| changes.into_iter().map(|change| host.record_one(change)).collect())
    }

    fn discard(&mut self, daemons: &[DaemonId]) -> Vec<Discarded> {
        let discard = |daemon: &DaemonId| {
            let result = self.simple(|host| {
                host.world.dist.remove(&format!("{daemon}/dist/ecosystem.config.mjs")).is_some()
            });
            Discarded { daemon: daemon.clone(), result: result.map_err(|error| error.message) }
        };
        daemons.iter().map(discard).collect()
    }
}

impl SimHost<'_> {
    fn record_one(&mut self, change: Change) -> u64 {
        let written = serde_json::to_string(&change).unwrap_or_default();
        self.world.laws.no_secret("the history", &written);
        let history = self.world.kept.history.entry(change.app.to_string()).or_default();
        let number = next_number(history);
        let generation = Generation { number, at: self.world.pm2.now, by: "simulation".to_owned(), change };
        self.world.laws.no_secret("the history", &text(&generation.change.why));
        add(history, generation, 5);
        number
    }
}

/// A machine on which every program is installed, and every script but one is there.
pub fn machine(
    questions: &Questions,
    env_file: Option<&str>,
    environment: &BTreeMap<String, String>,
) -> Machine {
    let kind = |path: &camino::Utf8Path| match path.file_name() {
        Some("missing.js") => FileKind::Missing,
        _ if path.extension().is_some() => FileKind::Text,
        _ => FileKind::Folder,
    };
    let program = |name: &String| (name.clone(), Some(format!("/bin/{name}").into()));
    let contents = |path: &camino::Utf8PathBuf| (path.clone(), Ok(env_file.map(str::to_owned)));
    Machine {
        owner: Owner::new(OWNER),
        base: "/base".into(),
        pm2_home: "/home/.pm2".into(),
        pm2_version: "7.0.4".into(),
        pm2_lib: None,
        node: "/bin/node".into(),
        cpus: 2,
        username: "tester".into(),
        is_root: false,
        daemon_env: BTreeMap::from([("PATH".into(), "/bin".into()), ("HOME".into(), "/home".into())]),
        programs: questions.programs.iter().map(program).collect(),
        files: questions.files.iter().map(|path| (path.clone(), kind(path))).collect(),
        env_files: questions.env_files.iter().map(contents).collect(),
        environment: environment.clone(),
        users: BTreeMap::new(),
        groups: BTreeMap::new(),
    }
}
