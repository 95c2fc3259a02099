//! Whose a file is: what others have put in a place that we look at is not ours to trust.
//!
//! Root could do anything to us anyway, and what is ours we have made. Everybody else is nobody to believe.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;

use camino::Utf8Path;
use rustix::process::geteuid;

/// Whether what this user owns is taken for our own.
pub(super) fn is_trusted(uid: u32) -> bool {
    uid == geteuid().as_raw() || uid == 0
}

/// Whether something that was found on the way up from a folder is ours, root's, or of whoever owns that folder; a link
/// is judged by itself.
///
/// The way up may lead through folders in which everybody can put something, such as `/tmp`. Whoever owns the folder
/// where it begins decides what runs here in any case.
pub(super) fn is_of_the_same(found: &Utf8Path, began_at: &Utf8Path) -> bool {
    let owner = |metadata: std::io::Result<Metadata>| metadata.ok().map(|it| it.uid());
    let beginning = owner(fs::metadata(began_at));
    owner(fs::symlink_metadata(found)).is_some_and(|uid| is_trusted(uid) || Some(uid) == beginning)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use std::os::unix::fs::{lchown, symlink};

    use assert_fs::TempDir;

    use super::*;

    const SOMEBODY: u32 = 65534;

    #[test]
    fn what_another_user_has_put_on_the_way_up_is_not_trusted() {
        let folder = TempDir::new().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        let (tree, found) = (root.join("tree"), root.join(".git"));
        fs::create_dir(&tree).unwrap();
        symlink(&tree, &found).unwrap();
        assert!(is_of_the_same(&found, &tree));
        assert!(!is_of_the_same(&root.join("none"), &tree));
        // Root's everywhere, whoever looks.
        assert!(is_of_the_same(Utf8Path::new("/etc/passwd"), &tree));
        // Who is not root cannot give a file away, and so has no file of another user but root to look at.
        if geteuid().is_root() {
            lchown(&found, Some(SOMEBODY), None).unwrap();
            assert!(!is_of_the_same(&found, &tree));
            lchown(&tree, Some(SOMEBODY), None).unwrap();
            assert!(is_of_the_same(&found, &tree));
        }
        assert!(!is_trusted(geteuid().as_raw().wrapping_add(SOMEBODY).max(1)));
    }
}
