//! The step that an author wants for changes, on real PM2.

use std::net::TcpStream;

use serde_json::Value as Json;

use crate::support::load::{Load, free_port};
use crate::support::process::Process;
use crate::support::wait::{LONG, wait_until};
use crate::support::world::World;

/// A server that says which one it is, and gets well only where no file says otherwise.
const SERVER: &str = r"
const server = require('http').createServer((_, answer) => answer.end(process.env.COLOR));
server.listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGINT', () => {
  const { worker } = require('cluster');
  if (!worker) process.exit(0);
  worker.once('disconnect', () => process.exit(0)).disconnect();
});
";

fn world() -> World {
    let world = World::new();
    world.program("server.cjs", SERVER);
    world.program("crashes.cjs", "process.exit(3);\n");
    world
}

fn declare(world: &World, script: &str, members: &str) {
    let app = format!("{{:name \"web\" :script \"{script}\" :min-uptime 500 {members}}}");
    world.daemon("web", &format!("{{:apps [{app}]}}"));
}

fn env(port: u16, color: &str) -> String {
    format!(":env {{:PORT {port} :COLOR \"{color}\"}}")
}

/// Ids and pids of the app's processes that PM2 has.
fn processes(world: &World) -> Vec<(u64, u32)> {
    let of = |entry: &Json| {
        (entry["pm_id"].as_u64().unwrap(), u32::try_from(entry["pid"].as_u64().unwrap()).unwrap())
    };
    world.list().iter().map(of).collect()
}

const CLUSTER: &str = ":exec-mode \"cluster\" :on-change :replace-after";

/// Even one worker alone, whatever is changed of it, and though the new one crashes or never gets well.
#[test]
fn nobody_is_turned_away_while_a_new_one_comes_beside_the_old_one() {
    let (world, port) = (world(), free_port());
    declare(&world, "server.cjs", &format!("{CLUSTER} {}", env(port, "red")));
    world.sync().succeeds();
    let load = Load::on(port);
    load.hears("red");
    let red = processes(&world);
    declare(&world, "crashes.cjs", &format!("{CLUSTER} {}", env(port, "black")));
    let said = world.sync().fails(1);
    assert!(
        said.contains("web: replace-after failed") && said.contains("= put back to generation 1"),
        "{said}"
    );
    assert_eq!(processes(&world), red, "the old one is never touched");
    load.hears("red");
    let never = ":readiness-probe {:exec \"false\" :retries 1 :interval 100}";
    declare(&world, "server.cjs", &format!("{CLUSTER} {} {never}", env(port, "black")));
    let said = world.sync().fails(1);
    assert!(said.contains("is not well"), "{said}");
    assert_eq!(processes(&world), red);
    load.hears("red");
    declare(&world, "server.cjs", &format!("{CLUSTER} :instance-var \"N\" {}", env(port, "blue")));
    let said = world.sync().succeeds();
    assert!(said.contains("web: replace-after done"), "{said}");
    load.hears("blue");
    assert!(processes(&world).iter().all(|it| !red.contains(it)) && processes(&world).len() == 1);
    let heard = load.ended();
    assert!(heard.failures.is_empty(), "{:?} of {:?}", heard.failures, heard.answers);
    assert!(!Process::new(red[0].1).is_alive());
    world.nothing_to_do();
}

/// In fork mode, a new port lets both run; the same one is refused, by what is declared and by what the kernel shows.
#[test]
fn two_that_would_hold_one_port_are_refused() {
    let (world, port, other) = (world(), free_port(), free_port());
    let fork = |env: &str| format!(":on-change :replace-after {env}");
    declare(&world, "server.cjs", &fork(&env(port, "red")));
    world.sync().succeeds();
    let red = processes(&world);
    declare(&world, "server.cjs", &fork(&env(port, "blue")));
    let said = world.sync().fails(1);
    assert!(said.contains(&format!("! web   refused   `:on-change :replace-after` needs both to run for a while, and both would listen on port {port}")), "{said}");
    assert_eq!(processes(&world), red);
    declare(&world, "server.cjs", &fork(&env(other, "blue")));
    world.sync().succeeds();
    assert!(
        TcpStream::connect(("127.0.0.1", port)).is_err() && TcpStream::connect(("127.0.0.1", other)).is_ok()
    );
    // Nothing is declared of this one.
    let program = SERVER.replace("process.env.PORT", &port.to_string());
    world.program("server.cjs", &program);
    declare(&world, "server.cjs", &format!(":env {{:COLOR \"red\"}} {}", fork("")));
    world.sync().succeeds();
    wait_until("it listens", LONG, || TcpStream::connect(("127.0.0.1", port)).is_ok());
    declare(&world, "server.cjs", &format!(":env {{:COLOR \"blue\"}} {}", fork("")));
    let said = world.sync().fails(1);
    assert!(said.contains(&format!("both would listen on port {port}")), "{said}");
}

#[test]
fn a_step_can_be_forced_or_forbidden() {
    let world = world();
    let members =
        |choice: &str, color: &str| format!(":on-change :{choice} :env {{:PORT 0 :COLOR \"{color}\"}}");
    declare(&world, "server.cjs", &members("replace", "red"));
    world.sync().succeeds();
    let red = processes(&world);
    declare(&world, "server.cjs", &members("replace", "blue"));
    assert!(world.sync().succeeds().contains("web: replace done"));
    assert_ne!(processes(&world)[0].1, red[0].1);
    assert_eq!(world.record("web")["restart_time"], 0, "it is new to PM2");
    declare(&world, "server.cjs", &members("reload", "green"));
    let said = world.sync().fails(1);
    assert!(said.contains("! web   refused   `:on-change :reload` would not make this true: only an app in cluster mode can be"), "{said}");
    declare(&world, "server.cjs", &members("keep", "green"));
    let before = processes(&world);
    let said = world.sync().succeeds();
    assert!(said.contains("`ecosystem-cli sync --change web` makes it"), "{said}");
    assert_eq!(processes(&world), before);
    world.command(&["sync", "--change", "web"]).succeeds();
    assert_eq!(world.record("web")["env"]["COLOR"], "green");
    world.nothing_to_do();
    declare(&world, "server.cjs", &format!(":exec-mode \"cluster\" {}", members("restart", "red")));
    world.sync().succeeds();
    let before = processes(&world);
    declare(&world, "server.cjs", &format!(":exec-mode \"cluster\" {}", members("restart", "blue")));
    assert!(world.sync().succeeds().contains("web: restart done"));
    assert_eq!(processes(&world)[0].0, before[0].0);
}

/// The tool is killed while both run: the next pass goes on with the new ones, and nothing is left over.
#[test]
fn a_tool_killed_while_both_run_is_made_good() {
    let (world, port) = (world(), free_port());
    declare(&world, "server.cjs", &format!("{CLUSTER} :instances 2 {}", env(port, "red")));
    world.sync().succeeds();
    for (color, script) in [("blue", "server.cjs"), ("black", "crashes.cjs")] {
        let before = processes(&world);
        declare(&world, script, &format!("{CLUSTER} :instances 2 {}", env(port, color)));
        world.spawn(&["sync"]).killed_once(|| processes(&world).len() > 2);
        let ended = world.sync();
        if color == "blue" {
            ended.succeeds();
            assert!(processes(&world).iter().all(|it| !before.contains(it)));
            world.nothing_to_do();
        } else {
            let _ = ended.fails(1);
            assert_eq!(processes(&world), before, "the old ones run on");
        }
        assert_eq!(processes(&world).len(), 2);
    }
}
