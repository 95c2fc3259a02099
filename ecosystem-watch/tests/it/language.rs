//! What a daemon is made of beside its own source: an edit of it is followed, and an edit of the source keeps it.

use std::fs;

use crate::support::scene::{Scene, world};
use crate::support::wait::{LONG, wait_until};
use crate::support::watcher::Watcher;
use crate::support::world::World;

/// A process whose color is said elsewhere; `more` are further keys.
fn idle(name: &str, more: &str) -> String {
    format!("{{:apps [{{:name \"{name}\" :script \"idle.sh\" :interpreter \"sh\" {more}}}]}}\n")
}

/// Replaces a file of the tree in place of the one before, as editors do it.
fn write(world: &World, path: &str, text: &str) {
    let path = world.root().join(path);
    let beside = path.with_extension("tmp");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&beside, text).unwrap();
    fs::rename(&beside, &path).unwrap();
}

/// Whether the last look was at everything.
fn last_was_whole(watcher: &Watcher) -> bool {
    watcher.log.events("looked").last().is_some_and(|look| look["whole"] == true)
}

#[test]
fn an_edit_of_defaults_changes_the_apps_below_them() {
    let world = world();
    let color = |color: &str| format!("{{:defaults {{:env {{:COLOR \"{color}\"}}}}}}");
    write(&world, "defaults.edn", &color("red"));
    write(&world, "shop/defaults.edn", &color("green"));
    write(&world, "mail/ecosystem.edn", &idle("mail", ""));
    write(&world, "shop/web/ecosystem.edn", &idle("web", ""));
    let watcher = Watcher::start(&world, &[]);
    world.becomes(&[("mail", "red"), ("web", "green")]);
    world.comes_to_rest();
    let mail = world.pid("mail");
    write(&world, "shop/defaults.edn", &color("blue"));
    world.becomes(&[("mail", "red"), ("web", "blue")]);
    world.comes_to_rest();
    assert_eq!(world.pid("mail"), mail);

    // A look at one daemon reads the defaults above it.
    let looks = watcher.log.events("looked").len();
    write(&world, "shop/web/ecosystem.edn", &idle("web", ":max-restarts 3"));
    wait_until("the edit is looked at", LONG, || watcher.log.events("looked").len() > looks);
    world.comes_to_rest();
    assert!(!last_was_whole(&watcher));
    world.becomes(&[("mail", "red"), ("web", "blue")]);

    // Broken ones keep what runs; the watcher says so, and goes on with them when they are mended.
    write(&world, "shop/defaults.edn", "{:defaults {");
    wait_until("it is said", LONG, || world.state().is_some_and(|state| !state.problems.is_empty()));
    world.becomes(&[("mail", "red"), ("web", "blue")]);
    fs::remove_file(world.root().join("shop/defaults.edn")).unwrap();
    world.becomes(&[("mail", "red"), ("web", "red")]);
}

#[test]
fn an_edit_of_an_included_file_is_followed_in_the_tree_and_beside_it() {
    let world = world();
    write(&world, "colors.edn", "{:COLOR \"red\"}");
    write(&world, "../beside/colors.edn", "{:COLOR \"green\"}");
    write(&world, "mail/ecosystem.edn", &idle("mail", ":env #include \"../colors.edn\""));
    write(&world, "web/ecosystem.edn", &idle("web", ":env #include \"../../beside/colors.edn\""));
    write(&world, "other/ecosystem.edn", &idle("other", ":env {:COLOR \"white\"}"));
    let watcher = Watcher::start(&world, &[]);
    world.becomes(&[("mail", "red"), ("other", "white"), ("web", "green")]);
    world.comes_to_rest();
    let other = world.pid("other");
    write(&world, "../beside/colors.edn", "{:COLOR \"blue\"}");
    world.becomes(&[("mail", "red"), ("other", "white"), ("web", "blue")]);
    write(&world, "colors.edn", "{:COLOR \"black\"}");
    world.becomes(&[("mail", "black"), ("other", "white"), ("web", "blue")]);
    world.comes_to_rest();

    // A file that is included from now on is watched from now on.
    write(&world, "../more/colors.edn", "{:COLOR \"grey\"}");
    write(&world, "web/ecosystem.edn", &idle("web", ":env #include \"../../more/colors.edn\""));
    world.becomes(&[("mail", "black"), ("other", "white"), ("web", "grey")]);
    world.comes_to_rest();
    write(&world, "../more/colors.edn", "{:COLOR \"pink\"}");
    world.becomes(&[("mail", "black"), ("other", "white"), ("web", "pink")]);
    assert_eq!(world.pid("other"), other);
    assert!(watcher.log.events("looked").len() > 3);
}

#[test]
fn an_edit_of_an_env_file_is_followed_where_references_look_into_it() {
    let world = world();
    let base = world.base().to_owned();
    fs::write(base.join("red.env"), "SHADE=red\n").unwrap();
    let env = ":env-file [\"red.env\" \"more.env?\"] :env {:COLOR \"dark ${SHADE}\"}";
    write(&world, "web/ecosystem.edn", &idle("web", env));
    write(&world, "other/ecosystem.edn", &idle("other", ":env {:COLOR \"white\"}"));
    let _watcher = Watcher::start(&world, &[]);
    world.becomes(&[("other", "white"), ("web", "dark red")]);
    world.comes_to_rest();
    let other = world.pid("other");
    fs::write(base.join("red.env"), "SHADE=blue\n").unwrap();
    world.becomes(&[("other", "white"), ("web", "dark blue")]);
    world.comes_to_rest();
    // One that need not be there is waited for all the same.
    fs::write(base.join("more.env"), "SHADE=green\n").unwrap();
    world.becomes(&[("other", "white"), ("web", "dark green")]);
    fs::remove_file(base.join("more.env")).unwrap();
    world.becomes(&[("other", "white"), ("web", "dark blue")]);
    // Without what it needs the app stays as it is.
    fs::write(base.join("red.env"), "").unwrap();
    world.stands("web", "SHADE");
    world.becomes(&[("other", "white"), ("web", "dark blue")]);
    assert_eq!(world.pid("other"), other);
}
