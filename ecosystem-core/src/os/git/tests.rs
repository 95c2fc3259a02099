#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::process::Command;

use assert_fs::TempDir;

use super::*;
use crate::converge::read;
use crate::diagnostic::Diagnostic;
use crate::os::processors::Processors;
use crate::pm2::FileKind;
use crate::review::wanted;

/// A new repository, and `git` in it with nothing of the user's setup.
struct Repo(TempDir);

impl Repo {
    fn new() -> Self {
        let repo = Self(TempDir::new().unwrap());
        repo.git(&["init", "-q", "-b", "main", "."]);
        repo
    }

    fn path(&self) -> Utf8PathBuf {
        Utf8PathBuf::from_path_buf(self.0.path().canonicalize().unwrap()).unwrap()
    }

    #[track_caller]
    fn git(&self, args: &[&str]) -> String {
        let mut command = Command::new("git");
        command.current_dir(self.0.path()).args(["-c", "protocol.file.allow=always"]).args(args);
        for (name, value) in [("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_SYSTEM", "/dev/null")] {
            command.env(name, value);
        }
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "n").env(format!("GIT_{who}_EMAIL"), "n@example.org");
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn link(&self, path: &str, target: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, path).unwrap();
    }

    fn commit(&self) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "x"]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn at(&self, root: &str) -> Repository {
        Repository::find(Some(&self.path().join(root))).unwrap()
    }
}

/// The tree as a commit holds it.
fn tree(repository: &Repository, revision: &str) -> Option<Tree> {
    repository.tree(&repository.commit(revision).unwrap(), None).unwrap().0
}

fn paths(tree: &Tree) -> Vec<&str> {
    tree.sources.iter().map(|source| source.path.as_str()).collect()
}

fn said<'a>(diagnostics: impl IntoIterator<Item = &'a Diagnostic>) -> Vec<String> {
    diagnostics.into_iter().map(|it| format!("{} {}", it.code, it.message)).collect()
}

/// What a commit holds reads as the work tree does that it is checked out to, whatever is in it.
#[test]
fn a_commit_reads_as_its_work_tree() {
    let repo = Repo::new();
    repo.write("system/daemons/services/web/ecosystem.edn", "{:a 1}");
    repo.write("system/daemons/services/web/dist/ecosystem.edn", "skipped");
    repo.write("system/daemons/node_modules/x/ecosystem.edn", "skipped");
    repo.write("system/daemons/services/.#ecosystem.edn", "of an editor");
    repo.write("system/daemons/folder.edn/ecosystem.edn", "in a folder of a source's name");
    repo.write("system/daemons/odd \"name\" 'é'\n-x;$(id)/ecosystem.edn", "odd");
    repo.write("system/daemons/-rf/ecosystem.edn", "dash");
    repo.write("system/daemons/large/ecosystem.edn", &" ".repeat(8 * 1024 * 1024 + 1));
    repo.write("elsewhere/shared.edn", "{:linked true}");
    repo.link("system/daemons/linked/ecosystem.edn", "../../../elsewhere/shared.edn");
    repo.link("system/daemons/to-folder/ecosystem.edn", "../services");
    repo.link("system/daemons/dangling/ecosystem.edn", "nowhere");
    repo.link("system/daemons/services-again", "services");
    repo.write("elsewhere/ecosystem.edn", "outside of the tree");
    let not_utf8 =
        repo.path().join("system/daemons").as_std_path().join(std::ffi::OsStr::from_bytes(b"\xff"));
    fs::create_dir(&not_utf8).unwrap();
    fs::write(not_utf8.join("ecosystem.edn"), "skipped").unwrap();
    repo.commit();

    let repository = repo.at("system/daemons");
    let tree = tree(&repository, "main").unwrap();
    let on_disk = crate::os::tree::read(&repo.path().join("system/daemons"), Processors::ONE).unwrap();
    assert_eq!(tree.sources, on_disk.sources);
    assert_eq!(tree.sources.len(), 4, "{:?}", paths(&tree));
    assert_eq!(said(&tree.notes), said(&on_disk.notes));
    let places = |tree: &Tree| -> Vec<(String, &str)> {
        tree.unreadable.iter().map(|(path, it)| (path.clone(), it.code)).collect()
    };
    assert_eq!(places(&tree), places(&on_disk));
    assert_eq!(tree.unreadable.len(), 4, "{:?}", said(tree.unreadable.values()));
}

/// From a bare clone, from below, with a dirty index, for a folder that is not checked out.
#[test]
fn it_is_found_from_anywhere() {
    let repo = Repo::new();
    repo.write("system/daemons/a/ecosystem.edn", "{:a 1}");
    let first = repo.commit();
    repo.git(&["rm", "-rq", "system"]);
    let second = repo.commit();
    repo.write("other/file", "");
    let bare = TempDir::new().unwrap();
    let bare = Utf8Path::from_path(bare.path()).unwrap().canonicalize_utf8().unwrap().join("clone.git");
    repo.git(&["clone", "-q", "--bare", ".", bare.as_str()]);
    let check = |root: &Utf8Path, bare: bool| {
        let repository = Repository::find(Some(root)).unwrap();
        assert_eq!(
            (repository.folder().as_str(), repository.work_tree().is_none()),
            ("system/daemons", bare)
        );
        assert_eq!(paths(&tree(&repository, &first).unwrap()), ["a/ecosystem.edn"]);
        assert_eq!(tree(&repository, &second), None);
    };
    check(&repo.path().join("system/daemons"), false);
    check(&repo.path().join("other/../system/./daemons"), false);
    check(&bare.join("system/daemons"), true);
    let whole = repo.at("");
    assert_eq!(paths(&tree(&whole, &first).unwrap()), ["system/daemons/a/ecosystem.edn"]);
    let none = TempDir::new().unwrap();
    let error = Repository::find(Utf8Path::from_path(none.path())).unwrap_err();
    assert!(error.message.contains("no git repository"), "{error}");
}

#[test]
fn revisions_are_data() {
    let repo = Repo::new();
    let first = repo.commit();
    repo.git(&["tag", "v1"]);
    let second = repo.commit();
    let repository = repo.at("");
    let check =
        |revision: &str, expected: &str| assert_eq!(repository.commit(revision).unwrap().id(), expected);
    check("main", &second);
    check("main~1", &first);
    check("v1", &first);
    check("HEAD^1", &first);
    check(&second[..8], &second);
    let evil = [
        "",
        "--help",
        "-x",
        "nope",
        "main\nHEAD",
        "a missing",
        "0 commit 5",
        "$(id)",
        "main:file",
        "HEAD^{tree}",
    ];
    for revision in evil {
        assert!(repository.commit(revision).is_err(), "{revision:?}");
    }
    let (base, head) = (repository.commit(&first).unwrap(), repository.commit("main").unwrap());
    assert_eq!(repository.merge_base(&base, &head).unwrap(), base);
    // A replaced commit is what it was for everybody.
    repo.write("ecosystem.edn", "x");
    let third = repo.commit();
    repo.git(&["replace", &third, &first]);
    assert_eq!(tree(&repository, &third).unwrap().sources.len(), 1);
}

#[test]
fn a_shallow_clone_says_what_to_fetch() {
    let repo = Repo::new();
    let first = repo.commit();
    repo.commit();
    let clone = Repo(TempDir::new().unwrap());
    let url = format!("file://{}", repo.path());
    repo.git(&["clone", "-q", "--depth=1", &url, clone.path().as_str()]);
    for (revision, command) in
        [("HEAD~1", "<branch>"), (first.as_str(), first.as_str()), ("origin/old", "old")]
    {
        let error = clone.at("").commit(revision).unwrap_err();
        let hint = error.hint.unwrap();
        assert!(hint.contains(&format!("git fetch --depth=1 origin {command}`")), "{revision}: {hint}");
        assert!(hint.contains("fetch-depth: 0"), "{hint}");
    }
}

#[test]
fn a_submodule_is_said_and_not_entered() {
    let (repo, other) = (Repo::new(), Repo::new());
    other.write("ecosystem.edn", "x");
    other.commit();
    repo.git(&["submodule", "--quiet", "add", other.path().as_str(), "daemons/module"]);
    repo.commit();
    let repository = repo.at("daemons");
    let tree = tree(&repository, "HEAD").unwrap();
    assert_eq!(paths(&tree), Vec::<&str>::new());
    assert_eq!(
        said(&tree.notes),
        ["W0404 module: a submodule, a link into another repository, is not followed"]
    );
    let inside = repo.at("daemons/module");
    assert_eq!(inside.folder(), "");
}

/// What definitions name is looked up where the commit has it.
#[test]
fn files_are_known() {
    let repo = Repo::new();
    repo.write("bin/text", "#!/bin/sh\n");
    fs::write(repo.path().join("bin/binary"), b"\x7fELF\0\0\0\0\x01\x02\x03").unwrap();
    repo.link("bin/link", "text");
    repo.link("bin/out", "/etc/passwd");
    repo.write(".env", "A=1\n");
    repo.write("new\nline", "x");
    repo.commit();
    let set = |paths: &[&str]| paths.iter().map(|path| Utf8PathBuf::from(*path)).collect();
    let wanted = Wanted {
        files: set(&["bin", "bin/text", "bin/binary", "bin/link", "bin/out", "bin/none", "new\nline", ""]),
        env_files: set(&[".env", "none.env", "bin"]),
    };
    let repository = repo.at("");
    let known = repository.known(&repository.commit("HEAD").unwrap(), &wanted).unwrap();
    let kinds: Vec<(&str, FileKind)> =
        known.files.iter().map(|(path, kind)| (path.as_str(), *kind)).collect();
    let (folder, text) = (FileKind::Folder, FileKind::Text);
    assert_eq!(
        kinds,
        [
            ("", folder),
            ("bin", folder),
            ("bin/binary", FileKind::Binary),
            ("bin/link", text),
            ("bin/text", text)
        ]
    );
    assert_eq!(known.env_files.into_iter().collect::<Vec<_>>(), [(".env".into(), "A=1\n".to_owned())]);
    let on_disk = known_on_disk(&repo.path(), &wanted);
    assert_eq!(on_disk.files.get(Utf8Path::new("bin/binary")), Some(&FileKind::Binary));
    assert_eq!(on_disk.files.get(Utf8Path::new("bin/none")), None);
}

/// Each commit is read with the defaults, includes and env files of its own, whatever is checked out.
#[test]
fn a_commit_is_read_with_what_belongs_to_it() {
    let repo = Repo::new();
    let write = |level: &str| {
        repo.write(
            "tree/defaults.edn",
            &format!("{{:owner \"shop\" :defaults {{:env {{:LEVEL \"{level}\"}}}}}}"),
        );
        repo.write("shared/more.edn", &format!("{{:MORE \"{level}\"}}"));
        repo.write("web.env", &format!("FILE={level}\n"));
        let apps = "{:apps [{:name \"web\" :script \"a.js\" :env-file \"web.env\" :env #include \"../../shared/more.edn\"}]}";
        repo.write("tree/web/ecosystem.edn", apps);
    };
    write("first");
    let first = repo.commit();
    write("second");
    let second = repo.commit();
    write("on disk");
    let repository = repo.at("tree");
    let check = |tree: Option<Tree>, site: &Site, known: &dyn Fn(&Wanted) -> Known, level: &str| {
        let reading = read(tree.unwrap());
        assert_eq!(reading.diagnostics, []);
        let (_, app) = reading.ecosystem.apps().next().unwrap();
        let env: Vec<String> = app.env.values().map(crate::model::EnvValue::to_text).collect();
        assert_eq!(env, [level, level]);
        assert_eq!(site.layout.owner.as_deref(), Some("shop"));
        let known = known(&wanted(&reading, site));
        assert_eq!(known.env_files.values().collect::<Vec<_>>(), [&format!("FILE={level}\n")]);
    };
    for (revision, level) in [(&first, "first"), (&second, "second")] {
        let commit = repository.commit(revision).unwrap();
        let (tree, site) = repository.tree(&commit, None).unwrap();
        check(tree, &site, &|wanted| repository.known(&commit, wanted).unwrap(), level);
    }
    let (tree, site) = repository.checked_out(None).unwrap();
    check(tree, &site, &|wanted| known_on_disk(&repo.path(), wanted), "on disk");
}

#[test]
fn a_tree_may_say_what_its_paths_resolve_against() {
    let repo = Repo::new();
    let site = |base: &str| {
        repo.write("a/tree/defaults.edn", &format!("{{{base}}}"));
        let commit = repo.commit();
        let repository = repo.at("a/tree");
        let site = repository.tree(&repository.commit(&commit).unwrap(), None).unwrap().1;
        assert_eq!(site, repository.checked_out(None).unwrap().1);
        let base = site.base.as_ref().map(ToString::to_string);
        (base, site.layout.root_to_base)
    };
    let inside = |base: &str, way: &str| (Some(base.to_owned()), way.to_owned());
    assert_eq!(site(""), inside("", "../.."));
    assert_eq!(site(":base \"..\""), inside("a", ".."));
    assert_eq!(site(":base \"./x/../../../b\""), inside("b", "../../b"));
    assert_eq!(site(":base \"../../..\""), (None, "../../..".to_owned()));
    assert_eq!(site(":base \"/srv\"").0, None);
}
