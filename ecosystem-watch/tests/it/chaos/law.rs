//! What must be so after anything that goes wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ecosystem_core::render::inspect;
use serde_json::Value as Json;

use super::stage::Stage;
use super::tree::{App, CALM, Tree};
use crate::support::process::Process;
use crate::support::wait::LONG;

/// Processes of the apps that nobody edits.
pub(super) type Pids = BTreeMap<&'static str, BTreeSet<u32>>;

impl Stage {
    /// At any time, even right after a program was killed: every file that is read by others is whole.
    pub(super) fn files_are_whole(&self) {
        for path in files(&self.world.root()) {
            if path.ends_with("dist/ecosystem.config.mjs") {
                let text = fs::read_to_string(&path).unwrap();
                assert!(inspect(&text).is_some_and(|it| it.intact), "not whole: {}\n{text}", path.display());
            }
        }
        for path in files(self.world.pm2.path().join("ecosystem").as_std_path()) {
            let kept = path.extension().is_some_and(|it| it == "json") && !is_hidden(&path);
            if kept {
                let text = fs::read_to_string(&path).unwrap();
                let read = serde_json::from_str::<Json>(&text);
                assert!(read.is_ok(), "not whole: {}\n{text}", path.display());
            }
        }
    }

    /// The set equals the tree, a second pass has nothing to do, and nothing of what went wrong is left.
    pub(super) fn equals(&self, tree: &Tree) {
        let plan = self.runs(&["plan", "--exit-code"]).succeeds();
        assert!(plan.contains("nothing to do"), "{plan}");
        let _ = self.runs(&["render", "--check"]).succeeds();
        let list = self.world.list();
        for (name, app) in &tree.apps {
            let processes: Vec<&Json> = list.iter().filter(|entry| entry["name"] == *name).collect();
            assert_eq!(processes.len(), app.processes(), "{name}: {}", brief(&list));
            let mode = if app.workers.is_some() { "cluster_mode" } else { "fork_mode" };
            for process in processes {
                let record = &process["pm2_env"];
                let is = (&record["status"], &record["exec_mode"], &record["env"]["VALUE"]);
                let value = Json::from(app.value.to_string());
                let number = Json::from(app.value);
                assert!(*is.2 == value || *is.2 == number, "{name}: {is:?} for {app:?}");
                assert_eq!(
                    (is.0.as_str(), is.1.as_str()),
                    (Some("online"), Some(mode)),
                    "{name} for {app:?}"
                );
                assert!(runs_good(process), "{name}: {}", brief(&list));
            }
        }
        let names: BTreeSet<&str> = list.iter().filter_map(|entry| entry["name"].as_str()).collect();
        let declared: BTreeSet<&str> = tree.apps.keys().copied().chain(CALM.map(|(name, _)| name)).collect();
        let undeclared: Vec<_> = names.difference(&declared).filter(|name| **name != "foreign").collect();
        assert!(undeclared.is_empty(), "{undeclared:?} in {}", brief(&list));
        self.nothing_runs_beside_pm2();
        self.nothing_is_left_in_folders(tree);
        self.histories_are_kept(tree);
    }

    /// The kernel has no process of this PM2's home but those that PM2 lists.
    pub(super) fn nothing_runs_beside_pm2(&self) {
        let beside = || -> Vec<Process> {
            let list = self.world.list();
            let listed = list.iter().filter_map(|entry| i32::try_from(entry["pid"].as_i64()?).ok());
            let known: BTreeSet<i32> =
                listed.chain([self.world.pm2.daemon().pid(), self.foreign.pid()]).collect();
            let all = self.world.pm2.processes().into_iter();
            all.filter(|it| it.is_alive() && !known.contains(&it.pid())).collect()
        };
        // What is on its way to its end needs a moment.
        let began = Instant::now();
        while !beside().is_empty() {
            let told: Vec<_> = beside().iter().map(|it| (it.pid(), it.cmdline())).collect();
            assert!(began.elapsed() < LONG, "run without PM2's knowledge: {told:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn nothing_is_left_in_folders(&self, tree: &Tree) {
        for path in files(&self.world.root()) {
            let name = path.file_name().unwrap().to_str().unwrap();
            let known = ["ecosystem.edn", "ecosystem.config.mjs", ".gitignore"].contains(&name);
            let daemon = path.strip_prefix(self.world.root()).unwrap().iter().next().unwrap();
            let daemon = daemon.to_str().unwrap();
            let declared = daemon == "calm" || tree.apps.contains_key(daemon);
            assert!(known && declared, "left behind: {}", path.display());
        }
    }

    /// Of each app a definition is known with which it was well.
    fn histories_are_kept(&self, tree: &Tree) {
        for name in tree.apps.keys() {
            let history = self.runs(&["history", name]).succeeds();
            assert!(history.contains("  healthy  "), "{name}: {history}");
        }
    }

    /// An app whose edit is bad, and that was well before, runs as it was; unless the machine took longer to bring its
    /// process up than it had to stay up, so that it was taken for well.
    pub(super) fn bad_edits_are_put_back(&self, tree: &Tree) {
        let list = self.world.list();
        for (name, app) in &tree.apps {
            let is_to_be =
                app.is_put_back() && tree.once_well.contains(name) && !self.was_found_well(name, app);
            let processes: Vec<&Json> = list.iter().filter(|entry| entry["name"] == *name).collect();
            let well = |entry: &&Json| runs_good(entry) && entry["pm2_env"]["status"] == "online";
            let all_well = !processes.is_empty() && processes.iter().all(well);
            let history = || self.runs(&["history", name]).output();
            assert!(all_well || !is_to_be, "{name} for {app:?}: {}\n{}", brief(&list), history());
        }
    }

    /// Whether some pass has found the app well with this very definition.
    fn was_found_well(&self, name: &str, app: &App) -> bool {
        let path = |it: &PathBuf| it.ends_with(format!("history/{name}.json"));
        let Some(path) = files(self.world.pm2.path().join("ecosystem").as_std_path()).into_iter().find(path)
        else {
            return false;
        };
        let history: Json = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let value = format!("\"VALUE\":{}", app.value);
        let text = format!("\"VALUE\":\"{}\"", app.value);
        history["generations"].as_array().unwrap().iter().any(|it| {
            let definition = it["definition"].to_string();
            it["verdict"]["came"] == "healthy" && (definition.contains(&value) || definition.contains(&text))
        })
    }

    /// The processes of the apps that nobody edits.
    pub(super) fn calm_pids(&self) -> Pids {
        let all = self.world.pids();
        let of = |(name, count): (&'static str, usize)| {
            let pids: BTreeSet<u32> = all.get(name).into_iter().flatten().copied().collect();
            assert!(pids.len() == count && !pids.contains(&0), "{name}: {all:?}");
            (name, pids)
        };
        CALM.map(of).into()
    }
}

fn runs_good(entry: &Json) -> bool {
    entry["pm2_env"]["pm_exec_path"].as_str().is_some_and(|path| path.ends_with("/good.cjs"))
}

fn brief(list: &[Json]) -> String {
    let entry = |entry: &Json| {
        let record = &entry["pm2_env"];
        format!(
            "{} {} pid {} {} {} {} crashes {}",
            entry["pm_id"],
            entry["name"],
            entry["pid"],
            record["status"],
            record["pm_exec_path"],
            record["env"]["VALUE"],
            record["unstable_restarts"]
        )
    };
    list.iter().map(entry).collect::<Vec<_>>().join("; ")
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

/// Every file below a folder.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries.map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => found.extend(files(&entry.path())),
            false => found.push(entry.path()),
        }
    }
    found
}
