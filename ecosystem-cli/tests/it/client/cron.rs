//! Our judgement of cron patterns against that of the library in PM2, which throws where the daemon would die.

use std::process::Command;

use ecosystem_core::cron;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::support::pm2_program::{DEFAULT, VERSIONS, pm2_program};

/// Some patterns, such as `60/5 * * * *`, throw nothing and never return, which freezes a daemon for good.
const JUDGE: &str = "
    const vm = require('vm');
    const sandbox = vm.createContext({ Cron: require(process.argv[1]) });
    const judge = new vm.Script('Cron(pattern, () => {}).stop()');
    const accepts = pattern => {
        sandbox.pattern = pattern;
        try { judge.runInContext(sandbox, { timeout: 1000 }); return true } catch { return false }
    };
    console.log(JSON.stringify(JSON.parse(process.argv[2]).map(accepts)));
";

/// For each pattern whether PM2's library accepts it.
fn accepted_by_pm2(version: &str, patterns: &[String]) -> Vec<bool> {
    let program = pm2_program(version);
    let croner = program.ancestors().nth(3).unwrap().join("croner");
    let mut node = Command::new("node");
    let node = node.args(["-e", JUDGE, croner.as_str(), &serde_json::to_string(patterns).unwrap()]);
    let output = node.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"))
}

fn field() -> impl Strategy<Value = String> {
    let item = prop::sample::select(vec![
        "*", "?", "0", "1", "5", "7", "8", "12", "31", "32", "59", "60", "L", "jan", "DEC", "sun", "Sat",
    ]);
    let joined = prop::collection::vec((item.clone(), prop::sample::select(vec![",", "-", "/"])), 0..3);
    (item, joined).prop_map(|(first, rest)| {
        rest.iter().fold(first.to_owned(), |text, (item, joint)| format!("{text}{joint}{item}"))
    })
}

fn patterns() -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    let plain = prop::sample::select(vec!["*".to_owned(), "1".to_owned()]);
    let pattern =
        (prop::collection::vec(plain, 4..=6), field(), 0usize..6).prop_map(|(mut fields, odd, at)| {
            let at = at % fields.len();
            fields[at] = odd;
            fields.join(" ")
        });
    (0..2000).map(|_| pattern.new_tree(&mut runner).unwrap().current()).collect()
}

#[test]
fn a_pattern_accepted_here_does_not_kill_pm2() {
    let patterns: Vec<String> =
        patterns().into_iter().filter(|pattern| cron::check(pattern).is_ok()).collect();
    assert!(patterns.len() > 200, "too few patterns are accepted to tell");
    for &version in VERSIONS {
        let theirs = accepted_by_pm2(version, &patterns);
        let fatal = patterns.iter().zip(&theirs).filter(|(_, accepted)| !**accepted);
        assert_eq!(fatal.map(|(pattern, _)| pattern).collect::<Vec<_>>(), Vec::<&String>::new(), "{version}");
    }
}

#[test]
fn some_patterns_kill_or_freeze_pm2() {
    let fatal = ["0 9 * * 1-3,5", "60/5 * * * *", "* * * * 5#2", "@daily", ", * * * *", "** * * * *"]
        .map(str::to_owned);
    assert_eq!(accepted_by_pm2(DEFAULT, &fatal), [false; 6]);
    assert!(fatal.iter().all(|pattern| cron::check(pattern).is_err()));
}
