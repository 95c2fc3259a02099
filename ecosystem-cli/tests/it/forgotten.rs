//! A file that `main.rs` does not name would hold tests that never run.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn every_file_here_is_a_module_of_the_test_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let main = fs::read_to_string(folder.join("main.rs")).unwrap();
    let declared: BTreeSet<String> = main
        .lines()
        .filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';').map(str::to_owned))
        .filter(|name| name != "support")
        .collect();
    let present: BTreeSet<String> = fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| module_name(&entry.unwrap().path()))
        .filter(|name| name != "main" && name != "snapshots")
        .collect();
    assert_eq!(declared, present);
}

fn module_name(path: &Path) -> Option<String> {
    let is_module = path.is_dir() || path.extension().is_some_and(|extension| extension == "rs");
    is_module.then(|| path.file_stem().unwrap().to_str().unwrap().to_owned())
}
