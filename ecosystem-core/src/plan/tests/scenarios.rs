//! One change each: what the tree was, what it is, what is to be done.

use serde_json::json;

use super::{Pm2Model, Policy, check, check_from, only, synced};
use crate::plan::{Action, Applied, Guard, Inventory, Stopped};

/// A daemon of one app with these further keys.
fn app(rest: &str) -> String {
    format!("{{:apps [{{:name \"web\" :script \"web.js\" :exec_mode \"fork\" {rest}}}]}}")
}

/// A daemon of one app with two cluster workers and these further keys.
fn cluster(rest: &str) -> String {
    format!("{{:apps [{{:name \"web\" :script \"web.js\" :exec_mode \"cluster\" {rest}}}]}}")
}

fn change(before: &str, after: &str, expected: &str) {
    check(&[("a", &app(before))], &[("a", &app(after))], expected);
}

fn cluster_change(before: &str, after: &str, expected: &str) {
    check(&[("a", &cluster(before))], &[("a", &cluster(after))], expected);
}

#[test]
fn nothing_changed() {
    change("", "", "nothing");
    change(":min_uptime \"10s\"", ":min-uptime 10000", "nothing");
    change(":description \"old\"", ":description \"new\"", "nothing");
    change(":args \"a b\"", ":args [\"a\" \"b\"]", "nothing");
}

#[test]
fn fields_of_a_fork_app() {
    change("", ":args [\"x\"]", "~ web restart [0]: args: set to [\"x\"]");
    change(
        ":args [\"x\"]",
        "",
        "~ web restart [0]: args: [\"x\"] removed (PM2's own reload may not make it true)",
    );
    change(
        "",
        ":cwd \"sub\"",
        "~ web restart [0]: script: \"/base/web.js\" → \"/base/sub/web.js\" (PM2's own reload would keep the old one) \
         | cwd: \"/base\" → \"/base/sub\" (PM2's own reload would keep the old one)",
    );
    change(
        "",
        ":out_file \"/tmp/o.log\"",
        "~ web restart [0]: out_file: \"/home/.pm2/logs/web-out.log\" → \"/tmp/o.log\" (PM2's own reload would keep the old one)",
    );
    change("", ":kill_timeout 5", "~ web restart [0]: kill_timeout: set to 5");
    change(":autorestart false", "", "~ web restart [0]: autorestart: set to true");
    change(
        ":cron_restart \"0 3 * * *\"",
        "",
        "~ web restart [0]: cron_restart: \"0 3 * * *\" removed (PM2's own reload would keep it)",
    );
}

#[test]
fn environment() {
    change(":env {:A \"1\"}", ":env {:A \"2\"}", "~ web restart [0]: env.A: \"1\" → \"2\"");
    change("", ":env {:A \"2\"}", "~ web restart [0]: env.A: set to \"2\"");
    change(":env {:A \"1\"}", "", "~ web restart [0]: env.A: removed (PM2's own reload would keep it)");
    change(
        ":env {:A \"1\"}",
        ":env {:B \"1\"}",
        "~ web restart [0]: env.B: set to \"1\" | env.A: removed (PM2's own reload would keep it)",
    );
    change(
        ":env {:API_TOKEN \"old\"}",
        ":env {:API_TOKEN \"new\"}",
        "~ web restart [0]: env.API_TOKEN: ••• → •••",
    );
    change(
        ":env_file \".env\"",
        "",
        "~ web restart [0]: env.FROM_FILE: removed (PM2's own reload would keep it)",
    );
}

#[test]
fn what_pm2_reads_only_once() {
    change("", ":watch true", "~ web replace [0]: watch: set to true (PM2's own reload would not set it)");
    change(":watch true", "", "~ web restart [0]: watch: true removed (PM2's own reload would keep it)");
    // Its watcher is told to stop where there is one, and it is to go.
    for (before, after, expected) in
        [(":watch true", "", true), ("", "", false), (":watch true", ":watch true", false)]
    {
        let pm2 = synced(&[("a", &app(before))]);
        let desired = super::desired(&[("a", &app(&format!("{after} :args \"x\"")))]);
        let plan = super::checked(&desired, &pm2, &Policy::default());
        let unwatched = match &plan.steps[0].action {
            Action::Restart(updates, _) => Some(updates[0].unwatch),
            _ => None,
        };
        assert_eq!(unwatched, Some(expected), "{before} → {after}");
    }
    check(
        &[("a", &app(""))],
        &[("a", &cluster(""))],
        "~ web restart [0]: exec_mode: \"fork_mode\" → \"cluster_mode\" (PM2's own reload would keep the old one) \
         | out_file: \"/home/.pm2/logs/web-out.log\" → \"/home/.pm2/logs/web-out-0.log\" (PM2's own reload would keep the old one) \
         | error_file: \"/home/.pm2/logs/web-error.log\" → \"/home/.pm2/logs/web-error-0.log\" (PM2's own reload would keep the old one) \
         | merge_logs: true removed (PM2's own reload would keep it)",
    );
}

#[test]
fn the_mode_alone() {
    check(
        &[("a", &app(":merge_logs true"))],
        &[("a", &cluster(":merge_logs true"))],
        "~ web restart [0]: exec_mode: \"fork_mode\" → \"cluster_mode\" (PM2's own reload would keep the old one)",
    );
    check(
        &[("a", &cluster(":merge_logs true"))],
        &[("a", &app(":merge_logs true"))],
        "~ web restart [0]: exec_mode: \"cluster_mode\" → \"fork_mode\" (PM2's own reload would keep the old one)",
    );
}

#[test]
fn cluster_workers_are_reloaded() {
    cluster_change(":instances 2", ":instances 2 :env {:A 1}", "~ web reload [0, 1]: env.A: set to \"1\"");
    cluster_change(
        ":instances 2",
        ":instances 2 :cron_restart \"0 3 * * *\"",
        "~ web restart [0, 1]: cron_restart: set to \"0 3 * * *\"",
    );
    cluster_change(
        ":instances 2",
        ":instances 2 :autostart false",
        "~ web restart [0, 1]: autostart: true removed (PM2's own reload of a cluster would end PM2)",
    );
}

#[test]
fn instances() {
    cluster_change(":instances 2", ":instances 4", "~ web scale []: instances: 2 → 4");
    cluster_change(":instances 3", ":instances 1", "~ web scale [1, 2]: instances: 3 → 1");
    cluster_change(":instances 1", ":instances \"max\"", "~ web scale []: instances: 1 → 2");
    cluster_change(
        ":instances 2",
        ":instances 1 :env {:A 1}",
        "~ web reload [0, 1]: instances: 2 → 1 | env.A: set to \"1\"",
    );
    // PM2 lets as many as there are cores write to one log; nobody did that outside the tree.
    change(
        ":instances 1",
        ":instances \"max\"",
        "~ web restart [0]: instances: 1 → 2 \
         | out_file: \"/home/.pm2/logs/web-out-0.log\" → \"/home/.pm2/logs/web-out.log\" (PM2's own reload would keep the old one) \
         | error_file: \"/home/.pm2/logs/web-error-0.log\" → \"/home/.pm2/logs/web-error.log\" (PM2's own reload would keep the old one) \
         | merge_logs: set to true (PM2's own reload would not set it)",
    );
    cluster_change(
        ":instances 2 :increment_var \"PORT\" :env {:PORT 3000}",
        ":instances 2 :increment_var \"PORT\" :env {:PORT 3000 :A 1}",
        "~ web replace [0, 1]: env.A: set to \"1\"",
    );
}

/// PM2 counts from 0 then: that is in the process's environment, and is nothing that the declaration has lost.
#[test]
fn a_counted_variable_without_a_value_stays() {
    let text = cluster(":instances 2 :increment_var \"N\" :env_file \".env\"");
    let mut pm2 = synced(&[("a", &text)]);
    let next = std::cell::Cell::new(0);
    pm2.edit("web", |record| {
        record["env"]["N"] = json!(next.get());
        next.set(next.get() + 1);
    });
    check_from(&mut pm2, &[("a", &text)], &Policy::default(), "nothing");
}

#[test]
fn counted_variables_count_up() {
    let counted = |port: u16| format!(":instances 3 :increment_var \"PORT\" :env {{:PORT {port}}}");
    let count = |pm2: &mut Pm2Model, from: u16| {
        let next = std::cell::Cell::new(from);
        pm2.edit("web", |record| {
            record["env"]["PORT"] = json!(next.get());
            next.set(next.get() + 1);
        });
    };
    let mut pm2 = synced(&[("a", &cluster(&counted(3000)))]);
    count(&mut pm2, 3000);
    check_from(&mut pm2, &[("a", &cluster(&counted(3000)))], &Policy::default(), "nothing");
    let plan = super::checked(&super::desired(&[("a", &cluster(&counted(2000)))]), &pm2, &Policy::default());
    assert!(super::words(&plan).starts_with("~ web replace [0, 1, 2]: "), "{}", super::words(&plan));
}

#[test]
fn what_is_inherited() {
    change(
        "",
        ":filter_env [\"PATH\"]",
        "~ web restart [0]: filter_env: set to [\"PATH\"] (PM2's own reload would not set it) | env.PATH: removed (PM2's own reload would keep it)",
    );
    change("", ":inherit_env [\"EDITOR\"]", "~ web restart [0]: env.EDITOR: set to •••");
    change(
        ":inherit_env [\"EDITOR\"]",
        "",
        "~ web restart [0]: env.EDITOR: removed (PM2's own reload would keep it)",
    );
    change(":io {:conf {:a 1}}", ":io {:conf {:a 1}}", "nothing");
}

#[test]
fn what_hid_an_inherited_variable_gives_way_to_it() {
    let removed =
        |name: &str| format!("~ web restart [0]: env.{name}: removed (PM2's own reload would keep it)");
    change(":env {:TZ \"UTC\"}", "", &removed("TZ"));
    change(":env {:PATH \"/x\"}", "", "~ web restart [0]: env.PATH: ••• → •••");
    let mut pm2 = synced(&[("a", &app(""))]);
    pm2.edit("web", |record| record["env"]["PATH"] = json!("/of/an/earlier/daemon"));
    check_from(&mut pm2, &[("a", &app(""))], &Policy::default(), "nothing");
}

#[test]
fn what_pm2_would_take_for_removed_is_started_anew() {
    change("", ":args [\"null\"]", "~ web replace [0]: args: set to [\"null\"]");
    change("", ":namespace \"null\"", "~ web replace [0]: namespace: \"default\" → \"null\"");
}

#[test]
fn an_app_that_has_finished_survives_a_new_id() {
    let moved = |status: &str, path: &str, expected: &str| {
        let mut pm2 = synced(&[("a", &app(":autorestart false"))]);
        pm2.edit("web", |record| {
            record.insert("status".to_owned(), json!(status));
            record.insert("pm_pid_path".to_owned(), json!(path));
        });
        check_from(&mut pm2, &[("a", &app(":autorestart false"))], &Policy::default(), expected);
    };
    moved("stopped", "/home/.pm2/pids/web-7.pid", "nothing");
    let replaced = |path: &str| {
        format!(
            "~ web replace [0]: pid_file: {path:?} → \"/home/.pm2/pids/web-0.pid\" (changed outside the tree)"
        )
    };
    // What runs has a file that is another's by now, and what is elsewhere is so for another reason.
    moved("online", "/home/.pm2/pids/web-7.pid", &replaced("/home/.pm2/pids/web-7.pid"));
    moved("stopped", "/elsewhere/web-7.pid", &replaced("/elsewhere/web-7.pid"));
}

/// As PM2 reads them: in JavaScript 5 is 5.0, a number among words is text, and what is empty is not there.
#[test]
fn what_means_the_same_is_no_change() {
    let web = app(":args [\"80\"] :kill_timeout 5");
    let mut pm2 = synced(&[("a", &web)]);
    pm2.edit("web", |record| {
        record.insert("args".to_owned(), json!([80]));
        record.insert("kill_timeout".to_owned(), json!(5.0));
        record.insert("log_date_format".to_owned(), json!(""));
        record.insert("a_member_that_nobody_knows".to_owned(), json!("x"));
    });
    check_from(&mut pm2, &[("a", &web)], &Policy::default(), "nothing");
}

/// PM2 gives each process a variable of its app's name, and one that tells the number of the instance.
#[test]
fn what_pm2_puts_into_the_environment_is_nothing_that_was_lost() {
    let web = app(":env_file \".env\" :instance_var \"NUMBER\"");
    let mut pm2 = synced(&[("a", &web)]);
    pm2.edit("web", |record| {
        record["env"]["web"] = json!("{}");
        record["env"]["NUMBER"] = json!(0);
    });
    check_from(&mut pm2, &[("a", &web)], &Policy::default(), "nothing");
    pm2.edit("web", |record| record["env"]["OTHER"] = json!(0));
    let removed = "~ web restart [0]: env.OTHER: removed (PM2's own reload would keep it)";
    check_from(&mut pm2, &[("a", &web)], &Policy::default(), removed);
}

/// A mask over too little would show what only the environment tells, and one over all would tell nobody anything.
#[test]
fn what_comes_from_outside_is_known() {
    for (keys, expected) in [
        (":env {:A 1}", &[][..]),
        (":env_file \".env\" :env {:A 1}", &["env.FROM_FILE"]),
        (":kill_timeout #or [#env \"T\" 5]", &["kill_timeout"]),
    ] {
        let desired = super::desired(&[("a", &app(keys))]);
        let hidden: Vec<&str> = desired.apps["web"].hidden.iter().map(String::as_str).collect();
        assert_eq!(hidden, expected, "{keys}");
    }
    // A change away from what was so would show it.
    let mut desired = super::desired(&[("a", &app(""))]);
    let applied = Applied { hidden: ["env.GONE".to_owned()].into(), ..Applied::default() };
    let other = Applied { hidden: ["env.OTHERS".to_owned()].into(), ..Applied::default() };
    let apps = [("web".to_owned(), applied), ("other".to_owned(), other)].into();
    desired.hide(&Inventory { apps, ..Inventory::default() });
    assert_eq!(desired.apps["web"].hidden, ["env.GONE".to_owned()].into());
}

#[test]
fn daemons_come_go_and_move() {
    let (web, job) = (app(""), "{:apps [{:name \"job\" :script \"job.js\"}]}");
    check(&[("a", &web)], &[("a", &web), ("b", job)], "+ job start []: not running");
    check(&[("a", &web), ("b", job)], &[("a", &web)], "- job delete [0]: no longer declared");
    check(&[("a", &web)], &[("moved/a", &web)], "~ web restart [0]: moved: a → moved/a");
    let renamed = web.replace("\"web\"", "\"site\"");
    check(
        &[("a", &web)],
        &[("a", &renamed)],
        "- web delete [0]: no longer declared
         + site start []: not running",
    );
}

#[test]
fn broken_sources_keep_their_apps() {
    let (web, job) = (app(""), "{:apps [{:name \"job\" :script \"job.js\"}]}");
    let mut pm2 = synced(&[("a", &web), ("b", job)]);
    let policy = Policy::default();
    check_from(&mut pm2, &[("a", "{:apps ["), ("b", job)], &policy, "! web: Broken(DaemonId(\"a\"))");
    // Moved and broken in one go: the text still names it.
    check_from(
        &mut pm2,
        &[("c", "{:apps [{:name \"web\""), ("b", job)],
        &policy,
        "! web: Broken(DaemonId(\"c\"))",
    );
    let mut unreadable = super::desired(&[("b", job)]);
    unreadable.unreadable.insert("a".to_owned());
    assert_eq!(super::words(&super::checked(&unreadable, &pm2, &policy)), "! web: Unreadable([\"a\"])\n");
}

#[test]
fn most_is_not_deleted_at_once() {
    let apps = |names: &[&str]| {
        let apps: Vec<String> =
            names.iter().map(|name| format!("{{:name \"{name}\" :script \"x.js\"}}")).collect();
        format!("{{:apps [{}]}}", apps.join(" "))
    };
    let all = apps(&["p", "q", "r", "s", "t"]);
    let mut pm2 = synced(&[("a", &all)]);
    let policy = Policy::default();
    let held = "! r: Guard(Hold { deletions: 3, of: 5 })
                ! s: Guard(Hold { deletions: 3, of: 5 })
                ! t: Guard(Hold { deletions: 3, of: 5 })";
    check_from(&mut pm2, &[("a", &apps(&["p", "q"]))], &policy, held);
    let allowed = Policy { allow_mass_delete: true, ..Policy::default() };
    let deleted = "- r delete [2]: no longer declared
                   - s delete [3]: no longer declared
                   - t delete [4]: no longer declared";
    check_from(&mut pm2, &[("a", &apps(&["p", "q"]))], &allowed, deleted);
    check_from(
        &mut pm2,
        &[],
        &policy,
        "! p: Guard(Hold { deletions: 2, of: 2 })
         ! q: Guard(Hold { deletions: 2, of: 2 })",
    );
}

#[test]
fn the_guard_holds_more_than_two_and_more_than_half() {
    for (deletions, of, empty, holds) in [
        (0, 0, true, false),
        (1, 9, true, true),
        (2, 2, false, false),
        (3, 5, false, true),
        (3, 6, false, false),
        (4, 7, false, true),
    ] {
        let expected = if holds { Guard::Hold { deletions, of } } else { Guard::Pass };
        assert_eq!(Guard::of(deletions, of, empty), expected);
    }
}

#[test]
fn foreign_processes_are_not_touched() {
    let mut pm2 = Pm2Model::default();
    pm2.start_foreign("web");
    pm2.start_foreign("bystander");
    let web = app("");
    check_from(&mut pm2, &[("a", &web)], &Policy::default(), "! web: Conflict { owner: None }");
    let adopt = Policy { adopt: ["web".to_owned()].into(), ..Policy::default() };
    let plan = super::checked(&super::desired(&[("a", &web)]), &pm2, &adopt);
    assert!(super::words(&plan).starts_with("~ web replace [0]: "), "{}", super::words(&plan));
    // A name that the tree does not declare cannot be adopted, and so not be deleted either.
    let adopt = Policy { adopt: ["bystander".to_owned()].into(), ..Policy::default() };
    check_from(&mut pm2, &[("a", &web)], &adopt, "! web: Conflict { owner: None }");
}

#[test]
fn apps_that_do_not_run() {
    let web = app("");
    let stop = |pm2: &mut Pm2Model, status: &str, code: i64| {
        let (status, code) = (json!(status), json!(code));
        pm2.edit("web", |record| {
            record.insert("status".to_owned(), status.clone());
            record.insert("exit_code".to_owned(), code.clone());
        });
    };
    let mut pm2 = synced(&[("a", &web)]);
    stop(&mut pm2, "stopped", 0);
    let hold = Policy { stopped: Stopped::Hold, ..Policy::default() };
    check_from(&mut pm2, &[("a", &web)], &hold, "! web: StoppedByHand");
    check_from(&mut pm2, &[("a", &web)], &Policy::default(), "~ web restart [0]: stopped");
    stop(&mut pm2, "errored", 1);
    check_from(&mut pm2, &[("a", &web)], &Policy::default(), "~ web restart [0]: errored");
    // One that is not to be restarted has done its work.
    let once = app(":autorestart false");
    let mut pm2 = synced(&[("a", &once)]);
    stop(&mut pm2, "stopped", 0);
    check_from(&mut pm2, &[("a", &once)], &Policy::default(), "nothing");
    check_from(&mut pm2, &[("a", &once)], &hold, "nothing");
    let by_code = app(":stop_exit_codes [7]");
    let mut pm2 = synced(&[("a", &by_code)]);
    stop(&mut pm2, "stopped", 7);
    check_from(&mut pm2, &[("a", &by_code)], &Policy::default(), "nothing");
    // One that is not to be started waits for somebody to do so.
    let waiting = app(":autostart false");
    synced(&[("a", &waiting)]);
}

#[test]
fn changes_by_hand_are_undone() {
    let web = app(":env {:A \"1\"}");
    let mut pm2 = synced(&[("a", &web)]);
    pm2.edit("web", |record| {
        record["env"]["A"] = json!("2");
        record.insert("kill_timeout".to_owned(), json!(9));
        // PM2's own restart leaves this behind, and nothing comes of it.
        record.insert("filter_env".to_owned(), json!([]));
    });
    check_from(
        &mut pm2,
        &[("a", &web)],
        &Policy::default(),
        "~ web restart [0]: kill_timeout: 9 removed (changed outside the tree) | env.A: \"2\" → \"1\" (changed outside the tree)",
    );
    // What somebody's shell gave it when they started it by hand is no reason to restart it …
    pm2.edit("web", |record| {
        record["env"]["SHELL_VARIABLE"] = json!("x");
        record.insert("SHELL_VARIABLE".to_owned(), json!("x"));
    });
    check_from(&mut pm2, &[("a", &web)], &Policy::default(), "nothing");
    // … but a variable that PM2's own reload left in the record is in the process and nowhere declared.
    pm2.edit("web", |record| {
        record.insert("LEFT_BEHIND".to_owned(), json!("x"));
    });
    let plan = super::checked(&super::desired(&[("a", &web)]), &pm2, &Policy::default());
    assert!(super::words(&plan).contains("env.LEFT_BEHIND: removed"), "{}", super::words(&plan));
}

#[test]
fn only_some_daemons() {
    let (web, job) = (app(""), "{:apps [{:name \"job\" :script \"job.js\"}]}");
    let mut pm2 = synced(&[("a", &web), ("b", job)]);
    let scoped = |ids: &[&str]| Policy { only: only(ids), ..Policy::default() };
    let changed = app(":args [\"x\"]");
    check_from(&mut pm2, &[("a", &changed)], &scoped(&["c"]), "nothing");
    check_from(&mut pm2, &[("a", &changed)], &scoped(&["b"]), "- job delete [0]: no longer declared");
    check_from(&mut pm2, &[("a", &changed)], &scoped(&["a"]), "~ web restart [1]: args: set to [\"x\"]");
}

#[test]
fn the_process_that_runs_us_comes_last_and_is_never_deleted() {
    let (web, job) = (app(""), "{:apps [{:name \"job\" :script \"job.js\"}]}");
    let tree = |web: &str, job: &str| desired_pair(web, job);
    let pm2 = synced(&[("a", &web), ("b", job)]);
    let own = Policy { own_pids: [7, 101].into(), ..Policy::default() };
    let (changed, job_changed) = (app(":args [\"x\"]"), job.replace("job.js", "other.js"));
    let plan = super::checked(&tree(&changed, &job_changed), &pm2, &own);
    assert_eq!(plan.steps.iter().map(|step| step.app.as_str()).collect::<Vec<_>>(), ["job", "web"]);
    let plan = super::checked(&tree(&app(":watch true"), job), &pm2, &own);
    assert_eq!(super::words(&plan), "! web: RunsUs\n");
    let gone = super::checked(&super::desired(&[("b", job)]), &pm2, &own);
    assert_eq!(super::words(&gone), "! web: RunsUs\n");
}

fn desired_pair(web: &str, job: &str) -> crate::plan::Desired {
    super::desired(&[("a", web), ("b", job)])
}
