#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::sync::Mutex;

use assert_fs::TempDir;
use assert_fs::prelude::*;

use super::*;
use crate::model::DaemonId;
use crate::render::{GeneratedBy, Layout, config_path, render_aggregate};

/// Trees in these tests have the daemons `web` and `api`.
fn tree() -> (TempDir, Utf8PathBuf) {
    let tree = TempDir::new().unwrap();
    tree.child("web/ecosystem.edn").write_str("{}").unwrap();
    tree.child("api/ecosystem.edn").write_str("{}").unwrap();
    let root = Utf8PathBuf::from_path_buf(tree.path().to_owned()).unwrap();
    (tree, root)
}

/// A generated text: any that this generator makes will do.
fn text(version: &str, time: &str) -> String {
    let by = GeneratedBy { version: version.into(), time: time.into(), layout: Layout::default() };
    render_aggregate([&DaemonId::new("web")], "", &by)
}

fn file(daemon: &str, text: &str) -> GeneratedFile {
    GeneratedFile { path: config_path(&DaemonId::new(daemon)), text: text.to_owned() }
}

const WEB: &str = "web/dist/ecosystem.config.mjs";
const API: &str = "api/dist/ecosystem.config.mjs";

fn written(root: &Utf8Path, files: &[GeneratedFile]) -> Vec<Result<Outcome, DistError>> {
    write(root, files, Processors::ONE, &|_| {})
}

/// Of which edits it was told while these were written.
fn told(root: &Utf8Path, files: &[GeneratedFile]) -> Vec<String> {
    let told = Mutex::new(Vec::new());
    write(root, files, Processors::ONE, &|path| told.lock().unwrap().push(path.to_owned()));
    told.into_inner().unwrap()
}

/// A sparse file takes no room on the disk, and would in memory.
#[test]
fn what_was_never_generated_is_not_read_whole() {
    let (_tree, root) = tree();
    fs::create_dir(root.join("web/dist")).unwrap();
    File::create(root.join(WEB)).unwrap().set_len(LARGEST + 1).unwrap();
    assert!(outcome(&root, file("web", &text("1", "then"))).contains("268435457 bytes, more than"));
}

/// What a write of one file came to, as text.
fn outcome(root: &Utf8Path, file: GeneratedFile) -> String {
    show(&written(root, &[file])[0], root)
}

fn show(result: &Result<Outcome, DistError>, root: &Utf8Path) -> String {
    match result {
        Ok(outcome) => format!("{outcome:?}"),
        Err(error) => error.to_string().replace(root.as_str(), "ROOT"),
    }
}

/// Everything below a folder, links included, so that nothing can be left behind unseen.
fn listing(folder: &Utf8Path) -> Vec<String> {
    let mut found = vec![];
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in next.read_dir_utf8().unwrap() {
            let path = entry.unwrap().into_path();
            found.push(path.strip_prefix(folder).unwrap().to_string());
            if matches!(kind(&path), Ok(Some(Kind::Folder))) {
                folders.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn writes_what_is_missing() {
    let (tree, root) = tree();
    assert_eq!(outcome(&root, file("web", "text")), "Written");
    tree.child(WEB).assert("text");
    tree.child("web/dist/.gitignore").assert("*\n");
    assert_eq!(listing(&root.join("web/dist")), [".gitignore", "ecosystem.config.mjs"]);
    let mode = |path| fs::metadata(root.join(path)).unwrap().mode() & 0o7777;
    assert_eq!([mode(WEB), mode("web/dist/.gitignore")], [0o644, 0o644]);
}

#[test]
fn leaves_alone_what_differs_in_time_only() {
    let (tree, root) = tree();
    assert_eq!(outcome(&root, file("web", &text("1", "then"))), "Written");
    let before = fs::metadata(root.join(WEB)).unwrap();
    assert_eq!(outcome(&root, file("web", &text("1", "now"))), "Unchanged");
    let after = fs::metadata(root.join(WEB)).unwrap();
    assert_eq!((before.ino(), before.mtime_nsec()), (after.ino(), after.mtime_nsec()));
    tree.child(WEB).assert(text("1", "then"));
}

#[test]
fn tells_an_edit_from_an_update() {
    let (tree, root) = tree();
    written(&root, &[file("web", &text("1", "then"))]);
    let overwritten = |edited| format!("Overwritten {{ hand_edited: {edited} }}");
    assert_eq!(outcome(&root, file("web", &text("2", "now"))), overwritten(false));
    tree.child(WEB).assert(text("2", "now"));
    for theirs in [text("2", "now").replace("apps0", "apps1"), "their own".to_owned(), String::new()] {
        tree.child(WEB).write_str(&theirs).unwrap();
        assert_eq!(outcome(&root, file("web", &text("2", "now"))), overwritten(true), "{theirs}");
    }
    tree.child(WEB).write_binary(b"\xff\xfe").unwrap();
    assert_eq!(outcome(&root, file("web", &text("2", "now"))), overwritten(true));
}

#[test]
fn an_edit_is_told_of_and_kept() {
    let (tree, root) = tree();
    written(&root, &[file("web", &text("1", "then"))]);
    let newer = [file("web", &text("2", "now"))];
    assert_eq!(told(&root, &newer), Vec::<String>::new());
    // A link in the place where the edit is kept is replaced, and what it leads to is left alone.
    tree.child("precious").write_str("precious").unwrap();
    symlink(root.join("precious"), root.join("web/dist/ecosystem.config.mjs.edited")).unwrap();
    for theirs in ["their own", "another"] {
        tree.child(WEB).write_str(theirs).unwrap();
        assert_eq!(told(&root, &newer), [WEB]);
        tree.child("web/dist/ecosystem.config.mjs.edited").assert(theirs);
    }
    tree.child(WEB).assert(text("2", "now"));
    tree.child("precious").assert("precious");
}

#[test]
fn keeps_a_gitignore_that_is_there_and_makes_none_elsewhere() {
    let (tree, root) = tree();
    tree.child("web/dist/.gitignore").write_str("mine").unwrap();
    assert_eq!(outcome(&root, file("web", "text")), "Written");
    tree.child("web/dist/.gitignore").assert("mine");
    let aggregate = GeneratedFile { path: "all.config.mjs".into(), text: "text".into() };
    assert_eq!(outcome(&root, aggregate), "Written");
    assert!(!root.join(".gitignore").exists());
}

/// Prepares a tree, tries to write web's file and then api's: the first is refused, the second goes on.
fn check_refused(prepare: impl FnOnce(&TempDir, &Utf8Path), expected: &str) {
    let (tree, root) = tree();
    let outside = TempDir::new().unwrap();
    outside.child("ecosystem.config.mjs").write_str("outside").unwrap();
    prepare(&tree, Utf8Path::from_path(outside.path()).unwrap());
    let before = listing(&root.join("web"));
    let results = written(&root, &[file("web", "text"), file("api", "text")]);
    assert_eq!(results.iter().map(|result| show(result, &root)).collect::<Vec<_>>(), [expected, "Written"]);
    assert_eq!(listing(&root.join("web")), before);
    outside.child("ecosystem.config.mjs").assert("outside");
    tree.child(API).assert("text");
}

#[test]
fn refuses_links_and_what_is_in_the_way() {
    let link = |path| {
        format!(
            "`ROOT/{path}` is a symbolic link, and generated files are not written through links; remove the link"
        )
    };
    check_refused(|tree, outside| symlink(outside, tree.child("web/dist")).unwrap(), &link("web/dist"));
    check_refused(
        |tree, _| {
            tree.child("web/real").create_dir_all().unwrap();
            symlink("real", tree.child("web/dist")).unwrap();
        },
        &link("web/dist"),
    );
    check_refused(
        |tree, outside| {
            tree.child("web/dist").create_dir_all().unwrap();
            symlink(outside.join("ecosystem.config.mjs"), tree.child(WEB)).unwrap();
        },
        &link(WEB),
    );
    check_refused(
        |tree, _| tree.child("web/dist").write_str("a file").unwrap(),
        "`ROOT/web/dist` is not a folder, and generated files are kept in a folder of that name; move it away",
    );
    check_refused(
        |tree, _| tree.child(WEB).create_dir_all().unwrap(),
        "`ROOT/web/dist/ecosystem.config.mjs` is not a file, and the generated file has that name; move it away",
    );
}

#[test]
fn refuses_paths_out_of_the_tree() {
    let (_tree, root) = tree();
    for path in ["../x", "/etc/x", "web/../../x"] {
        let file = GeneratedFile { path: path.into(), text: String::new() };
        let expected = format!("`{path}` is not a path below the root; give the path of a file in the tree");
        assert_eq!(outcome(&root, file), expected);
    }
}

#[test]
fn a_daemon_that_vanished_is_an_error() {
    let (_tree, root) = tree();
    assert_eq!(
        outcome(&root, file("gone", "text")),
        "cannot create `ROOT/gone/dist`: No such file or directory (os error 2); check the folder's permissions and the space on its disk"
    );
}

/// Writes half and then fails as a full disk does: no temporary file is left, the old text stands.
#[test]
fn a_full_disk_leaves_the_old_file() {
    let (tree, root) = tree();
    written(&root, &[file("web", "old")]);
    let full = |file: &mut File, text: &str| {
        file.write_all(&text.as_bytes()[..text.len() / 2])?;
        Err(io::Error::from(io::ErrorKind::StorageFull))
    };
    let result = write_one(&root, &file("web", "new text"), &|_| {}, &full);
    assert_eq!(
        show(&result, &root),
        "cannot write `ROOT/web/dist/ecosystem.config.mjs`: no storage space; check the folder's permissions and the space on its disk"
    );
    tree.child(WEB).assert("old");
    assert_eq!(listing(&root.join("web/dist")), [".gitignore", "ecosystem.config.mjs"]);
    write_one(&root, &file("api", "text"), &|_| {}, &full).unwrap_err();
    assert_eq!(listing(&root.join("api/dist")), [""; 0]);
}

/// Root may write where the mode forbids it, so the expectation comes from a try of our own.
#[test]
fn a_read_only_dist_is_an_error_of_its_own() {
    let (_tree, root) = tree();
    let (old, new) = (text("1", "then"), text("2", "now"));
    written(&root, &[file("web", &old)]);
    let dist = root.join("web/dist");
    fs::set_permissions(&dist, fs::Permissions::from_mode(0o555)).unwrap();
    let refused = File::create(dist.join("try")).and_then(|_| fs::remove_file(dist.join("try"))).is_err();
    let results = written(&root, &[file("web", &new), file("api", "new")]);
    fs::set_permissions(&dist, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!((results[0].is_err(), results[1].is_err()), (refused, false));
    assert_eq!(fs::read_to_string(root.join(WEB)).unwrap(), if refused { old } else { new });
    assert_eq!(listing(&dist), [".gitignore", "ecosystem.config.mjs"]);
}

fn check_stale(root: &Utf8Path, expected: &[&str]) {
    let found = stale(root, &BTreeSet::from([DaemonId::new("api")]));
    assert_eq!(found.iter().map(DaemonId::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn finds_what_has_no_source() {
    let (tree, root) = tree();
    written(&root, &[file("web", &text("1", "t")), file("api", &text("1", "t"))]);
    check_stale(&root, &[]);
    fs::remove_file(root.join("web/ecosystem.edn")).unwrap();
    fs::remove_file(root.join("api/ecosystem.edn")).unwrap();
    for other in ["deep/er", "node_modules/x", ".git/x", "elsewhere"] {
        tree.child(other).child(WEB).write_str(&text("1", "t")).unwrap();
    }
    tree.child("foreign/dist/ecosystem.config.mjs").write_str("export const apps = [];").unwrap();
    symlink(root.join("web"), root.join("link")).unwrap();
    symlink(root.join("web/dist"), tree.child("foreign").child("x")).unwrap();
    check_stale(&root, &["deep/er/web", "elsewhere/web", "web"]);
    // A link to itself cannot be read, which is not the same as gone.
    symlink("ecosystem.edn", root.join("web/ecosystem.edn")).unwrap();
    check_stale(&root, &["deep/er/web", "elsewhere/web"]);
}

fn check_removal(prepare: impl FnOnce(&TempDir), expected: Removal, left: &[&str]) {
    let (tree, root) = tree();
    written(&root, &[file("web", &text("1", "t"))]);
    fs::remove_file(root.join("web/ecosystem.edn")).unwrap();
    prepare(&tree);
    assert_eq!(remove_dist(&root, &DaemonId::new("web")).unwrap(), expected);
    assert_eq!(listing(&root.join("web")), left);
}

#[test]
fn removes_only_what_is_ours() {
    check_removal(|_| {}, Removal::Removed, &[]);
    check_removal(|tree| fs::remove_file(tree.child("web/dist/.gitignore")).unwrap(), Removal::Removed, &[]);
    check_removal(
        |tree| tree.child("web/dist/bundle.js").write_str("").unwrap(),
        Removal::FolderKept,
        &["dist", "dist/.gitignore", "dist/bundle.js"],
    );
    check_removal(
        |tree| tree.child("web/dist/.gitignore").write_str("mine").unwrap(),
        Removal::FolderKept,
        &["dist", "dist/.gitignore"],
    );
    check_removal(
        |tree| tree.child(WEB).write_str(&text("1", "t").replace("apps0", "x")).unwrap(),
        Removal::EditKept,
        &["dist", "dist/.gitignore", "dist/ecosystem.config.mjs"],
    );
    check_removal(
        |tree| tree.child("web/ecosystem.edn").write_str("").unwrap(),
        Removal::SourceIsBack,
        &["dist", "dist/.gitignore", "dist/ecosystem.config.mjs", "ecosystem.edn"],
    );
    check_removal(
        |tree| fs::remove_file(tree.child(WEB)).unwrap(),
        Removal::Nothing,
        &["dist", "dist/.gitignore"],
    );
}

#[test]
fn removes_nothing_through_a_link() {
    let (tree, root) = tree();
    written(&root, &[file("api", &text("1", "t"))]);
    fs::remove_file(root.join("web/ecosystem.edn")).unwrap();
    symlink(root.join("api/dist"), root.join("web/dist")).unwrap();
    assert!(matches!(remove_dist(&root, &DaemonId::new("web")), Err(DistError::Symlink(_))));
    tree.child(API).assert(text("1", "t"));
}
