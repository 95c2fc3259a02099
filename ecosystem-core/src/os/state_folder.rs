//! Where what is kept of one tree lives: `$PM2_HOME/ecosystem/<owner>/`, for its owner's eyes alone.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{Mode, OFlags};
use rustix::process::geteuid;

use super::ownership::is_trusted;
use crate::model::Owner;

/// The folder of all trees in PM2's home.
const ECOSYSTEM: &str = "ecosystem";

/// What is kept of all trees, for its owner's eyes alone.
pub(super) fn of_all(home: &Utf8Path) -> Utf8PathBuf {
    home.join(ECOSYSTEM)
}

/// The folder of one tree: a name that can be read, made distinct by a digest of the whole owner id.
pub(super) fn of(home: &Utf8Path, owner: &Owner) -> Utf8PathBuf {
    of_all(home).join(owner.file_name())
}

/// Makes a folder below a PM2 home where there is none, and makes sure that nobody else can put anything in it.
///
/// # Errors
/// The system refused. Or the home is another user's or open to everybody, or a folder below it is another user's or
/// open to others, or a link that another user made: what is written there, and what it says of processes that are ours,
/// would be theirs to choose. PM2 itself runs what its home says, so that whoever may change that home runs programs.
pub(super) fn make(home: &Utf8Path, folder: &Utf8Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(home)?;
    check(home, fs::metadata(home)?.uid(), &is_trusted)?;
    check_mode(home, EVERYBODY)?;
    let below: Vec<_> =
        folder.ancestors().take_while(|path| path.starts_with(home) && *path != home).collect();
    // From the top: nothing is made in a folder that is no good.
    below.into_iter().rev().try_for_each(make_one)
}

fn make_one(path: &Utf8Path) -> io::Result<()> {
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    check(path, fs::symlink_metadata(path)?.uid(), &is_trusted)?;
    check(path, fs::metadata(path)?.uid(), &|uid| uid == geteuid().as_raw())?;
    check_mode(path, OTHERS)
}

/// Many have a group of their own and a umask that lets it write: PM2 makes a home that its group may write then.
const EVERYBODY: u32 = 0o002;

/// Folders that we make are open to nobody, whatever the umask.
const OTHERS: u32 = 0o022;

fn check(path: &Utf8Path, uid: u32, may_own: &dyn Fn(u32) -> bool) -> io::Result<()> {
    let refusal = || {
        let us = geteuid().as_raw();
        format!(
            "{path} belongs to the user {uid}, and this is the user {us}: run it as that user, or give PM2_HOME"
        )
    };
    if may_own(uid) { Ok(()) } else { Err(io::Error::other(refusal())) }
}

fn check_mode(path: &Utf8Path, bits: u32) -> io::Result<()> {
    if fs::metadata(path)?.mode() & bits == 0 {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "other users may write to {path}: `chmod go-w {path}` takes that from them"
    )))
}

/// Opens a file that is there to be locked: through no link, and without waiting for the other end of a FIFO.
pub(super) fn open_lock(path: &Utf8Path, how: OFlags) -> io::Result<File> {
    let flags = how | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let file = File::from(rustix::fs::open(path.as_std_path(), flags, Mode::RUSR | Mode::WUSR)?);
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is no regular file")) }
}

/// Gives a file in it new contents, by a temporary file of mode 0600 and a rename: a reader sees the old text or
/// the new one, and a link is replaced and not followed.
pub(super) fn replace(path: &Utf8Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    let prefix = format!(".{}-", path.file_stem().unwrap_or_default());
    let mut file = tempfile::Builder::new().prefix(&prefix).tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use std::os::unix::fs::{PermissionsExt as _, lchown, symlink};

    use assert_fs::TempDir;
    use rustix::fs::{CWD, FileType, mknodat};

    use super::*;

    const SOMEBODY: u32 = 65534;

    /// What is done to a home in which the folder is, and what is said of it then; what needs root to be done is last.
    type Spoiler = (fn(&Utf8Path), &'static str);

    fn mode(path: &Utf8Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn give_away(path: &Utf8Path) {
        lchown(path, Some(SOMEBODY), None).unwrap();
    }

    /// Puts a link in the place of a folder.
    fn link(path: &Utf8Path) {
        let moved = path.with_file_name("elsewhere");
        fs::rename(path, &moved).unwrap();
        symlink(&moved, path).unwrap();
    }

    const SPOILERS: &[Spoiler] = &[
        (|home| mode(home, 0o777), "chmod go-w"),
        (|home| mode(home, 0o1777), "chmod go-w"),
        (|home| mode(&of_all(home), 0o770), "chmod go-w"),
        (|home| mode(&of_all(home).join("tree"), 0o702), "chmod go-w"),
    ];

    const SPOILERS_BY_ROOT: &[Spoiler] = &[
        (give_away, "belongs to the user 65534"),
        (|home| give_away(&of_all(home)), "belongs to the user 65534"),
        (|home| give_away(&of_all(home).join("tree")), "belongs to the user 65534"),
        (
            |home| {
                link(&of_all(home));
                give_away(&of_all(home));
            },
            "belongs to the user 65534",
        ),
        (
            |home| {
                link(&of_all(home).join("tree"));
                give_away(&of_all(home).join("elsewhere"));
            },
            "belongs to the user 65534",
        ),
    ];

    #[test]
    fn a_folder_that_others_can_write_to_is_refused() {
        let by_root = SPOILERS_BY_ROOT.iter().filter(|_| geteuid().is_root());
        for (round, (spoil, said)) in SPOILERS.iter().chain(by_root).enumerate() {
            let temporary = TempDir::new().unwrap();
            let home = Utf8Path::from_path(temporary.path()).unwrap().join("home");
            let folder = of_all(&home).join("tree");
            make(&home, &folder).unwrap();
            make(&home, &folder).unwrap();
            spoil(&home);
            let error = make(&home, &folder.join("history")).unwrap_err().to_string();
            assert!(error.contains(said), "{round}: {error}");
        }
    }

    #[test]
    fn a_home_as_people_have_it_is_good() {
        let temporary = TempDir::new().unwrap();
        let root = Utf8Path::from_path(temporary.path()).unwrap();
        fs::create_dir(root.join("real")).unwrap();
        mode(&root.join("real"), 0o775);
        symlink("real", root.join("home")).unwrap();
        // One's own link to a larger disk.
        fs::create_dir(root.join("disk")).unwrap();
        symlink(root.join("disk"), root.join("real/ecosystem")).unwrap();
        let home = root.join("home");
        make(&home, &of_all(&home).join("tree")).unwrap();
        assert_eq!(fs::metadata(root.join("disk/tree")).unwrap().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_lock_is_a_file_and_no_way_to_one() {
        let temporary = TempDir::new().unwrap();
        let root = Utf8Path::from_path(temporary.path()).unwrap();
        let check = |name: &str, said: &str| {
            for how in [OFlags::RDONLY, OFlags::RDWR | OFlags::CREATE] {
                let error = open_lock(&root.join(name), how).unwrap_err().to_string();
                assert!(error.contains(said), "{name}: {error}");
            }
        };
        mknodat(CWD, root.join("fifo").as_std_path(), FileType::Fifo, Mode::RWXU, 0).unwrap();
        check("fifo", "no regular file");
        symlink(root.join("nowhere"), root.join("link")).unwrap();
        check("link", "symbolic link");
        assert!(!root.join("nowhere").exists());
    }
}
