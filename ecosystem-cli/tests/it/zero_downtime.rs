//! A web server under load: whoever asks while it is changed gets an answer, the old one or the new one.

use crate::support::load::{Heard, Load, free_port};
use crate::support::pm2_program::{DEFAULT, VERSIONS};
use crate::support::process::Process;
use crate::support::world::World;

/// A server that does what a change without a gap takes: it says when it is ready; and when it is to end, it has itself
/// taken out of the cluster first. One that only closes its server loses what it is being handed at that moment.
const SERVER: &str = r"
const server = require('http').createServer((_, answer) => answer.end(said()));
server.listen(Number(process.argv[2]), '127.0.0.1', () => process.send('ready'));
process.on('SIGINT', () => {
  const { worker } = require('cluster');
  if (!worker) process.exit(0);
  worker.once('disconnect', () => process.exit(0)).disconnect();
});
const said = () => [GREETING, process.env.COLOR, process.argv[3]].filter(Boolean).join(' ');
";

const CLUSTER: &str = ":exec-mode \"cluster\" :instances 2";
const RED: &str = ":env {:COLOR \"red\"}";
const BLUE: &str = ":env {:COLOR \"blue\"}";

/// A running server.
struct Web {
    world: World,
    port: u16,
}

impl Web {
    /// A server that says "hello red", with these members of its definition besides, and an app beside it.
    fn running(version: &str, members: &str) -> Self {
        let world = World::of_version(version);
        for greeting in ["hello", "good_day"] {
            let server = SERVER.replace("GREETING", &format!("'{greeting}'"));
            world.program(&format!("{greeting}.cjs"), &server);
        }
        world.program("idle.sh", "exec sleep 100000\n");
        world.daemon("beside", r#"{:apps [{:name "beside" :script "idle.sh" :interpreter "sh"}]}"#);
        let web = Self { world, port: free_port() };
        web.declare("hello", "", &format!("{members} {RED}"));
        web.world.sync().succeeds();
        web
    }

    /// Declares the server: its program, what that says besides, and more members.
    fn declare(&self, greeting: &str, word: &str, members: &str) {
        let args = format!(":args [\"{}\" {word}] :wait-ready true", self.port);
        let app = format!("{{:name \"web\" :script \"{greeting}.cjs\" {args} {members}}}");
        self.world.daemon("web", &format!("{{:apps [{app}]}}"));
    }

    /// Syncs; the step must be this one.
    #[track_caller]
    fn changes_by(&self, step: &str) {
        let output = self.world.sync().succeeds();
        assert!(output.contains(&format!("web: {step} done")), "{output}");
    }
}

#[track_caller]
fn nobody_was_turned_away(heard: &Heard) {
    assert!(
        heard.failures.is_empty(),
        "{} failures, such as {:?}; {:?}",
        heard.failures.len(),
        heard.failures.first(),
        heard.answers
    );
}

#[test]
fn a_changed_variable_reaches_a_cluster_without_a_gap() {
    for &version in VERSIONS {
        let web = Web::running(version, CLUSTER);
        let beside = web.world.pids()["beside"].clone();
        let load = Load::on(web.port);
        load.hears("hello red");
        web.declare("hello", "", &format!("{CLUSTER} {BLUE}"));
        web.changes_by("reload");
        load.hears("hello blue");
        nobody_was_turned_away(&load.ended());
        assert_eq!(web.world.pids()["beside"], beside);
    }
}

#[test]
fn so_does_what_pm2s_own_reload_leaves_undone() {
    let web = Web::running(DEFAULT, CLUSTER);
    let load = Load::on(web.port);
    let check = |greeting: &str, word: &str, members: &str, answer: &str| {
        web.declare(greeting, word, &format!("{CLUSTER} {members}"));
        web.changes_by("reload");
        load.hears(answer);
    };
    check("good_day", "", RED, "good_day red");
    check("good_day", "", "", "good_day");
    check("good_day", "\"now\"", "", "good_day now");
    nobody_was_turned_away(&load.ended());
}

#[test]
fn workers_come_and_go_without_a_gap_and_the_others_stay() {
    let web = Web::running(DEFAULT, CLUSTER);
    let load = Load::on(web.port);
    load.hears("hello red");
    let mut before = workers(&web.world);
    for count in [4, 1, 3] {
        web.declare("hello", "", &format!(":exec-mode \"cluster\" :instances {count} {RED}"));
        web.changes_by("scale");
        load.hears("hello red");
        let after = workers(&web.world);
        let stayed = after.iter().filter(|worker| before.contains(worker)).count();
        assert_eq!((after.len(), stayed), (count, count.min(before.len())), "{before:?} {after:?}");
        web.world.nothing_to_do();
        before = after;
    }
    nobody_was_turned_away(&load.ended());
}

/// The workers, each with the time it was started: a pid may be given again.
fn workers(world: &World) -> Vec<(u32, Option<u64>)> {
    let pids = world.pids()["web"].clone();
    pids.into_iter().map(|pid| (pid, Process::new(pid).start_time())).collect()
}

/// The first worker tries the edit; the other one goes on serving, and is never touched.
#[test]
fn a_bad_edit_is_put_back_without_a_gap() {
    for &version in VERSIONS {
        let web = Web::running(version, CLUSTER);
        web.world.program("crashes.cjs", "process.exit(3);\n");
        let never = ":readiness-probe {:exec \"false\" :retries 1 :interval 100} :listen-timeout 500";
        let load = Load::on(web.port);
        load.hears("hello red");
        let second = web.world.pids()["web"][1];
        web.declare("crashes", "", &format!("{CLUSTER} {BLUE}"));
        let said = web.world.sync().fails(1);
        assert!(said.contains("web: reload failed") && said.contains("= put back to generation 1"), "{said}");
        assert_eq!(web.world.pids()["web"][1], second, "{said}");
        load.hears("hello red");
        web.declare("good_day", "", &format!("{CLUSTER} {BLUE} {never}"));
        let said = web.world.sync().fails(1);
        assert!(said.contains("is not well") && said.contains("= put back to generation 1"), "{said}");
        load.hears("hello red");
        nobody_was_turned_away(&load.ended());
        web.declare("hello", "", &format!("{CLUSTER} {RED}"));
        web.world.nothing_to_do();
    }
}

/// What makes the tests above able to fail.
#[test]
fn a_restart_has_a_gap_and_the_load_shows_it() {
    let web = Web::running(DEFAULT, "");
    let load = Load::on(web.port);
    load.hears("hello red");
    web.declare("hello", "", BLUE);
    web.changes_by("restart");
    load.fails();
    load.hears("hello blue");
    let _ = load.ended();
}
