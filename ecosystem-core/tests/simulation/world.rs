//! Everything there is in one run, and what each event does to it.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::{Duration, Instant};

use ecosystem_core::converge::{
    Expected, Extent, HostError, Pass, Reading, Report, Silent, Tree, converge, read,
};
use ecosystem_core::diagnostic::Source;
use ecosystem_core::history::Generation;
use ecosystem_core::model::DaemonId;
use ecosystem_core::plan::{Inventory, Policy};
use ecosystem_core::render::{GeneratedBy, Layout};
use serde_json::{Value as Json, json};

use crate::files::{Edit, Files, NAMES, app_name};
use crate::host::SimHost;
use crate::laws::{Laws, OWNER};
use crate::pm2_model::{Pm2Model, Record};
use crate::script::{Event, Hand, Options, Upsets, Watching};
use crate::watcher::{Hint, Watcher};

pub struct World {
    pub files: Files,
    pub pm2: Pm2Model,
    pub kept: Kept,
    pub dist: BTreeMap<String, String>,
    pub watcher: Watcher,
    pub laws: Laws,
    /// What the tree said when it was last read: most looks find it as it was.
    reading: Option<(Tree, Rc<Reading>)>,
    epoch: Instant,
}

/// What tools have written down for the next time.
#[derive(Debug, Default)]
pub struct Kept {
    /// With the start of the PM2 under which it was.
    pub inventory: Option<(u64, Inventory)>,
    pub history: BTreeMap<String, Vec<Generation>>,
}

/// Some day in 2026.
const BEGINNING: u64 = 1_780_000_000_000;

impl World {
    pub fn new(watching: Watching, epoch: Instant) -> Self {
        Self {
            files: Files::default(),
            pm2: Pm2Model::launched(BEGINNING),
            kept: Kept::default(),
            dist: BTreeMap::new(),
            watcher: Watcher::new(watching, epoch),
            laws: Laws::default(),
            reading: None,
            epoch,
        }
    }

    pub fn now(&self) -> Instant {
        self.epoch + Duration::from_millis(self.pm2.now - BEGINNING)
    }

    /// What a tree says.
    pub fn reading(&mut self, tree: &Tree) -> Rc<Reading> {
        if let Some((_, reading)) = self.reading.as_ref().filter(|(before, _)| before == tree) {
            return Rc::clone(reading);
        }
        let reading = Rc::new(read(tree.clone()));
        self.reading = Some((tree.clone(), Rc::clone(&reading)));
        reading
    }

    pub fn happen(&mut self, event: &Event) {
        match event {
            Event::Edit(edit) => self.edit(edit),
            Event::Hand(hand) => self.hand(*hand),
            Event::Sync(options, upsets) => {
                let _ = self.sync(*options, upsets.clone());
            }
            Event::Wait(milliseconds, upsets) => self.wait(*milliseconds, upsets.clone()),
            Event::NewWatcher => self.watcher = self.watcher.anew(self.now()),
            Event::BeginAnew => self.watcher.begin_anew(),
        }
        if std::mem::take(&mut self.pm2.broken_by_a_call) {
            self.laws.broke("no call ends PM2", format!("{event:?}"));
        }
    }

    /// `ecosystem-cli sync`.
    pub fn sync(&mut self, options: Options, upsets: Upsets) -> Option<Report> {
        let policy = Policy {
            allow_mass_delete: options.allow_mass_delete,
            confirmed: options.confirmed,
            adopt_all: options.adopt_all,
            adopt: options.adopt.map(app_name).into_iter().collect(),
            retry: true,
            ..Policy::default()
        };
        let before = self.pm2.list().len();
        let report = self.pass(policy, Extent::Whole, options.dry_run, upsets).ok();
        let acted = report.as_ref().is_none_or(|report| !report.outcomes.is_empty());
        if acted || before != self.pm2.list().len() {
            // PM2's events reach the watcher.
            self.watcher.hint(Hint::Anything);
        }
        report
    }

    /// Time goes by, and the watcher looks whenever it has reason to.
    fn wait(&mut self, milliseconds: u64, mut upsets: Upsets) {
        let until = self.now() + Duration::from_millis(milliseconds);
        for _ in 0..6 {
            let due = self.watcher.due(self.now());
            if due > until {
                break;
            }
            self.pass_until(due);
            let _ = self.watch(std::mem::take(&mut upsets));
        }
        self.pass_until(until);
    }

    pub fn pass_until(&mut self, at: Instant) {
        let before: Vec<(u32, Json)> = self.states();
        let milliseconds = at.saturating_duration_since(self.now()).as_millis();
        self.pm2.advance(u64::try_from(milliseconds).unwrap_or(0));
        for (id, _) in self.states().iter().filter(|it| !before.contains(it)) {
            let name = self.pm2.slots[id].name().to_owned();
            self.watcher.hint(Hint::App(name));
        }
    }

    fn states(&self) -> Vec<(u32, Json)> {
        self.pm2.slots.iter().map(|(id, slot)| (*id, json!([slot.status(), slot.pid]))).collect()
    }

    /// One look of the watcher.
    pub fn watch(&mut self, upsets: Upsets) -> Option<Report> {
        let began = self.now();
        let (policy, extent) = self.watcher.look(began);
        match self.pass(policy, extent, false, upsets) {
            Ok(report) => {
                self.watcher.note(&report, began, self.now());
                Some(report)
            }
            Err(Trouble::Killed) => {
                self.watcher = self.watcher.anew(self.now());
                None
            }
            Err(Trouble::Host(_)) => {
                self.watcher.trouble(self.now());
                None
            }
        }
    }

    fn pass(
        &mut self,
        policy: Policy,
        extent: Extent,
        dry_run: bool,
        upsets: Upsets,
    ) -> Result<Report, Trouble> {
        if !self.pm2.up {
            self.pm2.launch();
        }
        let generated_by = GeneratedBy {
            version: "0".to_owned(),
            time: "2026-01-01T00:00:00Z".to_owned(),
            layout: Layout::default(),
        };
        let pass = Pass {
            policy: policy.clone(),
            generated_by,
            base: "/base".into(),
            expected: Expected::default(),
            extent,
            dry_run,
            agreed: None,
        };
        let mut host = SimHost::new(self, policy, upsets);
        let result = converge(&mut host, &pass, &Silent);
        let dead = host.dead;
        self.laws.count(if pass.extent == Extent::Whole { "whole pass" } else { "narrow pass" });
        match result {
            _ if dead => Err(Trouble::Killed),
            Ok(report) => {
                self.laws.no_secret_in(&report);
                Ok(report)
            }
            Err(error) => {
                if error.message.contains("own rules") {
                    self.laws.broke("no plan breaks its own rules", &error.message);
                }
                self.laws.no_secret("an error", &format!("{error:?}"));
                Err(Trouble::Host(error))
            }
        }
    }
}

enum Trouble {
    Killed,
    #[expect(dead_code, reason = "shown where a run is told")]
    Host(HostError),
}

/// What people do.
impl World {
    pub fn edit(&mut self, edit: &Edit) {
        let before = (self.files.tree(), self.files.env_file);
        self.files.edit(edit);
        let after = (self.files.tree(), self.files.env_file);
        let paths = |sources: &[Source]| sources.iter().map(|it| it.path.clone()).collect::<Vec<_>>();
        let (old, new) = (&before.0.sources, &after.0.sources);
        if before == after {
            return;
        }
        let beside = before.1 != after.1 || before.0.surroundings != after.0.surroundings;
        let changed = || new.iter().filter(|it| !old.contains(it));
        let defaults = changed().any(|source| source.path == "defaults.edn");
        if paths(old) != paths(new) || before.0.unreadable != after.0.unreadable || beside || defaults {
            self.watcher.hint(Hint::Anything);
        } else {
            let daemons: BTreeSet<DaemonId> =
                changed().map(|source| DaemonId::of_source(&source.path)).collect();
            self.watcher.hint(Hint::Daemons(daemons));
        }
    }

    pub fn kill_pm2(&mut self) {
        self.pm2.kill();
        self.laws.hand.extend((0..NAMES).map(app_name));
        self.watcher.hint(Hint::Anything);
    }

    pub fn hand(&mut self, hand: Hand) {
        let ids = |world: &World, name: usize| world.pm2.ids(&app_name(name));
        match hand {
            _ if !self.pm2.up && !matches!(hand, Hand::KillAndResurrect) => return,
            Hand::Stop(name) => self.each(&ids(self, name), |pm2, id| drop(pm2.stop(id))),
            Hand::Start(name) => self.each(&ids(self, name), |pm2, id| drop(pm2.start(id))),
            Hand::Delete(name) => self.each(&ids(self, name), |pm2, id| drop(pm2.delete(id))),
            Hand::DeleteOne(name) => {
                let first: Vec<u32> = ids(self, name).into_iter().take(1).collect();
                self.each(&first, |pm2, id| drop(pm2.delete(id)));
            }
            Hand::Restart(name) => self.pm2.restart_by_name(&app_name(name), &Record::new()),
            Hand::RestartWithShell(name, over) => {
                let mut shell = Record::from_iter([("HAND_SHELL".to_owned(), json!("1"))]);
                if over {
                    shell.insert("A".to_owned(), json!("by hand"));
                }
                self.pm2.restart_by_name(&app_name(name), &shell);
            }
            Hand::StartForeign { name, of_another_tree } => self.start_foreign(name, of_another_tree),
            Hand::DeleteForeign => {
                let ids: Vec<u32> = self.foreign();
                self.each(&ids, |pm2, id| drop(pm2.delete(id)));
            }
            Hand::Save => self.pm2.save(),
            Hand::Kill => self.kill_pm2(),
            Hand::KillAndResurrect => {
                self.kill_pm2();
                self.pm2.advance(1000);
                self.pm2.launch();
                self.pm2.resurrect();
            }
        }
        self.pm2.advance(100);
        match hand {
            Hand::Stop(name)
            | Hand::Start(name)
            | Hand::Restart(name)
            | Hand::RestartWithShell(name, _)
            | Hand::Delete(name)
            | Hand::DeleteOne(name) => {
                self.laws.hand.insert(app_name(name));
                self.watcher.hint(Hint::App(app_name(name)));
            }
            _ => self.watcher.hint(Hint::Anything),
        }
    }

    /// Processes that are not of this tree.
    pub fn foreign(&self) -> Vec<u32> {
        let foreign =
            self.pm2.slots.iter().filter(|(_, slot)| slot.variable("ECOSYSTEM_OWNER") != Some(OWNER));
        foreign.map(|(id, _)| *id).collect()
    }

    fn each(&mut self, ids: &[u32], act: impl Fn(&mut Pm2Model, u32)) {
        ids.iter().for_each(|id| act(&mut self.pm2, *id));
    }

    fn start_foreign(&mut self, name: usize, of_another_tree: bool) {
        let name = if name < NAMES { app_name(name) } else { format!("bystander{name}") };
        let mut env = json!({ "PM2_HOME": "/home/.pm2", "PATH": "/bin" });
        if of_another_tree {
            env["ECOSYSTEM_OWNER"] = json!("somebody");
            env["ECOSYSTEM_SOURCE"] = json!("d0");
            env["ECOSYSTEM_DIGEST"] = json!("sha256:0");
        }
        let app = json!({
            "name": name, "namespace": "default", "args": [], "node_args": [], "pm_exec_path": "/theirs/ok.js",
            "pm_cwd": "/theirs", "exec_interpreter": "node", "exec_mode": "fork_mode", "instances": 1, "autostart": true,
            "autorestart": true, "merge_logs": true, "treekill": true, "kill_retry_time": 100, "vizion": true,
            "pmx": true, "automation": true, "windowsHide": true, "instance_var": "NODE_APP_INSTANCE",
            "pm_out_log_path": "/theirs/out.log", "pm_err_log_path": "/theirs/err.log", "pm_pid_path": "/theirs/x.pid",
            "env": env,
        });
        if let Json::Object(app) = app {
            self.pm2.prepare(&app);
        }
    }
}
