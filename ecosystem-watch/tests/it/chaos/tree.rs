//! A tree that is edited by chance, and what PM2 has to have for it.

use std::collections::BTreeMap;

use crate::random_edits::Dice;
use crate::support::world::World;

/// Daemons that are edited, each with one app of the same name.
pub(super) const EDITED: [&str; 3] = ["a", "b", "c"];
/// Apps that nobody ever edits, with the number of their processes.
pub(super) const CALM: [(&str, usize); 2] = [("calm-cluster", 2), ("calm-fork", 1)];

/// One that PM2 takes with it when it is killed, and one that outlives it.
pub(super) const CALM_SOURCE: &str = r#"
{:apps [{:name "calm-cluster" :script "good.cjs" :exec-mode "cluster" :instances 2}
        {:name "calm-fork" :script "idle.sh" :interpreter "sh"}]}
"#;

/// In milliseconds; `LATE` ends before.
const MIN_UPTIME: u32 = 1000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Program {
    Good,
    Bad,
    Late,
}

impl Program {
    fn file(self) -> &'static str {
        match self {
            Self::Good => "good.cjs",
            Self::Bad => "bad.cjs",
            Self::Late => "late.cjs",
        }
    }
}

/// An app as it is declared.
#[derive(Debug, Clone)]
pub(super) struct App {
    pub(super) program: Program,
    /// Processes in cluster mode; one in fork mode where there is none.
    pub(super) workers: Option<usize>,
    pub(super) value: u64,
    /// What its author wants of changes and failures.
    choice: &'static str,
}

impl App {
    pub(super) fn good(value: u64) -> Self {
        Self { program: Program::Good, workers: None, value, choice: "" }
    }

    pub(super) fn processes(&self) -> usize {
        self.workers.unwrap_or(1)
    }

    /// Whether it is put back by whoever finds that it is not well.
    pub(super) fn is_put_back(&self) -> bool {
        !self.choice.contains(":on-failure")
    }

    fn text(&self, name: &str) -> String {
        let Self { program, workers, value, choice } = self;
        let mode = workers.map_or(String::new(), |it| format!(":exec-mode \"cluster\" :instances {it}"));
        let file = program.file();
        format!(
            "{{:name \"{name}\" :script \"{file}\" :min-uptime {MIN_UPTIME} :kill-retry-time 10 :listen-timeout 100 {mode} {choice} \
             :env {{:VALUE {value}}}}}"
        )
    }
}

/// What the tree says of the edited apps.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) apps: BTreeMap<&'static str, App>,
    /// Apps that had been well when they were edited, and have been declared ever since.
    pub(super) once_well: Vec<&'static str>,
    values: u64,
}

impl Tree {
    /// The first one, in which all is well.
    pub(super) fn begun(world: &World) -> Self {
        world.daemon("calm", CALM_SOURCE);
        let mut tree = Self::default();
        for name in EDITED {
            tree.declare(world, name, App::good(0));
        }
        tree
    }

    fn declare(&mut self, world: &World, name: &'static str, app: App) {
        world.daemon(name, &format!("{{:apps [{}]}}\n", app.text(name)));
        self.apps.insert(name, app);
    }

    fn new_value(&mut self) -> u64 {
        self.values += 1;
        self.values
    }

    /// Edits some of the apps, one at least; removes one at times.
    pub(super) fn edit(&mut self, world: &World, dice: &mut Dice) {
        let first = dice.of(&EDITED);
        for name in EDITED {
            if name != first && dice.below(10) < 5 {
                continue;
            }
            if dice.below(8) == 0 && self.apps.len() == EDITED.len() {
                world.remove(name);
                self.apps.remove(name);
                self.once_well.retain(|it| *it != name);
                continue;
            }
            let was_well = self.once_well.contains(&name);
            let programs = [Program::Good, Program::Good, Program::Bad, Program::Late];
            let app = App {
                program: if was_well { dice.of(&programs) } else { Program::Good },
                workers: dice.of(&[None, None, Some(1), Some(2), Some(3)]),
                value: self.new_value(),
                choice: dice.of(&[
                    "",
                    "",
                    ":on-change :replace-after",
                    ":on-change :replace",
                    ":on-failure :stop",
                    ":on-failure :keep :max-restarts 3",
                ]),
            };
            self.declare(world, name, app);
        }
    }

    /// Makes every app one that is well, by another edit where it is not.
    pub(super) fn mend(&mut self, world: &World) {
        for name in EDITED {
            match self.apps.get(name) {
                Some(app) if app.program == Program::Good => {}
                was => {
                    let was = was.cloned();
                    let value = self.new_value();
                    let app = App { program: Program::Good, value, ..was.unwrap_or_else(|| App::good(0)) };
                    self.declare(world, name, app);
                }
            }
        }
    }

    /// To be told when all of it has been seen to be so.
    pub(super) fn is_well(&mut self) {
        self.once_well = self.apps.keys().copied().collect();
    }
}
