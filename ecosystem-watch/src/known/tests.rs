use ecosystem_core::converge::Known;
use ecosystem_core::model::Ecosystem;
use ecosystem_core::{Source, compile};

use super::*;

/// A tree of these daemons, each with an app of its own name.
///
/// The last app, `c-app`, is one that others wait for.
fn known(daemons: &[&str]) -> KnownTree {
    let text = |id: &&str| {
        let text = format!("{{:apps [{{:name \"{id}-app\" :script \"a.js\"}}]}}");
        Source::new(format!("{id}/ecosystem.edn"), text)
    };
    let sources: Vec<Source> = daemons.iter().map(text).collect();
    let compiled = compile(&sources).output.daemons;
    let daemons: BTreeMap<_, _> =
        compiled.values().map(|it| (it.id.clone(), Known::of(it, &Ecosystem::default()))).collect();
    let by_app = daemons.keys().map(|id| (format!("{id}-app"), id.clone())).collect();
    KnownTree { daemons, by_app, awaited: ["c-app".to_owned()].into() }
}

fn files(daemons: &[&str]) -> Hint {
    Hint::Files(Touched::Daemons(daemons.iter().map(|id| DaemonId::new(*id)).collect()))
}

fn process(app: &str) -> Hint {
    Hint::Process { app: app.to_owned(), ended: false }
}

#[track_caller]
fn check(hints: &[Hint], expected: Option<&[&str]>) {
    let extent = match known(&["a", "b", "c"]).extent(hints) {
        Extent::Whole => None,
        Extent::Daemons(daemons) => Some(daemons.keys().map(ToString::to_string).collect::<Vec<_>>()),
    };
    let expected = expected.map(|it| it.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(extent, expected);
}

#[test]
fn what_is_known_to_be_touched_is_looked_at() {
    check(&[files(&["b"])], Some(&["b"]));
    check(&[files(&["b"]), files(&["a", "b"])], Some(&["a", "b"]));
    check(&[process("b-app")], Some(&["b"]));
    check(&[process("b-app"), files(&["a"])], Some(&["a", "b"]));
}

/// Once it runs, so can those that wait for it.
#[test]
fn everything_is_looked_at_where_others_wait() {
    check(&[process("c-app")], None);
    check(&[files(&["a", "c"])], None);
}

#[test]
fn everything_is_looked_at_where_it_is_not_known_what_is_touched() {
    check(&[], None);
    check(&[files(&["new"])], None);
    check(&[process("stranger")], None);
    check(&[files(&["a"]), Hint::Files(Touched::Anything)], None);
    for hint in [Hint::BeginAnew, Hint::Pm2Up, Hint::Trouble(String::new())] {
        check(&[files(&["a"]), hint], None);
    }
}
