use std::io;
use std::sync::Mutex;

use ecosystem_core::converge::Discarded;
use ecosystem_core::model::DaemonId;
use ecosystem_core::plan::Reason;

use super::super::log::{Format, Log, subscriber};
use super::super::testing::{at, both, crashed, logged, outcome, report, restart, step as made};
use super::*;

const TOOK: Duration = Duration::from_millis(116);

#[test]
fn everything_that_happens_once() {
    let gone = made("old", Action::Delete(vec![3]), &[Reason::Undeclared]);
    let reasons = [
        Reason::Moved { from: "a".to_owned(), to: "b".to_owned() },
        Reason::Instances { from: 1, to: 2, by_hand: false },
    ];
    let scaled = made("web", Action::Scale(ecosystem_core::plan::Scaling::default()), &reasons);
    let mut over = report();
    over.discarded = vec![
        Discarded { daemon: DaemonId::new("services/old"), result: Ok(true) },
        Discarded { daemon: DaemonId::new("services/older"), result: Ok(false) },
    ];
    let pids = |pids: &[u32]| Applied { pids: pids.to_vec(), unproven: false };
    let mut lines = vec![
        watching("/srv/tree".into(), Mode::Watching),
        watching("/srv/tree".into(), Mode::Polling),
        standby(Some(4711)),
        standby(None),
        written("services/web/dist/ecosystem.config.mjs"),
        edited("web/dist/ecosystem.config.mjs", "web/dist/ecosystem.config.mjs.edited"),
        begins(&restart("web")),
        step(&restart("web"), &pids(&[4711]), TOOK, Some(Duration::from_millis(412))),
        step(&scaled, &pids(&[4711, 4712]), Duration::from_millis(1234), None),
        step(&restart("job"), &pids(&[]), TOOK, None),
        step(&gone, &pids(&[]), TOOK, None),
        skipped(&restart("web")),
        failed(&restart("web"), &outcome("web", Ok(&[])), &crashed("it ended 3 times")),
        failed(&restart("web"), &outcome("web", Ok(&[])), &StepError::Pm2("PM2 says no".to_owned())),
    ];
    lines.extend(removed(&over));
    lines.extend([looked(&over, TOOK), stopping("SIGTERM")]);
    insta::assert_snapshot!(both(&lines));
}

#[test]
fn nothing_in_a_name_gets_out_of_its_line() {
    let name = "web\n2026-01-02T03:04:05Z ! forged\u{1b}[2J\u{202e}\u{9b}\u{2028}\"";
    let step_of_it = made(name, Action::Delete(vec![3]), &[Reason::State(name.to_owned())]);
    let line = step(&step_of_it, &Applied::default(), TOOK, None);
    insta::assert_snapshot!(both(&[line]));
}

#[test]
fn details_are_said_only_when_asked_for() {
    let details = || looked(&report(), TOOK).say();
    assert_eq!(logged(Format::Human, false, details), "");
    assert_ne!(logged(Format::Human, true, details), "");
}

#[test]
fn code_anywhere_may_say_something() {
    let happens = || tracing::warn!(path = "x", times = 3u64, took = ?TOOK, really = true, "careful {}", 1);
    insta::assert_snapshot!(format!(
        "{}{}",
        logged(Format::Human, false, happens),
        logged(Format::Json, false, happens)
    ));
}

#[test]
fn a_closed_log_stops_nothing() {
    struct Closed;
    impl io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }
    let log = Log { format: Format::Human, clock: || at("2026-01-02T03:04:05Z"), out: Mutex::new(Closed) };
    tracing::subscriber::with_default(subscriber(log, false), || stopping("SIGTERM").say());
}
