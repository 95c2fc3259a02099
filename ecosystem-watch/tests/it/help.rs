//! The reference of the command line is its own help: it cannot lag behind.

use std::process::Command;

#[test]
fn help() {
    let mut watch = Command::new(env!("CARGO_BIN_EXE_ecosystem-watch"));
    let output = watch.arg("--help").env("COLUMNS", "110").output().unwrap();
    assert!(output.status.success());
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap());
}

#[test]
fn what_is_no_option_is_refused() {
    for wrong in [
        &["--debounce", "0"][..],
        &["--debounce", "fast"],
        &["--resync", "0"],
        &["--resync", "-1"],
        &["--prune", "maybe"],
        &["--self-heal", "yes"],
        &["--log-format", "xml"],
        &["--prune-grace", "1e300"],
        &["a", "b"],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_ecosystem-watch")).args(wrong).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(!output.stderr.is_empty(), "{wrong:?}");
    }
}
