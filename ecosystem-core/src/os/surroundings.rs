//! A tree with what it is read in.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use camino::{Utf8Path, Utf8PathBuf};

use super::place::relative;
use super::processors::Processors;
use super::{regular_file, tree};
use crate::converge::{HostError, Tree};
use crate::expand::{Surroundings, wanted};
use crate::model::{DaemonId, Variables};

/// Reads every source below a root, what they include, and finds out what else decides what they say.
///
/// # Errors
/// The root is missing, or is not a folder that can be listed.
pub(super) fn tree(
    root: &Utf8Path,
    base: &Utf8Path,
    profile: Option<&str>,
    processors: Processors,
) -> Result<Tree, HostError> {
    Ok(on_disk(tree::read(root, processors)?, root, base, profile))
}

/// The same of what these daemons are made of alone; `None` where that is not simply there to be read.
pub(super) fn daemons(
    root: &Utf8Path,
    base: &Utf8Path,
    profile: Option<&str>,
    daemons: &BTreeSet<DaemonId>,
) -> Option<Tree> {
    let sources = tree::read_some(root, daemons)?;
    Some(on_disk(Tree { sources, ..Tree::default() }, root, base, profile))
}

fn on_disk(tree: Tree, root: &Utf8Path, base: &Utf8Path, profile: Option<&str>) -> Tree {
    let surroundings = of_this_program(relative(root, base), profile);
    match with_included(tree, surroundings, |path| Ok::<_, Infallible>(read_included(root, base, path))) {
        Ok(tree) => tree,
    }
}

/// What this program is run in, with nothing included.
pub(super) fn of_this_program(root_to_base: String, profile: Option<&str>) -> Surroundings {
    Surroundings {
        profile: profile.map(str::to_owned),
        hostname: hostname(),
        root_to_base,
        included: BTreeMap::new(),
        unreadable: BTreeSet::new(),
        environment: environment(),
    }
}

/// A tree with what its sources include: each file read once, by its path as seen from the root.
///
/// # Errors
/// Those of `read`.
pub(super) fn with_included<E>(
    tree: Tree,
    mut surroundings: Surroundings,
    mut read: impl FnMut(&str) -> Result<Result<Vec<u8>, String>, E>,
) -> Result<Tree, E> {
    surroundings.unreadable = tree.unreadable.keys().cloned().collect();
    // Each round finds what the files of the one before include.
    loop {
        let missing = wanted(&tree.sources, &surroundings);
        if missing.is_empty() {
            return Ok(Tree { surroundings, ..tree });
        }
        for path in missing {
            let contents = read(&path)?;
            surroundings.included.insert(path, contents);
        }
    }
}

/// The environment of this program, as far as it is text.
pub(super) fn environment() -> Variables {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// The name of the machine as the kernel has it.
fn hostname() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// The contents of an included file, unless a link leads out of the base or out of the names that may be included.
fn read_included(root: &Utf8Path, base: &Utf8Path, path: &str) -> Result<Vec<u8>, String> {
    let real: Utf8PathBuf = root.join(path).canonicalize_utf8().map_err(|error| error.to_string())?;
    if !real.starts_with(base) {
        return Err("a link leads out of the base".to_owned());
    }
    if real.extension() != Some("edn") {
        return Err("a link leads to a file that is not named as an .edn file".to_owned());
    }
    regular_file::read(&real, tree::MAX_SOURCE_BYTES).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

    use assert_fs::TempDir;

    use super::*;
    use crate::converge::read;

    fn write(root: &Utf8Path, path: &str, text: &str) {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// What takes an included file's place, and what is said of it; nothing is waited for.
    #[test]
    fn an_included_file_is_a_file_below_the_base() {
        use rustix::fs::{CWD, FileType, Mode, mknodat};
        use std::os::unix::fs::symlink;
        let folder = TempDir::new().unwrap();
        let top = Utf8Path::from_path(folder.path()).unwrap().canonicalize_utf8().unwrap();
        let (base, root) = (top.join("base"), top.join("base/tree"));
        write(
            &root,
            "web/ecosystem.edn",
            "{:apps [{:name \"web\" :script \"a.js\" :env #include \"x.edn\"}]}",
        );
        write(&top, "outside.edn", "{:A 1}");
        write(&base, "secret.txt", "hush");
        let place = root.join("web/x.edn");
        let check = |spoil: &dyn Fn(), said: &str| {
            spoil();
            let tree = tree(&root, &base, None, Processors::ONE).unwrap();
            let contents = tree.surroundings.included["web/x.edn"].clone();
            assert!(contents.as_ref().is_err_and(|error| error.contains(said)), "{contents:?}, not {said}");
            let _ = std::fs::remove_file(&place).or_else(|_| std::fs::remove_dir(&place));
        };
        let link = |to: &str| symlink(to, &place).unwrap();
        check(&|| {}, "No such file");
        check(
            &|| mknodat(CWD, place.as_std_path(), FileType::Fifo, Mode::RWXU, 0).unwrap(),
            "no regular file",
        );
        check(&|| std::fs::create_dir(&place).unwrap(), "no regular file");
        check(&|| link("../../../outside.edn"), "out of the base");
        check(&|| link("/proc/self/environ"), "out of the base");
        check(&|| link("/dev/zero"), "out of the base");
        check(&|| link("../../secret.txt"), "not named as an .edn file");
        check(&|| link("x.edn"), "symbolic links");
        check(&|| std::fs::File::create(&place).unwrap().set_len(1 << 30).unwrap(), "more than the 8388608");
    }

    /// A look at one daemon reads everything that it is made of, and nothing else.
    #[test]
    fn what_a_daemon_is_made_of_is_read_with_it() {
        let folder = TempDir::new().unwrap();
        let base = Utf8Path::from_path(folder.path()).unwrap().canonicalize_utf8().unwrap();
        let root = base.join("tree");
        write(&root, "defaults.edn", "{:owner \"o\" :defaults {:env #include \"../beside.edn\"}}");
        write(&base, "beside.edn", "{:A 1}");
        write(&root, "shop/defaults.edn", "{:defaults {:env {:B #profile {:dev 2}}}}");
        write(
            &root,
            "shop/web/ecosystem.edn",
            "{:apps [{:name \"web\" :script \"a.js\" :env #include \"more.edn\"}]}",
        );
        write(&root, "shop/web/more.edn", "{:C #include \"deep.edn\"}");
        write(&root, "shop/web/deep.edn", "3");
        write(&root, "mail/defaults.edn", "{:defaults {:env {:D 4}}}");
        write(&root, "mail/ecosystem.edn", "{:apps [{:name \"mail\" :script \"a.js\"}]}");
        let whole = read(tree(&root, &base, Some("dev"), Processors::ONE).unwrap());
        for (id, paths) in [
            ("shop/web", &["defaults.edn", "shop/defaults.edn", "shop/web/ecosystem.edn"][..]),
            ("mail", &["defaults.edn", "mail/defaults.edn", "mail/ecosystem.edn"]),
        ] {
            let id = DaemonId::new(id);
            let some = daemons(&root, &base, Some("dev"), &[id.clone()].into()).unwrap();
            assert_eq!(some.sources.iter().map(|it| it.path.as_str()).collect::<Vec<_>>(), paths);
            let some = read(some);
            assert_eq!(some.diagnostics, []);
            assert_eq!(some.ecosystem.settings, whole.ecosystem.settings);
            assert_eq!(some.ecosystem.daemons[&id], whole.ecosystem.daemons[&id]);
        }
        // Where something of it is not simply there, only a look at everything can tell what to make of that.
        std::fs::create_dir(root.join("mail/folder")).unwrap();
        std::fs::remove_file(root.join("mail/defaults.edn")).unwrap();
        std::fs::rename(root.join("mail/folder"), root.join("mail/defaults.edn")).unwrap();
        assert_eq!(daemons(&root, &base, None, &[DaemonId::new("mail")].into()), None);
    }
}
