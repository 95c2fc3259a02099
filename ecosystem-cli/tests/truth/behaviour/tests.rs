//! What each look says of fresh starts of both sides of its cases: not the same, and what `looks.txt` says.

use std::collections::BTreeMap;

use super::CASES;
use crate::asked::Asked;
use crate::case::{Case, Mode};
use crate::stage::{Side, Stage};
use crate::support::pm2_program::{DEFAULT, VERSIONS};

/// By default one case of each field on one PM2; in all ways those of the fields that `ECOSYSTEM_TRUTH` names. (The
/// whole table finds looks that tell nothing by itself.)
#[test]
fn looks_tell_the_sides_of_a_change_apart() {
    let all = || CASES.iter().copied().flatten();
    let asked = Asked::from_environment();
    if let Asked::Fields(_) = asked {
        let cases: Vec<&Case> = all().filter(|case| asked.has(case)).collect();
        for (version, mode) in VERSIONS.iter().flat_map(|version| Mode::ALL.map(|mode| (*version, mode))) {
            check(version, mode, &cases);
        }
    } else {
        let first: BTreeMap<&str, &Case> = all().rev().map(|case| (case.field, case)).collect();
        check(DEFAULT, Mode::Fork, &first.into_values().collect::<Vec<_>>());
    }
}

/// So many apps at once.
const TOGETHER: usize = 24;

fn check(version: &str, mode: Mode, cases: &[&'static Case]) {
    let cases: Vec<&Case> = cases.iter().copied().filter(|case| case.modes.have(mode)).collect();
    let mut wrong = Vec::new();
    for some in cases.chunks(TOGETHER) {
        let [before, after] = [Side::Before, Side::After].map(|side| {
            let stage = Stage::new(version, mode, some, side);
            stage.sync();
            stage.look()
        });
        for case in some {
            let app = case.app();
            let line = format!("{} {}: {} => {}", case.field, case.change, before[&app], after[&app]);
            wrong.extend((line != expected(case, version)).then_some(line));
        }
    }
    assert_eq!(wrong, [""; 0], "PM2 {version}, {}", mode.word());
}

/// The line of `looks.txt`. PM2 6 has no way to look at git.
fn expected(case: &Case, version: &str) -> String {
    if case.field == "vizion" && version.starts_with("6.") {
        return format!("vizion {}: PM2 does not => PM2 does not", case.change);
    }
    let mut lines = include_str!("looks.txt").lines();
    let name = format!("{} {}: ", case.field, case.change);
    lines.find(|line| line.starts_with(&name)).unwrap_or_else(|| panic!("no {name}")).to_owned()
}
