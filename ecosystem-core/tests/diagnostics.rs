//! The list of diagnostics names every code, with the meaning that the source gives it.

use ecosystem_core::{edn, expand, validate};

const LIST: &str = include_str!("../../docs/diagnostics.md");

/// Every code there is, with its meaning.
fn codes() -> Vec<(&'static str, &'static str)> {
    let all = [edn::codes::ALL, expand::codes::ALL, validate::codes::ALL];
    #[cfg(feature = "os")]
    let all = [&all[..], &[ecosystem_core::os::codes::ALL]].concat();
    all.into_iter().flatten().copied().collect()
}

fn row((code, meaning): (&str, &str)) -> String {
    format!("| `{code}` | {meaning} |")
}

#[test]
fn every_code_is_listed() {
    let missing: Vec<String> = codes().into_iter().map(row).filter(|row| !LIST.contains(row)).collect();
    assert_eq!(missing, Vec::<String>::new(), "not in docs/diagnostics.md");
}

#[test]
#[cfg(feature = "os")]
fn nothing_is_listed_that_is_no_code() {
    let rows: Vec<String> = codes().into_iter().map(row).collect();
    let listed = LIST.lines().filter(|line| line.starts_with("| `"));
    let surplus: Vec<&str> = listed.filter(|line| !rows.iter().any(|row| row == line)).collect();
    assert_eq!(surplus, Vec::<&str>::new(), "in docs/diagnostics.md, and nowhere else");
}
