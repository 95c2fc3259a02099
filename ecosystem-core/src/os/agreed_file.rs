//! Agreed plans on disk: files that the user names, for that user's eyes alone.

use std::io;

use camino::Utf8Path;

use super::regular_file::{self, ReadError};
use super::state_folder::replace;
use crate::converge::HostError;
use crate::plan::agreed::{Agreed, NotAPlan};

/// Far beyond what a plan for ten thousand apps needs.
const LIMIT: u64 = 64 * 1024 * 1024;

/// Reads a plan that was agreed to; links are followed.
///
/// # Errors
/// There is no such file, it is no plan, or it belongs to another user: what a pass is allowed is taken from it.
pub fn read(path: &Utf8Path) -> Result<Agreed, HostError> {
    let read = regular_file::read_with_owner(path, LIMIT);
    let (bytes, uid) = read.map_err(|error| unusable(path, &error.to_string()))?;
    if uid != rustix::process::geteuid().as_raw() {
        return Err(unusable(path, "it belongs to another user"));
    }
    Agreed::read(&bytes).map_err(|error| unusable(path, &error.to_string()))
}

fn unusable(path: &Utf8Path, problem: &str) -> HostError {
    HostError::new(format!("the plan in {path} cannot be used: {problem}"))
        .hint("nothing was changed; `ecosystem-cli plan --out FILE` writes a plan")
}

/// Writes an agreed plan, whole or not at all and readable for its owner alone; an earlier plan is replaced.
///
/// # Errors
/// Something else has that name, or the system refused.
pub fn write(path: &Utf8Path, agreed: &Agreed) -> Result<(), HostError> {
    let cannot = |problem: &str| HostError::new(format!("cannot write the plan to {path}: {problem}"));
    let replaceable = match regular_file::read_unlinked(path, LIMIT) {
        Ok((bytes, _)) => !matches!(Agreed::read(&bytes), Err(NotAPlan::SomethingElse)),
        Err(ReadError::Io(error)) => error.kind() == io::ErrorKind::NotFound,
        Err(_) => false,
    };
    if !replaceable {
        return Err(cannot("something that is no plan has that name").hint("name another file, or remove it"));
    }
    let text = agreed.text().map_err(io::Error::from);
    text.and_then(|text| replace(path, text.as_bytes())).map_err(|error| cannot(&error.to_string()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use std::fs;
    use std::os::unix::fs::{MetadataExt as _, symlink};

    use assert_fs::TempDir;
    use camino::Utf8PathBuf;

    use super::*;
    use crate::plan::agreed::{Asked, Grounds, Work};

    fn agreed() -> Agreed {
        let grounds = Grounds {
            program: "0.1.0".to_owned(),
            root: "/tree".to_owned(),
            base: "/".to_owned(),
            owner: "/tree".to_owned(),
            profile: None,
            pm2_home: "/home/.pm2".to_owned(),
            pm2_version: None,
            pm2_started_at: 0,
        };
        Agreed::new("2026-01-02T03:04:05Z".to_owned(), grounds, Asked::default(), Work::default())
    }

    fn folder() -> (TempDir, Utf8PathBuf) {
        let folder = TempDir::new().unwrap();
        let path = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
        (folder, path)
    }

    #[test]
    fn what_is_written_is_read_back_and_is_private() {
        let (_folder, root) = folder();
        let path = root.join("next.plan");
        for _ in 0..2 {
            write(&path, &agreed()).unwrap();
            assert_eq!(read(&path).unwrap(), agreed());
            assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(&root).unwrap().count(), 1, "nothing is left beside it");
        symlink(&path, root.join("link")).unwrap();
        assert_eq!(read(&root.join("link")).unwrap(), agreed());
    }

    /// What is done to make the file before it is read, and what is said of it.
    type Spoiler = (fn(&Utf8Path), &'static str);

    const SPOILERS: &[Spoiler] = &[
        (|_| (), "No such file"),
        (|path| fs::create_dir(path).unwrap(), "no regular file"),
        (|path| symlink("/dev/zero", path).unwrap(), "no regular file"),
        (|path| fs::write(path, "").unwrap(), "not written by"),
        (|path| fs::write(path, b"\xff").unwrap(), "not written by"),
        (|path| fs::write(path, "[1]").unwrap(), "not written by"),
        (|path| fs::write(path, r#"{"steps": []}"#).unwrap(), "not written by"),
        (|path| fs::write(path, r#"{"ecosystem_plan": 2}"#).unwrap(), "of form 2"),
        (|path| fs::write(path, r#"{"ecosystem_plan": "x"}"#).unwrap(), "of form \"x\""),
        (|path| fs::write(path, r#"{"ecosystem_plan": 1}"#).unwrap(), "not as it was written"),
        (|path| with("\"made\"", "\"mode\"", path), "not as it was written"),
        (|path| with("\"asked\": {", "\"asked\": {\"more\": 1,", path), "not as it was written"),
        (|path| fs::File::create(path).unwrap().set_len(LIMIT + 1).unwrap(), "more than the 67108864"),
    ];

    fn with(from: &str, to: &str, path: &Utf8Path) {
        let text = agreed().text().unwrap();
        assert!(text.contains(from));
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    }

    #[test]
    fn what_is_no_plan_is_refused() {
        for (spoil, said) in SPOILERS {
            let (_folder, root) = folder();
            let path = root.join("next.plan");
            spoil(&path);
            let error = read(&path).unwrap_err();
            assert!(error.message.contains(said) && error.message.contains(path.as_str()), "{error}: {said}");
        }
    }

    #[test]
    fn a_file_of_another_user_is_refused() {
        let (_folder, root) = folder();
        let mut path = root.join("next.plan");
        write(&path, &agreed()).unwrap();
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(&path, Some(65534), None).unwrap();
        } else {
            // Who is not root cannot give a file away; this one is root's everywhere.
            path = "/etc/passwd".into();
        }
        let error = read(&path).unwrap_err();
        assert!(error.message.ends_with("it belongs to another user"), "{error}");
    }

    #[test]
    fn what_is_no_plan_is_not_replaced() {
        let (_folder, root) = folder();
        let path = root.join("ecosystem.edn");
        fs::write(&path, "{:apps []}").unwrap();
        symlink(&path, root.join("link")).unwrap();
        symlink(root.join("nowhere"), root.join("loose")).unwrap();
        for name in ["ecosystem.edn", "link", "loose", "."] {
            let error = write(&root.join(name), &agreed()).unwrap_err();
            assert!(error.message.contains("no plan has that name"), "{name}: {error}");
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "{:apps []}");
        let error = write(&root.join("none/next.plan"), &agreed()).unwrap_err();
        assert!(error.message.contains("No such file"), "{error}");
        // One of another form was written by this program in another version.
        let other = root.join("other.plan");
        fs::write(&other, r#"{"ecosystem_plan": 9}"#).unwrap();
        write(&other, &agreed()).unwrap();
        assert_eq!(read(&other).unwrap(), agreed());
    }
}
