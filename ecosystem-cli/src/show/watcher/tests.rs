#![allow(clippy::unwrap_used, reason = "a failing test panics")]

use ecosystem_core::model::Prune;
use ecosystem_core::os::state::LastError;

use super::*;

fn at(text: &str) -> Timestamp {
    format!("2026-01-02T{text}Z").parse().unwrap()
}

fn problem(kind: ProblemKind, app: Option<&str>, text: &str) -> Problem {
    Problem {
        kind,
        app: app.map(str::to_owned),
        daemon: app.map(|app| format!("services/{app}")),
        text: text.to_owned(),
        since: at("03:00:00"),
    }
}

fn state() -> WatcherState {
    let pending = "no longer declared: `ecosystem-cli prune services/old` deletes it";
    WatcherState {
        program_version: "0.1.0".to_owned(),
        pid: 4711,
        started_at: at("02:00:00"),
        looked_at: Some(at("03:04:02")),
        looks: 12,
        changed_at: Some(at("03:03:05")),
        mode: Mode::Watching,
        prune: Prune::Confirm,
        problems: vec![
            problem(ProblemKind::Failed, Some("job"), "restart failed: it ended 3 times"),
            problem(ProblemKind::Diagnostic, None, "web/ecosystem.edn:1:1 E0101 …"),
            problem(ProblemKind::Held, Some("api"), "stopped by hand"),
            problem(ProblemKind::Pending, Some("old"), pending),
            problem(ProblemKind::Trouble, None, "PM2 is away\n\u{1b}[2J"),
        ],
        problems_left_out: 0,
        last_error: None,
    }
}

fn watcher(alive: Option<u32>, state: Option<WatcherState>) -> Watcher {
    Watcher { alive: Ok(alive.map(|pid| Holder { pid: Some(pid) })), state: Ok(state) }
}

fn shown(watcher: &Watcher) -> String {
    let now = at("03:04:05");
    // As a file or a pipe gets it, without colours.
    let text = format!("{}{}", watcher.summary(now), watcher.problems(now));
    anstream::adapter::strip_str(&text).to_string()
}

#[test]
fn what_a_living_one_says_is_shown() {
    let watcher = watcher(Some(4711), Some(WatcherState { problems_left_out: 7, ..state() }));
    insta::assert_snapshot!(format!("{}\n{:#}", shown(&watcher), watcher.json()));
}

#[test]
fn one_line_says_how_it_does() {
    let check = |watcher: &Watcher, expected: &str| assert_eq!(shown(watcher), expected);
    let calm = || WatcherState { problems: Vec::new(), ..state() };
    check(&watcher(None, None), "");
    assert_eq!(watcher(None, None).json(), Json::Null);
    check(&watcher(Some(4711), None), "watcher running as 4711, has not looked yet\n");
    check(
        &watcher(Some(4711), Some(calm())),
        "watcher running as 4711, looked 3 s ago, last changed something 1 min ago\n",
    );
    check(
        &watcher(Some(4711), Some(WatcherState { changed_at: None, mode: Mode::Polling, ..calm() })),
        "watcher running as 4711, looked 3 s ago (by looking again and again: the system tells of no edits), has \
         changed nothing in 1 h\n",
    );
    check(&watcher(None, Some(state())), "watcher not running, last looked 3 s ago\n");
    let error = Some(LastError { text: "PM2 is away".to_owned(), at: at("03:00:00") });
    check(
        &watcher(None, Some(WatcherState { looked_at: None, last_error: error, ..calm() })),
        "watcher not running, was started 1 h ago; its last trouble, 4 min ago: PM2 is away\n",
    );
}

#[test]
fn what_one_before_it_left_is_not_its_own() {
    assert_eq!(shown(&watcher(Some(4712), Some(state()))), "watcher running as 4712, has not looked yet\n");
}

#[test]
fn what_cannot_be_read_is_said_and_no_reason_to_show_nothing() {
    let unreadable = || Err(HostError::new("cannot read \u{1b}x"));
    let living = Watcher { state: unreadable(), ..watcher(Some(4711), None) };
    assert_eq!(shown(&living), "watcher running as 4711, but cannot read \u{fffd}x\n");
    let dead = Watcher { state: unreadable(), ..watcher(None, None) };
    assert_eq!(shown(&dead), "watcher not running, and cannot read \u{fffd}x\n");
    assert_eq!(
        dead.json(),
        json!({ "alive": false, "pid": null, "state": null, "error": "cannot read \u{1b}x" })
    );
    let unknown = Watcher { alive: Err(HostError::new("no lock")), state: Ok(Some(state())) };
    assert_eq!(shown(&unknown), "watcher not known: no lock\n");
}

#[test]
fn spans_are_short() {
    let check = |to: &str, expected: &str| {
        assert_eq!(span("2026-01-02T00:00:00Z".parse().unwrap(), to.parse().unwrap()), expected);
    };
    check("2026-01-01T00:00:00Z", "0 s");
    check("2026-01-02T00:00:59.999Z", "59 s");
    check("2026-01-02T00:59:59Z", "59 min");
    check("2026-01-02T23:59:59Z", "23 h");
    check("2026-01-09T00:00:00Z", "7 d");
}
