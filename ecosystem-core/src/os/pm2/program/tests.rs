#![allow(clippy::unwrap_used, reason = "a failing test panics")]

use std::fs;

use tempfile::TempDir;

use super::*;

/// A folder with these programs in it.
fn folder_with(programs: &[&str]) -> (TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let root = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
    fs::create_dir_all(root.join("a/b")).unwrap();
    for program in programs {
        let path = root.join(program);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "#!/bin/sh\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    (folder, root)
}

/// Looks from `a/b`, with `bin` on PATH.
fn check(
    programs: &[&str],
    option: Option<&str>,
    pm2_bin: Option<&str>,
    expected: Result<&str, ProgramError>,
) {
    let (_folder, root) = folder_with(programs);
    let (base, path) = (root.join("a/b"), format!("relative:/nowhere:{root}/bin"));
    let (option, pm2_bin) = (option.map(|o| o.replace('@', root.as_str())), pm2_bin.map(str::to_owned));
    let search =
        Search { option: option.as_deref(), pm2_bin: pm2_bin.as_deref(), base: &base, path: Some(&path) };
    let found = Pm2Program::find(&search).map(|program| program.to_string().replace(root.as_str(), "@"));
    assert_eq!(
        found.map_err(|error| error.to_string()),
        expected.map(str::to_owned).map_err(|e| e.to_string())
    );
}

#[test]
fn what_was_asked_for_comes_first_and_the_nearest_next() {
    let all = &[
        "opt/my-pm2",
        "bin/other",
        "node_modules/.bin/pm2",
        "a/node_modules/.bin/pm2",
        "bin/pm2",
        "bin/npx",
    ];
    check(all, Some("@/opt/my-pm2"), Some("other"), Ok("@/opt/my-pm2"));
    check(all, None, Some("other"), Ok("@/bin/other"));
    check(all, None, Some(""), Ok("@/a/node_modules/.bin/pm2"));
    check(&all[4..], None, None, Ok("@/bin/pm2"));
    check(&all[5..], None, None, Ok("npx --yes pm2@7"));
    check(&[], None, None, Err(ProgramError::NotFound));
}

#[test]
fn a_program_asked_for_is_not_replaced_by_another() {
    let missing =
        |given_by, program: &str| Err(ProgramError::NotExecutable { given_by, program: program.to_owned() });
    check(&["bin/pm2"], Some("/nowhere/pm2"), None, missing("--pm2", "/nowhere/pm2"));
    check(&["bin/pm2"], None, Some("other"), missing("PM2_BIN", "other"));
}

#[test]
fn a_file_that_cannot_be_run_is_no_program() {
    let (_folder, root) = folder_with(&["bin/pm2"]);
    fs::set_permissions(root.join("bin/pm2"), fs::Permissions::from_mode(0o644)).unwrap();
    let path = root.join("bin");
    let search = Search { option: None, pm2_bin: None, base: &root, path: Some(path.as_str()) };
    assert_eq!(Pm2Program::find(&search), Err(ProgramError::NotFound));
}

/// Only root can make a file another user's.
#[test]
fn a_program_that_another_user_has_put_on_the_way_up_is_passed_over() {
    let theirs = ["node_modules", "node_modules/.bin", "node_modules/.bin/pm2"];
    for path in theirs.iter().filter(|_| rustix::process::geteuid().is_root()) {
        let (_folder, root) = folder_with(&["node_modules/.bin/pm2", "bin/pm2"]);
        let (base, bin) = (root.join("a/b"), root.join("bin"));
        let search = Search { option: None, pm2_bin: None, base: &base, path: Some(bin.as_str()) };
        let find = || Pm2Program::find(&search).unwrap().to_string();
        assert_eq!(find(), root.join("node_modules/.bin/pm2"));
        std::os::unix::fs::lchown(root.join(path), Some(65534), None).unwrap();
        assert_eq!(find(), root.join("bin/pm2"), "{path}");
        // Whose base it is decides what runs in any case.
        std::os::unix::fs::lchown(&base, Some(65534), None).unwrap();
        assert_eq!(find(), root.join("node_modules/.bin/pm2"), "{path}");
    }
}
