//! The life of a tree that holds its own watcher, from `init` on, by real PM2.

use crate::support::log::Log;
use crate::support::process::Process;
use crate::support::scene::{Colors, Scene, WATCHER, daemon, world};
use crate::support::wait::{LONG, wait_until};
use crate::support::world::World;

const WATCHER_DAEMON: &str = "devops/ecosystem-watch";

/// A tree as `init` makes it, in a repository, with three apps and PM2 running all of it.
fn begun() -> World {
    let world = world();
    world.command(&["init"]).succeeds();
    world.daemon(WATCHER_DAEMON, &own_definition(&world));
    world.daemon("web", &daemon(&[("web", "red")]));
    world.daemon("group/mail", &daemon(&[("mail", "red"), ("post", "red")]));
    git(&world, &["init", "-q", "-b", "main"]);
    world.command(&["render"]).succeeds();
    let file = world.root().join(WATCHER_DAEMON).join("dist/ecosystem.config.mjs");
    world.pm2_does(&["start", file.to_str().unwrap()]);
    world.becomes(&[(WATCHER, ""), ("web", "red"), ("mail", "red"), ("post", "red")]);
    world
}

/// What `init` wrote, with the watcher under test, which speaks to programs and waits shortly.
fn own_definition(world: &World) -> String {
    let text = own_source(world);
    let (before, rest) = text.split_once(":script").unwrap();
    let (_, after) = rest.split_once('\n').unwrap();
    let program = env!("CARGO_BIN_EXE_ecosystem-watch");
    let text = format!("{before}:script {program:?}\n{after}");
    let options = r#":args ["--log-format" "json" "--verbose" "--prune-grace" "0.3" "--resync" "3600" "#;
    // The last one: a comment tells of it as well.
    let (before, after) = text.rsplit_once(":args").unwrap();
    format!("{before}{options}{}", after.trim_start().trim_start_matches('['))
}

fn own_source(world: &World) -> String {
    std::fs::read_to_string(world.root().join(WATCHER_DAEMON).join("ecosystem.edn")).unwrap()
}

fn log(world: &World) -> Log {
    Log::of(world.pm2.path().join("logs"), &format!("{WATCHER}-out"))
}

fn git(world: &World, args: &[&str]) {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"];
    world.runs_program("git", &[&identity, args].concat());
}

#[test]
fn a_tree_follows_every_edit_while_its_own_watcher_watches() {
    let world = begun();
    let bystander = world.start_foreign("bystander", "idle.sh");
    let (watcher, mail) = (world.pid(WATCHER), world.pid("mail"));
    edited_broken_and_mended(&world);
    added_renamed_moved_and_removed(&world);
    assert_eq!(world.pid("mail"), mail, "nothing was done to it");
    checked_out(&world);
    assert_eq!(world.pid(WATCHER), watcher, "it was never restarted");
    assert_eq!((world.pid("mail"), world.pid("bystander")), (mail, bystander));
    world.nothing_to_do();
}

/// From three apps in red to `web` in blue.
fn edited_broken_and_mended(world: &World) {
    let before = world.pids();
    world.daemon("web", &daemon(&[("web", "blue")]));
    world.becomes(&[(WATCHER, ""), ("web", "blue"), ("mail", "red"), ("post", "red")]);
    assert_ne!(world.pids()["web"], before["web"]);

    let before = world.pids();
    world.daemon("web", "{:apps [{:name \"web\" :script");
    let log = log(world);
    log.will_say("\"web\" keeps running as it was");
    // It is not said again when another daemon makes it look.
    world.daemon("extra", &daemon(&[("extra", "red")]));
    wait_until("the others are looked after", LONG, || world.pids().contains_key("extra"));
    world.remove("extra");
    wait_until("the others are looked after", LONG, || !world.pids().contains_key("extra"));
    assert_eq!(log.says("\"web\" keeps running as it was"), 1);
    world.daemon("web", &daemon(&[("web", "blue")]));
    log.will_say("mended: web/ecosystem.edn");
    assert_eq!(world.pids(), before, "a mistake that is mended changes nothing");
}

/// From `web`, `mail`, `post` to `mail`, `letters`, `job`.
fn added_renamed_moved_and_removed(world: &World) {
    world.daemon("jobs/job", &daemon(&[("job", "red")]));
    world.becomes(&[(WATCHER, ""), ("web", "blue"), ("mail", "red"), ("post", "red"), ("job", "red")]);

    world.daemon("group/mail", &daemon(&[("mail", "red"), ("letters", "red")]));
    world.becomes(&[(WATCHER, ""), ("web", "blue"), ("mail", "red"), ("letters", "red"), ("job", "red")]);

    std::fs::rename(world.root().join("jobs/job"), world.root().join("moved")).unwrap();
    let source = || world.pids().get("job").map(|pids| Process::new(pids[0]).environ());
    wait_until("the moved daemon's app says where it is", LONG, || {
        source().is_some_and(|environ| environ.get("ECOSYSTEM_SOURCE").is_some_and(|it| it == "moved"))
    });
    assert!(world.exists("moved/dist/ecosystem.config.mjs"));

    std::fs::remove_file(world.root().join("web/ecosystem.edn")).unwrap();
    world.becomes(&[(WATCHER, ""), ("mail", "red"), ("letters", "red"), ("job", "red")]);
    wait_until("what was generated is gone too", LONG, || !world.exists("web/dist"));
}

/// A branch on which dozens of daemons differ, and back.
fn checked_out(world: &World) {
    let few = world.runs().unwrap();
    git(world, &["add", "."]);
    git(world, &["commit", "-q", "-m", "few"]);
    git(world, &["checkout", "-q", "-b", "many"]);
    let mut many = few.clone();
    for number in 0..24 {
        let name = format!("many-{number}");
        world.daemon(&format!("many/{number}"), &daemon(&[(&name, "green")]));
        many.insert(name, "green".to_owned());
    }
    world.daemon("moved", &daemon(&[("job", "green")]));
    many.insert("job".to_owned(), "green".to_owned());
    git(world, &["add", "."]);
    git(world, &["commit", "-q", "-m", "many"]);
    world.becomes_all(&many);

    git(world, &["checkout", "-q", "main"]);
    // Most of what runs: somebody has to say that it is meant.
    world.stands("many-0", "--allow-mass-delete");
    world.command(&["sync", "--allow-mass-delete"]).succeeds();
    world.becomes_all(&few);
    git(world, &["checkout", "-q", "many"]);
    world.becomes_all(&many);
}

/// What a watcher does to its own app ends itself; the next one goes on.
#[test]
fn a_watcher_follows_its_own_definition() {
    let world = begun();
    let others = world.pids();
    let definition = own_source(&world);
    let ours = |color: &str, web: &str| -> Colors {
        [(WATCHER, color), ("web", web), ("mail", "red"), ("post", "red")]
            .map(|(app, color)| (app.to_owned(), color.to_owned()))
            .into()
    };

    // A restart, which PM2 finishes although whoever asked for it has ended.
    let environment = definition.replace(":cwd", ":env {:COLOR \"blue\"} :cwd");
    world.daemon(WATCHER_DAEMON, &environment);
    world.becomes_all(&ours("blue", "red"));
    assert_ne!(world.pids()[WATCHER], others[WATCHER]);
    assert_eq!(log(&world).events("restarts-us").len(), 1);
    world.daemon("web", &daemon(&[("web", "green")]));
    world.becomes_all(&ours("blue", "green"));

    // A deletion and a start, which are beyond any program in PM2's tree.
    let before = world.pids();
    world.daemon(WATCHER_DAEMON, &environment.replace(":cwd", ":instance-var \"NUMBER\" :cwd"));
    let replaced = || world.pids().get(WATCHER).is_some_and(|pids| pids[0] != before[WATCHER][0]);
    wait_until("the watcher is replaced", LONG, replaced);
    world.becomes_all(&ours("blue", "green"));
    assert_eq!(Process::new(world.pid(WATCHER)).environ()["NUMBER"], "0");
    world.daemon("web", &daemon(&[("web", "yellow")]));
    world.becomes_all(&ours("blue", "yellow"));
    assert_eq!((&world.pids()["mail"], &world.pids()["post"]), (&others["mail"], &others["post"]));
    world.nothing_to_do();

    // Taken out of the tree, it goes, and nothing else does.
    let before = world.pids();
    world.remove(WATCHER_DAEMON);
    wait_until("the watcher is gone", LONG, || !world.pids().contains_key(WATCHER));
    let left = world.pids();
    assert!(left.iter().all(|(app, pids)| pids == &before[app]) && left.len() == 3, "{left:?}");
}

/// Why the helper comes into being as it does: PM2 finds what belongs to an app by parents, not by sessions.
#[test]
fn pm2_ends_what_has_a_parent_in_the_app_and_nothing_else() {
    let world = world();
    let folder = world.base();
    let (child, files) = ("while :; do sleep 1; done", folder.display());
    let detached = format!("setsid sh -c '{child}' &\necho $! > {files}/session\n");
    let orphaned = format!("setsid sh -c '({child}) & echo $! > {files}/orphan'\n");
    world.program("parent.sh", &format!("{detached}{orphaned}{child}\n"));
    world.start_foreign("parent", "parent.sh");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).ok()?.trim().parse::<u32>().ok();
    wait_until("both children are there", LONG, || read("session").is_some() && read("orphan").is_some());
    let (session, orphan) = (Process::new(read("session").unwrap()), Process::new(read("orphan").unwrap()));
    assert!(session.is_alive() && orphan.is_alive());
    world.pm2_does(&["delete", "parent"]);
    wait_until("the child in a session of its own is gone", LONG, || !session.is_alive());
    let survived = orphan.is_alive();
    orphan.kill();
    assert!(survived, "PM2 ended a process whose parent was gone");
}
