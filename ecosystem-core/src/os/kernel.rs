//! What the kernel says of a process.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;

use camino::Utf8PathBuf;

use crate::pm2::observed::Listening;
use crate::pm2::verify::Kernel;

/// Looks at a process; `None` where it is gone.
///
/// What may not be seen of another user's process is left empty, never taken for a difference.
#[must_use]
pub fn look(pid: u32) -> Option<Kernel> {
    if !is_alive(pid) {
        return None;
    }
    let folder = Utf8PathBuf::from(format!("/proc/{pid}"));
    let environ = fs::read(folder.join("environ"))
        .ok()
        .filter(|bytes| !bytes.is_empty())
        .map(|bytes| variables(&bytes));
    let cwd = fs::read_link(folder.join("cwd")).ok().and_then(|path| Utf8PathBuf::from_path_buf(path).ok());
    let command = fs::read(folder.join("cmdline")).unwrap_or_default();
    Some(Kernel { environ, cwd, command: split(&command).collect() })
}

/// When a process was started, in the kernel's ticks since the boot: with the pid it names one process, for good. `None`
/// where it is gone.
#[must_use]
pub fn started(pid: u32) -> Option<u64> {
    // The 22nd field of the line, whose third follows the command (proc(5)).
    fields(pid)?.split_whitespace().nth(22 - 3)?.parse().ok()
}

/// Whether a process has this very file open.
#[must_use]
pub fn has_open(pid: u32, file: &Metadata) -> bool {
    let is_it = |found: Metadata| (found.dev(), found.ino()) == (file.dev(), file.ino());
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    entries.filter_map(|entry| fs::metadata(entry.path()).ok()).any(is_it)
}

/// What the kernel says of a process in one line, behind the command, which is in parentheses and may hold anything.
fn fields(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')').map(|(_, rest)| rest.to_owned())
}

/// Whether there is such a process, and not only what is left of one until its parent asks.
#[must_use]
pub fn is_alive(pid: u32) -> bool {
    let state = fields(pid).and_then(|rest| rest.trim_start().chars().next());
    !matches!(state, None | Some('Z' | 'X'))
}

/// The pids of this program and of its ancestors, as far as they can be seen.
///
/// PM2 finds what to end with a process in the same way, by parents (`lib/TreeKill.js`); a program whose parent has
/// ended belongs to nobody's tree any more.
#[must_use]
pub fn own_pids() -> BTreeSet<u32> {
    let mut pids = BTreeSet::new();
    let mut next = Some(std::process::id());
    while let Some(pid) = next.filter(|pid| *pid > 1 && pids.insert(*pid)) {
        next = parent(pid);
    }
    pids
}

/// The parent of a process; `None` where it is gone.
#[must_use]
pub fn parent(pid: u32) -> Option<u32> {
    fields(pid)?.split_whitespace().nth(1)?.parse().ok()
}

/// Every process with its parent.
#[must_use]
pub fn processes() -> BTreeMap<u32, u32> {
    let names = fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.file_name());
    let pids = names.filter_map(|name| name.to_str()?.parse().ok());
    pids.filter_map(|pid| Some((pid, parent(pid)?))).collect()
}

/// The TCP ports on which each of these processes listens, with everything that it has started; what may not be looked at
/// is left out.
///
/// Source: `proc(5)`. A listening socket has the state `0A` in `/proc/net/tcp` and `tcp6` of the process's own network, and
/// whoever holds it has a file descriptor that is a link to its inode.
#[must_use]
pub fn listening(pids: &BTreeSet<u32>) -> Listening {
    let parents = if pids.is_empty() { BTreeMap::new() } else { processes() };
    let ports = |pid: &u32| tree(*pid, &parents).iter().flat_map(|pid| ports(*pid)).collect();
    pids.iter().map(|pid| (*pid, ports(pid))).collect()
}

fn ports(pid: u32) -> Vec<u16> {
    let folder = format!("/proc/{pid}");
    let links = fs::read_dir(format!("{folder}/fd")).into_iter().flatten().flatten();
    let links = links.filter_map(|entry| fs::read_link(entry.path()).ok()?.to_str().map(str::to_owned));
    let inode = |link: String| Some(link.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned());
    let held: BTreeSet<String> = links.filter_map(inode).collect();
    if held.is_empty() {
        return Vec::new();
    }
    let tables =
        ["tcp", "tcp6"].map(|table| fs::read_to_string(format!("{folder}/net/{table}")).unwrap_or_default());
    let sockets = tables.iter().flat_map(|table| table.lines().skip(1)).filter_map(listener);
    sockets.filter(|(inode, _)| held.contains(*inode)).map(|(_, port)| port).collect()
}

/// The inode and the port of a line of `/proc/net/tcp` that is about a listening socket.
fn listener(line: &str) -> Option<(&str, u16)> {
    let mut words = line.split_whitespace().skip(1);
    let (_, port) = words.next()?.rsplit_once(':')?;
    let is_listening = words.nth(1)? == LISTEN;
    let inode = words.nth(5)?;
    is_listening.then_some((inode, u16::from_str_radix(port, 16).ok()?))
}

const LISTEN: &str = "0A";

/// A process and everything that it has started, directly or not, and that has not lost its parent since.
#[must_use]
pub fn tree(root: u32, parents: &BTreeMap<u32, u32>) -> BTreeSet<u32> {
    let mut tree = BTreeSet::from([root]);
    loop {
        let children = parents.iter().filter(|(_, parent)| tree.contains(parent)).map(|(pid, _)| *pid);
        let children: Vec<u32> = children.filter(|pid| !tree.contains(pid)).collect();
        if children.is_empty() {
            return tree;
        }
        tree.extend(children);
    }
}

fn variables(bytes: &[u8]) -> BTreeMap<String, String> {
    split(bytes)
        .filter_map(|line| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())))
        .collect()
}

fn split(bytes: &[u8]) -> impl Iterator<Item = String> + '_ {
    let text = bytes.strip_suffix(&[0]).unwrap_or(bytes);
    text.split(|byte| *byte == 0).map(|part| String::from_utf8_lossy(part).into_owned())
}
