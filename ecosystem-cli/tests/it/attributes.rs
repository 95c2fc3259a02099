//! What a native start tells PM2's daemon equals what `pm2 start dist/ecosystem.config.mjs` tells it, on every
//! supported version: real PM2, starting the generated file, is the oracle.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use ecosystem_core::compile;
use ecosystem_core::diagnostic::Source;
use ecosystem_core::model::{Daemon, Ecosystem, Owner};
use ecosystem_core::os::machine::{DaemonFacts, gather};
use ecosystem_core::pm2::{Machine, questions, resolve};
use ecosystem_core::render::{GeneratedBy, Layout, render};
use serde_json::{Map, Value as Json};
use tempfile::TempDir;

use crate::support::hermetic;
use crate::support::pm2_program::{VERSIONS, pm2_program};
use crate::support::recording_stub::prepared_by_pm2_from;

/// Compares for each app of one `ecosystem.edn`, on each version.
fn check(edn: &str) {
    for &version in VERSIONS {
        let place = Place::new();
        let ecosystem = place.compile(edn);
        let machine = place.machine(&ecosystem, version);
        for daemon in ecosystem.daemons.values() {
            compare(daemon, &machine, &place.started_by_pm2(daemon, version));
        }
    }
}

fn compare(daemon: &Daemon, machine: &Machine, by_pm2: &BTreeMap<String, Map<String, Json>>) {
    assert_eq!(by_pm2.len(), daemon.apps.len(), "apps that PM2 {} started", machine.pm2_version);
    for app in &daemon.apps {
        let ours = resolve(&daemon.id, app, machine).unwrap_or_else(|problems| panic!("{problems:?}"));
        let theirs = without_artefacts(app.name.as_str(), by_pm2[app.name.as_str()].clone());
        assert_eq!(differences(ours.as_map(), &theirs), "", "{} on PM2 {}", app.name, machine.pm2_version);
    }
}

/// What PM2's program adds to an app's environment because it is a program that somebody runs.
fn without_artefacts(app: &str, mut attributes: Map<String, Json>) -> Map<String, Json> {
    let env = attributes["env"].as_object_mut().unwrap();
    // What it says of itself.
    assert_eq!(env.remove("PM2_USAGE").unwrap(), "CLI");
    assert_eq!(env.remove("PM2_JSON_PROCESSING").unwrap(), "true");
    // The configuration of a PM2 module named like the app.
    assert_eq!(env.remove(app).unwrap(), "{}");
    // The working folder of the last app it looked at.
    assert!(env.remove("PWD").unwrap().is_string());
    // What the test sets for it, beyond the base that every app gets.
    assert_eq!(env.remove("PM2_DISABLE_VERSION_CHECK").unwrap(), "true");
    attributes
}

/// One line for each attribute or variable that is not the same on both sides.
fn differences(ours: &Map<String, Json>, theirs: &Map<String, Json>) -> String {
    let (ours, theirs) = (flat(ours), flat(theirs));
    let mut names: Vec<_> = ours.keys().chain(theirs.keys()).collect();
    names.sort();
    names.dedup();
    let differing = names.into_iter().filter(|name| ours.get(*name) != theirs.get(*name));
    differing
        .map(|name| format!("{name}: ours {:?}, PM2's {:?}\n", ours.get(name), theirs.get(name)))
        .collect()
}

fn flat(attributes: &Map<String, Json>) -> BTreeMap<String, Json> {
    let mut flat: BTreeMap<String, Json> = attributes.clone().into_iter().collect();
    if let Some(Json::Object(env)) = flat.remove("env") {
        flat.extend(env.into_iter().map(|(name, value)| (format!("env.{name}"), value)));
    }
    flat
}

/// A base with scripts and a tree in it, and a PM2_HOME.
struct Place {
    base: TempDir,
    home: TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { base: tempfile::tempdir().unwrap(), home: hermetic::short_temp_dir() };
        for file in ["idle.js", "worker.mjs", "worker.mjs.map", "run.sh", "tool.py", "plain", "sub/dir/a.js"]
        {
            place.write(file, b"// never run\n");
        }
        place.write("program", b"\x7FELF\x02\x01\x01\0\0");
        place.write("node-like/program", b"\x7FELF\0");
        place.write("one.env", b"A=from file\nB=\"two\\nlines\" # why\nC=c\n");
        place.write("sub/two.env", b"export C='from the second'\n");
        place
    }

    fn write(&self, path: &str, contents: &[u8]) {
        let path = self.base().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, contents).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Without symbolic links in it, as node names the generated file.
    fn base(&self) -> Utf8PathBuf {
        Utf8PathBuf::from_path_buf(self.base.path().canonicalize().unwrap()).unwrap()
    }

    fn home(&self) -> &Utf8Path {
        Utf8Path::from_path(self.home.path()).unwrap()
    }

    fn root(&self) -> Utf8PathBuf {
        self.base().join("system/daemons")
    }

    fn compile(&self, edn: &str) -> Ecosystem {
        let edn = edn.replace("<BASE>", self.base().as_str());
        let checked = compile(&[Source::new("services/web/ecosystem.edn", edn)]);
        assert!(!checked.has_errors(), "{:?}", checked.diagnostics);
        checked.output
    }

    /// The machine as a PM2 daemon sees it that was started with the environment PM2's program gets here.
    fn machine(&self, ecosystem: &Ecosystem, version: &str) -> Machine {
        let command = hermetic::command("pm2", self.home.path());
        let text = |text: &std::ffi::OsStr| text.to_str().unwrap().to_owned();
        let daemon = DaemonFacts {
            pm2_version: version.to_owned(),
            node: node(),
            pm2_lib: pm2_program(version).parent().unwrap().parent().map(|pm2| pm2.join("lib")),
            uid: rustix::process::geteuid().as_raw(),
            env: command.get_envs().map(|(name, value)| (text(name), text(value.unwrap()))).collect(),
        };
        let owner = Owner::new(self.root());
        gather(
            &questions(ecosystem, &self.base(), &Default::default()),
            owner,
            self.base(),
            self.home().to_owned(),
            daemon,
        )
    }

    /// What PM2's program tells its daemon of the generated file, by name of the app.
    fn started_by_pm2(&self, daemon: &Daemon, version: &str) -> BTreeMap<String, Map<String, Json>> {
        let layout = Layout { root_to_base: "../..".to_owned(), owner: None };
        let by = GeneratedBy { version: "0.0.0".to_owned(), time: "2026-01-02T03:04:05Z".to_owned(), layout };
        let file = format!("system/daemons/{}", daemon.id.join("dist/ecosystem.config.mjs"));
        self.write(&file, render(daemon, &by).as_bytes());
        let prepared = prepared_by_pm2_from(version, self.home.path(), self.base().join(file).as_std_path());
        let named = |app: Json| (app["name"].as_str().unwrap().to_owned(), app.as_object().unwrap().clone());
        prepared.into_iter().map(named).collect()
    }
}

/// The node program that runs PM2 here.
fn node() -> Utf8PathBuf {
    let output = Command::new("node").args(["-p", "process.execPath"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().into()
}

#[test]
fn scripts_and_interpreters() {
    check(
        r#"{:apps [{:name "plain" :script "idle.js"}
                   {:name "dotted" :script "./sub/../idle.js" :args "one 'two three'"}
                   {:name "below" :script "a.js" :cwd "sub/dir"}
                   {:name "above" :script "../idle.js" :cwd "./sub/"}
                   {:name "absolute" :script "<BASE>/idle.js" :cwd "<BASE>/sub/../sub"}
                   {:name "module" :script "worker.mjs"}
                   {:name "module cluster" :script "worker.mjs" :instances 1}
                   {:name "no map" :script "worker.mjs" :disable-source-map-support true}
                   {:name "shell" :script "run.sh"}
                   {:name "python" :script "tool.py"}
                   {:name "text" :script "plain"}
                   {:name "binary" :script "program"}
                   {:name "on path" :script "bash" :args ["-c" "true"]}
                   {:name "line" :script "sleep 5; echo 'done'"}
                   {:name "own" :script "plain" :interpreter "<BASE>/program" :interpreter-args "--a --b=1"}
                   {:name "python like" :script "idle.js" :interpreter "python3"}
                   {:name "as is" :script "idle.js" :interpreter "none"}
                   {:name "serve" :script "serve" :env {:PM2_SERVE_PORT 8080}}]}"#,
    );
}

#[test]
fn counts_and_modes() {
    check(
        r#"{:apps [{:name "one" :script "idle.js" :instances 1}
                   {:name "two" :script "idle.js" :instances 2 :merge-logs false}
                   {:name "max" :script "idle.js" :instances "max" :port 4000 :increment-var "PORT"}
                   {:name "zero" :script "idle.js" :instances 0 :exec-mode "cluster"}
                   {:name "less" :script "idle.js" :instances -1}
                   {:name "much less" :script "idle.js" :instances -2}
                   {:name "cluster" :script "idle.js" :exec-mode "cluster_mode"}
                   {:name "forks" :script "idle.js" :exec-mode "fork" :instances 2}
                   {:name "node like" :script "idle.js" :interpreter "<BASE>/node-like/program" :instances 2}
                   {:name "bashes" :script "run.sh" :instances 2}
                   {:name "executes" :script "run.sh" :execute-command true}]}"#,
    );
}

#[test]
fn values_that_vanish_or_change() {
    check(
        r#"{:apps [{:name "empty" :script "idle.js" :kill-timeout 0 :kill-retry-time 0 :merge-logs false
                    :watch false :autorestart false :autostart false :vizion false :wait-ready false
                    :max-restarts 0 :restart-delay 0 :time false :treekill false :disable-logs false
                    :args [] :node-args [] :windowsHide false :source-map-support false :trace false}
                   {:name "full" :script "idle.js" :max-memory-restart "200M" :min-uptime "2s" :cron "0 3 * * *"
                    :stop-exit-codes [0] :exp-backoff-restart-delay 100 :listen-timeout 3000 :kill-retry-time 5
                    :source-map-support true :wait-ready true :shutdown-with-message true :username "eve"
                    :namespace "space" :instance-var "INST" :post-update ["npm i"] :log-type "json"
                    :name-prefix "p" :force true :v8 true :event-loop-inspector true :install-url "u"}
                   {:name "codes" :script "idle.js" :stop-exit-codes [0 3]}
                   {:name "time" :script "idle.js" :time true :log-date-format "HH:mm"}
                   {:name "quiet" :script "idle.js" :automation false}
                   {:name "no trace" :script "idle.js" :disable-trace true}
                   {:name "pmx" :script "idle.js" :pmx false}
                   {:name "watches" :script "idle.js" :watch ["sub"] :ignore-watch ["node_modules" "x y"]
                    :watch-delay 10 :watch-options {:usePolling true :interval 2.0}}]}"#,
    );
}

#[test]
fn logs() {
    check(
        r#"{:apps [{:name "everything" :script "idle.js" :log-file true :out-file "logs/o.log" :error-file "../e.log"}
                   {:name "none" :script "idle.js" :log-file "/dev/null" :out-file "NULL" :error-file "/dev/null"
                    :pid-file "/dev/null" :disable-logs true}
                   {:name "home" :script "idle.js" :log-file "~/all.log" :out-file "~out.log" :pid-file "~/a/b.pid"}
                   {:name "below" :script "a.js" :cwd "sub/dir" :log-file "all.log" :out-file "<BASE>/x/../o.log"}
                   {:name "a b_c.d-e@é🦆" :script "idle.js"}]}"#,
    );
}

#[test]
fn environments() {
    check(
        r#"{:apps [{:name "typed" :script "idle.js" :io {:conf {:tracing false} :list [1 2]}
                    :env {:TEXT "a $${b} `c`" :NUMBER 3 :FLAG true :HALF 0.5 :WHOLE 2.0 :EMPTY "" :MAP {:a [1 "x"]}}
                    :env_production {:NODE_ENV "production" :PORT 1} :env-test {:NODE_ENV "test"}}
                   {:name "files" :script "a.js" :cwd "sub/dir" :env-file ["../../one.env" "../two.env"]
                    :env {:A "from the definition"}}
                   {:name "port" :script "idle.js" :port 8080}
                   {:name "unbuffered" :script "tool.py"}]}"#,
    );
}

#[test]
fn filters_of_inherited_variables() {
    // Each for itself: a text makes PM2's program forget the variable for all later apps of the file.
    check(r#"{:apps [{:name "array" :script "idle.js" :filter-env ["HO"] :env {:HOST "h"}}]}"#);
    check(r#"{:apps [{:name "text" :script "idle.js" :filter-env "HOME"}]}"#);
    check(r#"{:apps [{:name "true" :script "idle.js" :filter-env true}]}"#);
}

#[test]
fn accounts() {
    if !rustix::process::geteuid().is_root() {
        // PM2's program refuses accounts to everybody else, and so do we: see the tests of the core.
        return;
    }
    check(
        r#"{:apps [{:name "named" :script "idle.js" :uid "nobody" :env {:HOME "/mine"}}
                   {:name "numbered" :script "idle.js" :uid 1 :gid 2}
                   {:name "zero" :script "idle.js" :uid 0}
                   {:name "aliased" :script "idle.js" :user "1" :gid "root"}]}"#,
    );
}
