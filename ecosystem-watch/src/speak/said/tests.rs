use ecosystem_core::converge::{StepError, WriteOutcome, Written};
use ecosystem_core::model::DaemonId;
use ecosystem_core::plan::{Guard, Why};

use super::super::testing::{at, both, crashed, held, hold, report, report_on, running, sentences, tried};
use super::*;

const BROKEN: &str = r#"{:apps [{:name "web"
         :script "x.mjs"
         :max-restrts 5}]}"#;
const PATH: &str = "services/web/ecosystem.edn";

/// What a watcher says pass by pass, beginning with these.
fn said<const N: usize>(reports: [Report; N]) -> [Vec<String>; N] {
    let mut said = Said::default();
    reports.map(|report| sentences(&said.after(&report, at("2026-01-02T03:04:05Z"))))
}

fn silent(lines: &[String]) -> bool {
    lines.is_empty()
}

#[test]
fn everything_that_stands_in_both_formats() {
    let mut everything = report_on(PATH, BROKEN);
    everything.observed = running(&["web", "api"]);
    everything.plan.holds = vec![
        hold("web", Why::Broken(DaemonId::new("services/web"))),
        hold("old", Why::Unconfirmed),
        hold("api", Why::StoppedByHand),
        hold("db", Why::Guard(Guard::Hold { deletions: 3, of: 4 })),
    ];
    everything.written = vec![
        Written { path: "a/dist/x.mjs".to_owned(), result: Err("no space".to_owned()) },
        Written { path: "b/dist/x.mjs".to_owned(), result: Ok(WriteOutcome::Unchanged) },
    ];
    everything.remembered = Err(HostError::new("cannot keep what was applied").hint("make room"));
    let failed = tried("job", Err(crashed("it ended 3 times")));
    everything.plan.steps = failed.plan.steps;
    everything.outcomes = failed.outcomes;
    let mut said = Said::default();
    let mut lines = said.after(&everything, at("2026-01-02T03:04:05Z"));
    lines.extend(said.after_trouble(&HostError::new("PM2 is away"), at("2026-01-02T03:04:06Z")));
    let problems = serde_json::to_string_pretty(&said.problems()).unwrap_or_default();
    lines.extend(said.after(&report(), at("2026-01-02T03:04:07Z")));
    insta::assert_snapshot!(format!("{}\n{problems}", both(&lines)));
}

#[test]
fn a_mistake_is_said_once_and_when_it_is_mended() {
    let moved = format!("; a comment\n{BROKEN}");
    let other = BROKEN.replace("restrts", "restartz");
    let [first, second, third, fourth, fifth] = said([
        report_on(PATH, BROKEN),
        report_on(PATH, BROKEN),
        report_on(PATH, &moved),
        report_on(PATH, &other),
        report(),
    ]);
    assert_eq!(
        first,
        ["! services/web/ecosystem.edn:3:10 E0207 `:max-restrts` is not a key of an app (did you mean \
             `:max_restarts`?)"]
    );
    assert!(silent(&second), "{second:?}");
    assert!(silent(&third), "{third:?}");
    assert_eq!(fourth.len(), 2, "{fourth:?}");
    assert!(fourth[0].starts_with("✓ mended: services/web/ecosystem.edn E0207 `:max-restrts`"), "{fourth:?}");
    assert!(fourth[1].contains(":max-restartz"), "{fourth:?}");
    assert_eq!(fifth.len(), 1);
}

#[test]
fn the_same_mistake_twice_is_two() {
    let twice = r#"{:apps [{:name "a" :script "a" :x 1} {:name "b" :script "b" :x 1}]}"#;
    let once = r#"{:apps [{:name "a" :script "a" :x 1} {:name "b" :script "b"}]}"#;
    let [first, second, third] = said([report_on(PATH, twice), report_on(PATH, once), report_on(PATH, once)]);
    assert_eq!((first.len(), second.len(), third.len()), (2, 1, 0));
}

#[test]
fn where_it_is_follows_the_file() {
    let mut said = Said::default();
    said.after(&report_on(PATH, BROKEN), at("2026-01-02T03:04:05Z"));
    said.after(&report_on(PATH, &format!("\n{BROKEN}")), at("2026-01-02T04:00:00Z"));
    let problems = said.problems();
    assert!(problems[0].text.contains(":4:10"), "{problems:?}");
    assert_eq!(problems[0].since, at("2026-01-02T03:04:05Z"));
}

#[test]
fn warnings_are_said_and_stand_in_nobodys_way() {
    let warned = report_on("web/ecosystems.edn", "{:apps []}");
    assert!(!warned.diagnostics.is_empty() && !warned.has_failures(), "{:?}", warned.diagnostics);
    let mut said = Said::default();
    assert_eq!(said.after(&warned, at("2026-01-02T03:04:05Z")).len(), 1);
    assert_eq!(said.problems(), []);
}

#[test]
fn apps_that_keep_running_are_named() {
    let broken = |apps: &[&str]| {
        let why = || Why::Broken(DaemonId::new("services/web"));
        let mut broken = report_on(PATH, BROKEN);
        broken.observed = running(apps);
        broken.plan.holds = ["a", "b", "c"].map(|app| hold(app, why())).into();
        said([broken]).concat()
    };
    let check = |apps: &[&str], expected: &str| {
        let lines = broken(apps);
        assert!(lines.len() == 1 && lines[0].ends_with(expected), "{lines:?}");
    };
    check(&[], "(did you mean `:max_restarts`?)");
    check(&["a"], "; \"a\" keeps running as it was");
    check(&["a", "b"], "; \"a\" and \"b\" keep running as they were");
    check(&["a", "b", "c"], "; 3 apps keep running as they were");
}

#[test]
fn a_step_that_fails_again_is_no_news() {
    let resting = |tries, given_up| held(vec![hold("web", Why::Resting { tries, given_up })]);
    let [first, again, rest, more_rest, retried, given_up, other, mended] = said([
        tried("web", Err(crashed("process 4711 ended after 30 ms"))),
        tried("web", Err(crashed("process 4712 ended after 299 ms"))),
        resting(2, false),
        resting(2, false),
        tried("web", Err(crashed("process 4713 ended after 1 ms"))),
        resting(3, true),
        tried("web", Err(crashed("there is no such program"))),
        report(),
    ]);
    assert_eq!(first.len(), 1);
    assert!(silent(&again), "{again:?}");
    assert_eq!(rest, ["! web resting: tried 2 times, will be tried again"]);
    assert!(silent(&more_rest), "{more_rest:?}");
    assert!(silent(&retried), "{retried:?}");
    assert_eq!(given_up.len(), 1, "{given_up:?}");
    assert!(
        other.len() == 1 && other[0].starts_with('!'),
        "what fails in another way is not mended: {other:?}"
    );
    assert_eq!(mended, ["✓ mended: web, whose restart had failed"]);
}

#[test]
fn what_has_only_just_started_is_not_mended_yet() {
    let up_since = |time: &str| {
        let mut up = report();
        up.observed = running(&["web"]);
        up.observed.processes[0].started_at = u64::try_from(at(time).as_millisecond()).ok();
        up
    };
    let [_, young, old] = said([
        tried("web", Err(crashed("x"))),
        up_since("2026-01-02T03:04:01Z"),
        up_since("2026-01-02T03:03:00Z"),
    ]);
    assert!(silent(&young), "{young:?}");
    assert_eq!(old, ["✓ mended: web, whose restart had failed"]);
}

#[test]
fn an_end_of_the_program_mends_nothing() {
    let [_, interrupted] = said([tried("web", Err(crashed("x"))), tried("web", Err(StepError::Interrupted))]);
    assert!(silent(&interrupted), "{interrupted:?}");
}

#[test]
fn what_is_held_is_said_once_and_when_it_is_not() {
    let conflict =
        |owner: Option<&str>| held(vec![hold("web", Why::Conflict { owner: owner.map(str::to_owned) })]);
    let [first, second, other, free] =
        said([conflict(None), conflict(None), conflict(Some("tree")), report()]);
    assert_eq!(first.len(), 1);
    assert!(silent(&second));
    assert_eq!(other.len(), 2);
    assert_eq!(free, ["✓ web is no longer held (conflict)"]);
}

#[test]
fn trouble_hides_nothing_and_is_over_at_the_next_pass() {
    let mut said = Said::default();
    let mut trouble = |error: Option<&str>| {
        let now = at("2026-01-02T03:04:05Z");
        sentences(&match error {
            Some(error) => said.after_trouble(&HostError::new(error).hint("wait"), now),
            None => said.after(&report_on(PATH, BROKEN), now),
        })
    };
    assert_eq!(trouble(None).len(), 1);
    assert_eq!(trouble(Some("PM2 is away")), ["! PM2 is away; wait"]);
    assert!(silent(&trouble(Some("PM2 is away"))));
    assert_eq!(trouble(Some("the root is gone")), ["✓ over: PM2 is away", "! the root is gone; wait"]);
    assert_eq!(trouble(None), ["✓ over: the root is gone"]);
    assert_eq!(said.last_error().map(|error| error.text.as_str()), Some("the root is gone; wait"));
    assert_eq!(said.problems().len(), 1);
}

/// A look at some daemons asks PM2 about declared apps alone, and need not have anything to keep.
#[test]
fn a_look_at_some_daemons_ends_only_what_it_would_have_found() {
    let narrow = || Report { only: Some([DaemonId::new("services/old")].into()), ..report() };
    let failed = || Report { remembered: Err(HostError::new("cannot keep what was applied")), ..report() };
    let waiting = || held(vec![hold("old", Why::Unconfirmed)]);
    let [_, after, whole] = said([waiting(), narrow(), report()]);
    assert!(silent(&after), "{after:?}");
    assert_eq!(whole, ["✓ old is no longer pending"]);
    let [_, after, whole] = said([failed(), narrow(), report()]);
    assert!(silent(&after), "{after:?}");
    assert_eq!(whole, ["✓ over: cannot keep what was applied"]);
}
