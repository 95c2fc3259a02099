//! What `SECURITY.md` promises.

use std::fs;
use std::path::Path;

const CRATES: &[&str] = &["ecosystem-core", "ecosystem-cli", "ecosystem-watch"];

/// All Rust code below a folder.
fn code(folder: &Path, code: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            self::code(&path, code);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            code.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

/// The tests of a row of a table of threats: what is quoted in its last cell.
fn tests(row: &str) -> Vec<&str> {
    let last = row.trim_matches('|').split(" | ").nth(2).unwrap_or_default();
    last.split('`').skip(1).step_by(2).filter(|quoted| quoted.contains('_')).collect()
}

#[test]
fn every_threat_has_a_test() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut all = String::new();
    CRATES.iter().for_each(|folder| code(&top.join(folder), &mut all));
    let text = fs::read_to_string(top.join("SECURITY.md")).unwrap();
    let (_, threats) = text.split_once("## Threats").unwrap();
    let rows = threats.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| threat |"));
    let rows: Vec<&str> = rows.filter(|row| !row.starts_with("| ---")).collect();
    assert!(rows.len() > 20, "{rows:?}");
    for row in rows {
        let tests = tests(row);
        assert!(!tests.is_empty(), "no test in {row}");
        for test in tests {
            assert!(all.contains(&format!("fn {test}(")), "{test} is no test: {row}");
        }
    }
}
