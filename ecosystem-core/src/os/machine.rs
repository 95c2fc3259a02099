//! Looking up on this machine what resolving definitions asks about.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::thread;

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{Access, access};

use super::regular_file::{self, ReadError};
use super::surroundings;
use crate::model::Owner;
use crate::os::pm2::Report;
use crate::pm2::{FileKind, Machine, Questions, SNIFFED_BYTES, User, looks_binary};

/// What PM2's daemon says of itself in its report, as far as definitions depend on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaemonFacts {
    /// `pm2_version`.
    pub pm2_version: String,
    /// The node program that runs it: the first of its `argv`.
    pub node: Utf8PathBuf,
    /// Its `lib` folder: where the second of its `argv`, `Daemon.js`, lies.
    pub pm2_lib: Option<Utf8PathBuf>,
    /// The user it runs as.
    pub uid: u32,
    /// Its environment.
    pub env: BTreeMap<String, String>,
}

impl From<Report> for DaemonFacts {
    fn from(report: Report) -> Self {
        let daemon_script = report.argv.get(1).map(Utf8Path::new);
        Self {
            node: report.node_program().unwrap_or("node").into(),
            pm2_lib: daemon_script.and_then(Utf8Path::parent).map(Utf8Path::to_owned),
            pm2_version: report.pm2_version,
            uid: report.uid,
            env: report.env,
        }
    }
}

/// Answers the questions, as seen by this process: PM2's daemon is taken to see the same disk.
///
/// What cannot be looked at counts as not there, as it does to PM2; an env file that cannot be read says why.
#[must_use]
pub fn gather(
    questions: &Questions,
    owner: Owner,
    base: Utf8PathBuf,
    pm2_home: Utf8PathBuf,
    daemon: DaemonFacts,
) -> Machine {
    let search = daemon.env.get("PATH").map(String::as_str).unwrap_or_default();
    let programs: BTreeMap<_, _> =
        questions.programs.iter().map(|name| (name.clone(), find_program(name, search))).collect();
    let looked_at = questions.files.iter().chain(programs.values().flatten());
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    Machine {
        owner,
        base,
        pm2_home,
        pm2_version: daemon.pm2_version,
        pm2_lib: daemon.pm2_lib,
        node: daemon.node,
        cpus: count_cpus(),
        username: username(daemon.uid, &passwd, &daemon.env),
        is_root: daemon.uid == 0,
        files: looked_at.map(|path| (path.clone(), file_kind(path))).collect(),
        env_files: questions.env_files.iter().map(|path| (path.clone(), read_text(path))).collect(),
        environment: surroundings::environment(),
        users: users(&passwd),
        groups: groups(&fs::read_to_string("/etc/group").unwrap_or_default()),
        daemon_env: daemon.env,
        programs,
    }
}

/// The first executable file of that name on a search path; an absolute path is looked at as it is.
///
/// A relative folder on the search path would mean a folder of whoever runs PM2's program: it is passed over.
pub(super) fn find_program(name: &str, search: &str) -> Option<Utf8PathBuf> {
    if name.contains('/') {
        return Some(Utf8PathBuf::from(name)).filter(|path| is_executable(path));
    }
    let folders = search.split(':').map(Utf8Path::new).filter(|folder| folder.is_absolute());
    folders.map(|folder| folder.join(name)).find(|path| is_executable(path))
}

pub(super) fn is_executable(path: &Utf8Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_dir()) && access(path.as_str(), Access::EXEC_OK).is_ok()
}

pub(super) fn file_kind(path: &Utf8Path) -> FileKind {
    match fs::metadata(path) {
        Err(_) => FileKind::Missing,
        Ok(found) if found.is_dir() => FileKind::Folder,
        // PM2 takes whatever is no plain file for text.
        Ok(found) if !found.is_file() => FileKind::Text,
        Ok(_) => match read_start(path) {
            Err(_) => FileKind::Unreadable,
            Ok(start) if looks_binary(&start) => FileKind::Binary,
            Ok(_) => FileKind::Text,
        },
    }
}

pub(super) fn read_start(path: &Utf8Path) -> std::io::Result<Vec<u8>> {
    let mut start = Vec::with_capacity(SNIFFED_BYTES);
    regular_file::open(path)
        .map_err(std::io::Error::other)?
        .take(SNIFFED_BYTES as u64)
        .read_to_end(&mut start)?;
    Ok(start)
}

fn read_text(path: &Utf8Path) -> Result<Option<String>, String> {
    match regular_file::read(path, MAX_ENV_FILE_BYTES) {
        Ok(bytes) => String::from_utf8(bytes).map(Some).map_err(|_| "it is not UTF-8".to_owned()),
        Err(ReadError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

/// The largest env file that is read: half of what Linux takes as the environment of a process (2 MiB).
pub(super) const MAX_ENV_FILE_BYTES: u64 = 1024 * 1024;

/// As node counts: the CPUs that are online, whatever share of them this process may use.
fn count_cpus() -> u32 {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    match u32::try_from(stat.lines().filter(|line| is_cpu_line(line)).count()) {
        Ok(count @ 1..) => count,
        _ => thread::available_parallelism()
            .ok()
            .and_then(|count| u32::try_from(count.get()).ok())
            .unwrap_or(1),
    }
}

/// `cpu0 …`, but not the sum of all in `cpu …`.
fn is_cpu_line(line: &str) -> bool {
    line.strip_prefix("cpu").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// The name of the first user of that number, else what the environment says, in PM2's order.
fn username(uid: u32, passwd: &str, env: &BTreeMap<String, String>) -> String {
    let of_number = records(passwd).find(|fields| number(fields, 2) == Some(uid));
    let known = of_number.and_then(|fields| fields.first().map(|name| (*name).to_owned()));
    let said = ["USER", "LNAME", "USERNAME", "SUDO_USER", "C9_USER", "LOGNAME"];
    known.or_else(|| said.iter().find_map(|name| env.get(*name).cloned())).unwrap_or_default()
}

/// Users by name and by number; of two with one number the later counts, as in PM2.
fn users(passwd: &str) -> BTreeMap<String, User> {
    let mut users = BTreeMap::new();
    for fields in records(passwd) {
        let (Some(uid), Some(gid)) = (number(&fields, 2), number(&fields, 3)) else { continue };
        let home = fields.get(5).copied().unwrap_or_default().to_owned();
        let user = User { uid, gid, home };
        users.extend(fields.first().map(|name| ((*name).to_owned(), user.clone())));
        users.insert(uid.to_string(), user);
    }
    users
}

/// Numbers of groups by name and by number.
fn groups(text: &str) -> BTreeMap<String, u32> {
    let numbered =
        records(text).filter_map(|fields| Some((fields.first()?.to_string(), number(&fields, 2)?)));
    numbered.flat_map(|(name, gid)| [(name, gid), (gid.to_string(), gid)]).collect()
}

/// The lines of `/etc/passwd` or `/etc/group` as fields; PM2 reads these files, so other sources of users (LDAP)
/// do not count.
fn records(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split(':').collect())
}

fn number(fields: &[&str], index: usize) -> Option<u32> {
    fields.get(index)?.parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use std::os::unix::fs::PermissionsExt;

    use assert_fs::TempDir;
    use assert_fs::prelude::*;

    use super::*;

    const PASSWD: &str = "# users\nroot:x:0:0:root:/root:/bin/sh\nann:x:1000:50:Ann,,:/home/ann:/bin/sh\n\
                          bad line\ntoor:x:0:0::/toor:/bin/sh\n";

    #[test]
    fn users_and_groups_are_read() {
        let ann = User { uid: 1000, gid: 50, home: "/home/ann".into() };
        let users = users(PASSWD);
        assert_eq!((users.get("ann"), users.get("1000")), (Some(&ann), Some(&ann)));
        assert_eq!(users.get("0").unwrap().home, "/toor");
        assert_eq!(users.len(), 5);
        let expected = [("staff", 50), ("50", 50)].map(|(name, gid)| (name.to_owned(), gid)).into();
        assert_eq!(groups("staff:x:50:ann,eve\n\nbad\n"), expected);
    }

    #[test]
    fn a_report_gives_the_facts() {
        let report = Report {
            pm2_version: "7.0.4".into(),
            node_version: "20.20.2".into(),
            node_path: "/bin/pm2".into(),
            argv: ["/bin/node", "/lib/pm2/lib/Daemon.js"].map(str::to_owned).into(),
            uid: 7,
            gid: 7,
            env: BTreeMap::new(),
            managed_apps: 0,
            started_at: 0,
        };
        let facts = DaemonFacts::from(report);
        let lib = facts.pm2_lib.as_deref().map(Utf8Path::as_str);
        assert_eq!((facts.node.as_str(), lib, facts.uid), ("/bin/node", Some("/lib/pm2/lib"), 7));
    }

    #[test]
    fn the_daemons_user_has_a_name() {
        let check = |uid: u32, env: &[(&str, &str)], expected: &str| {
            let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            assert_eq!(username(uid, PASSWD, &env), expected);
        };
        check(0, &[("USER", "eve")], "root");
        check(7, &[("LOGNAME", "log"), ("USER", "eve")], "eve");
        check(7, &[], "");
    }

    fn executable(folder: &TempDir, name: &str, contents: &[u8]) {
        let file = folder.child(name);
        file.write_binary(contents).unwrap();
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn programs_and_files_are_looked_at() {
        let folder = TempDir::new().unwrap();
        executable(&folder, "bin/tool", b"\x7FELF\0");
        executable(&folder, "late/tool", b"#!/bin/sh\n");
        folder.child("bin/plain").write_str("text").unwrap();
        folder.child("bin/folder/x.env").write_str("A=1").unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        let questions = Questions {
            programs: ["tool", "plain", "folder", "none"]
                .map(str::to_owned)
                .into_iter()
                .chain([root.join("late/tool").into_string()])
                .collect(),
            files: [root.join("bin"), root.join("bin/plain"), root.join("gone")].into(),
            env_files: [root.join("bin/folder/x.env"), root.join("gone.env")].into(),
        };
        let env = [("PATH".to_owned(), format!("relative::{root}/gone:{root}/bin:{root}/late"))].into();
        let facts =
            DaemonFacts { pm2_version: "7.0.4".into(), node: "/node".into(), pm2_lib: None, uid: 0, env };
        let machine = gather(&questions, Owner::new("me"), root.to_owned(), "/h".into(), facts);

        let found = |name: &str| machine.programs.get(name).cloned().unwrap();
        assert_eq!(found("tool"), Some(root.join("bin/tool")));
        assert_eq!(found(root.join("late/tool").as_str()), Some(root.join("late/tool")));
        assert_eq!((found("plain"), found("folder"), found("none")), (None, None, None));
        let kind = |path: &str| machine.files.get(&root.join(path)).copied();
        assert_eq!((kind("bin"), kind("bin/plain")), (Some(FileKind::Folder), Some(FileKind::Text)));
        assert_eq!((kind("gone"), kind("bin/tool")), (Some(FileKind::Missing), Some(FileKind::Binary)));
        assert_eq!(machine.env_files.get(&root.join("bin/folder/x.env")), Some(&Ok(Some("A=1".into()))));
        assert_eq!(machine.env_files.get(&root.join("gone.env")), Some(&Ok(None)));
        assert!(machine.is_root && machine.cpus >= 1);
    }
}
