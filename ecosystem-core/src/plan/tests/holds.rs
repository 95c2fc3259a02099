//! Why an app is left alone, in the words that people read.

use crate::model::DaemonId;
use crate::plan::{Hold, Obstacle, Tried, Why};

#[track_caller]
fn check(daemon: &str, why: Why, expected: &str) {
    let hold = Hold { app: "web".to_owned(), daemon: DaemonId::new(daemon), why };
    assert_eq!(hold.explain(), expected);
}

#[test]
fn what_is_tried_again_says_how_often_it_was() {
    for (tries, given_up, expected) in [
        (1, false, "tried once, will be tried again"),
        (2, false, "tried 2 times, will be tried again"),
        (1, true, "tried once, and not again until its definition changes or `ecosystem-cli sync` is run"),
        (8, true, "tried 8 times, and not again until its definition changes or `ecosystem-cli sync` is run"),
    ] {
        check("a", Why::Resting { tries, given_up }, expected);
    }
}

#[test]
fn what_is_not_alive_says_what_was_done_about_it() {
    let tried = |tries, given_up| Some(Tried { tries, given_up });
    for (tried, expected) in [
        (None, "it is left as it is"),
        (tried(1, false), "restarted once, will be restarted again"),
        (tried(2, false), "restarted 2 times, will be restarted again"),
        (
            tried(8, true),
            "restarted 8 times, and not again until its definition changes or the watcher is sent SIGHUP",
        ),
    ] {
        let why = Why::NotAlive { problem: "it hangs".to_owned(), tried };
        check("a", why, &format!("not alive: it hangs; {expected}"));
    }
}

/// It is to be pasted into a shell.
#[test]
fn a_daemon_is_quoted_where_a_shell_would_read_it_otherwise() {
    for (daemon, quoted) in [
        ("services/web-1_a.b", "services/web-1_a.b"),
        ("", "''"),
        ("my services", "'my services'"),
        ("it's", r"'it'\''s'"),
        ("$HOME", "'$HOME'"),
    ] {
        let expected = format!("no longer declared: `ecosystem-cli prune {quoted}` deletes it");
        check(daemon, Why::Unconfirmed, &expected);
    }
}

#[test]
fn what_stands_in_the_way_of_a_dependent_is_told() {
    for (obstacle, expected) in [
        (Obstacle::Held("conflict"), "is held itself (conflict)"),
        (Obstacle::NotRunning, "does not run"),
        (Obstacle::EndedBadly(3), "ended with exit code 3"),
        (Obstacle::OnProbation, "failed a moment ago and has yet to stay up"),
    ] {
        let why = Why::Dependency { app: "db".to_owned(), obstacle };
        check("a", why, &format!("depends on db, which {expected}"));
    }
}
