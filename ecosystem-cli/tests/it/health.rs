//! Apps that are asked whether they are well, on real PM2: those that are, those that lie, hang, or never answer.

use std::net::{Ipv4Addr, TcpListener};

use crate::support::world::World;

/// A server whose answer, and how late it comes up, its environment says.
const SERVER: &str = r#"
import { createServer } from "node:http";
const { PORT, STATUS, LATE } = process.env;
console.log("on its way");
console.error("what went wrong");
const server = createServer((request, response) => {
  if (STATUS === "hang") return;
  response.statusCode = Number(STATUS ?? 200);
  response.end("x".repeat(100_000));
});
setTimeout(() => server.listen(Number(PORT), "127.0.0.1", () => console.log("listening")), Number(LATE ?? 0));
"#;

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// A daemon of one server with a probe, in which `PORT` stands for its port.
fn world(env: &str, probe: &str) -> World {
    let world = World::new();
    world.program("server.mjs", SERVER);
    world.program("ends.mjs", "setTimeout(() => process.exit(1), 1500);\n");
    let text = format!(
        r#"{{:apps [{{:name "web" :script "server.mjs" :min-uptime 100 :env {{:PORT PORT {env}}} {probe}}}]}}"#
    );
    world.daemon("web", &text.replace("PORT PORT", &format!("PORT {}", free_port())));
    let text = std::fs::read_to_string(world.root().join("web/ecosystem.edn")).unwrap();
    let port = text.split(":PORT ").nth(1).unwrap().split([' ', '}']).next().unwrap().to_owned();
    world.daemon("web", &text.replace("$PORT", &port));
    world
}

/// What `sync` makes of it: nothing wrong, or what it says.
fn check(env: &str, probe: &str, wrong: Option<&str>) {
    let world = world(env, probe);
    match wrong {
        None => {
            world.sync().succeeds();
            world.nothing_to_do();
        }
        Some(expected) => {
            let said = world.sync().fails(1);
            assert!(said.contains("is not well") && said.contains(expected), "{said}");
            // By the time that it has been waited for, PM2 has written what it said.
            assert!(expected != HANGS || said.contains("what went wrong"), "its last lines: {said}");
        }
    }
}

const HANGS: &str = "no answer within";

const GET: &str = r#":readiness-probe {:http-get {:url "http://127.0.0.1:$PORT/health"} :timeout 2000 :interval 50 :retries 1}"#;

#[test]
fn a_server_is_asked_by_http() {
    check("", GET, None);
    check(":LATE 1500", GET, None);
    check(":STATUS 302", GET, None);
    check(":STATUS 503", GET, Some("gives 503"));
    check(":STATUS \"hang\"", GET, Some(HANGS));
}

#[test]
fn a_server_that_never_listens_is_not_well() {
    let probe = ":readiness-probe {:tcp $PORT :timeout 300 :interval 50 :retries 1}";
    check(":LATE 600000", probe, Some("nobody listens at"));
    check(":LATE 500", &probe.replace("300", "20000"), None);
}

#[test]
fn commands_and_logs_tell() {
    check("", ":readiness-probe {:log \"listening\"}", None);
    check(
        "",
        ":readiness-probe {:log \"no such line\" :timeout 200 :retries 0}",
        Some("no line in its logs"),
    );
    check(":MARK 7", ":readiness-probe {:exec \"test $MARK = 7\"}", None);
    check("", ":readiness-probe {:exec [\"false\"] :retries 0}", Some("exit code 1"));
    check("", ":readiness-probe {:exec \"yes\" :timeout 300 :retries 0}", Some("has not ended within"));
}

/// The start may take its time, and readiness is asked only then.
#[test]
fn the_startup_probe_comes_first() {
    let both = r#":startup-probe {:log "listening" :timeout 20000} :readiness-probe {:tcp $PORT :timeout 100 :retries 0}"#;
    check(":LATE 1500", both, None);
    let only = ":readiness-probe {:tcp $PORT :timeout 100 :retries 0}";
    check(":LATE 1500", only, Some("nobody listens at"));
}

/// Whoever answers, it is the process that must stay up.
#[test]
fn a_probe_that_lies_does_not_make_it_well() {
    let world = World::new();
    world.program("ends.mjs", "setTimeout(() => process.exit(1), 1500);\n");
    let probe = ":readiness-probe {:exec \"sleep 0.1; exit 1\" :retries 1000000}";
    world.daemon(
        "web",
        &format!("{{:apps [{{:name \"web\" :script \"ends.mjs\" :min-uptime 100 {probe}}}]}}"),
    );
    let said = world.sync().fails(1);
    assert!(said.contains("it crashed and was restarted"), "{said}");
}

/// What depends on it waits until it is well, and is not started if it never is.
#[test]
fn dependents_wait_until_it_is_well() {
    let world = world(":LATE 1500", GET);
    world.program("app.mjs", "setInterval(() => {}, 1000);\n");
    world.daemon("a", r#"{:apps [{:name "a" :script "app.mjs" :min-uptime 100 :depends-on ["web"]}]}"#);
    world.sync().succeeds();
    let at = |app: &str| world.record(app)["pm_uptime"].as_u64().unwrap();
    assert!(at("a") >= at("web") + 1500, "{} {}", at("a"), at("web"));
    let world = self::world(":STATUS 500", GET);
    world.program("app.mjs", "setInterval(() => {}, 1000);\n");
    world.daemon("a", r#"{:apps [{:name "a" :script "app.mjs" :min-uptime 100 :depends-on ["web"]}]}"#);
    let said = world.sync().fails(1);
    assert!(said.contains("it depends on web"), "{said}");
    assert!(!world.pids().contains_key("a"));
}

/// What is to be kept though it was not well is asked again and not restarted. Who depends on it waits for that.
#[test]
fn what_was_not_well_is_asked_again_and_left_running() {
    let world = World::new();
    world.program("server.mjs", SERVER);
    world.program("app.mjs", "setInterval(() => {}, 1000);\n");
    let probe = ":readiness-probe {:exec \"test -e ../well\" :timeout 300 :retries 0}";
    let web = format!(
        "{{:apps [{{:name \"web\" :script \"app.mjs\" :min-uptime 100 :on-failure :keep {probe}}}]}}"
    );
    world.daemon("web", &web.replace("../well", world.root().join("well").to_str().unwrap()));
    world.daemon("a", r#"{:apps [{:name "a" :script "app.mjs" :min-uptime 100 :depends-on ["web"]}]}"#);
    let said = world.sync().fails(1);
    assert!(said.contains("is not well"), "{said}");
    let pid = world.pids()["web"].clone();
    let plan = world.command(&["plan"]).succeeds();
    assert!(plan.contains("? web   ask       not known to be well yet"), "{plan}");
    let said = world.sync().fails(1);
    assert!(said.contains("is not well") && !world.pids().contains_key("a"), "{said}");
    std::fs::write(world.root().join("well"), "").unwrap();
    world.sync().succeeds();
    world.nothing_to_do();
    assert_eq!(world.pids()["web"], pid);
    assert_eq!(world.pids()["a"].len(), 1);
}
