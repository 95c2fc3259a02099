//! What can be seen of an app: by the kernel where it shows it, else by what the process says of itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::subject::Subject;
use crate::support::process::Process;
use crate::support::wait::{LONG, wait_until};

impl Subject<'_> {
    /// Variables of each of its processes.
    pub(crate) fn variables(&self, names: &[&str]) -> String {
        self.each(|process| {
            let environ = self.environ(process);
            let one = |name: &&str| match environ.get(*name) {
                Some(value) => format!("{name}={value:?}"),
                None => format!("no {name}"),
            };
            names.iter().map(one).collect::<Vec<_>>().join(" ")
        })
    }

    /// A process's environment. A worker of a cluster makes its own from what it is told by PM2, where the kernel cannot
    /// see it.
    pub(crate) fn environ(&self, process: Process) -> BTreeMap<String, String> {
        if self.world.record(self.app)["exec_mode"] != "cluster_mode" {
            return process.environ();
        }
        let Json::Object(env) = self.about(process)["env"].take() else { panic!("{}: no env", self.app) };
        env.into_iter().map(|(name, value)| (name, value.as_str().unwrap().to_owned())).collect()
    }

    /// What each process says of itself.
    pub(crate) fn says(&self, what: &str) -> String {
        self.each(|process| self.about(process)[what].to_string())
    }

    fn about(&self, process: Process) -> Json {
        let file = self.world.base().join(format!("seen/{}.json", process.pid()));
        wait_until(&format!("{} tells of itself", self.app), LONG, || file.exists());
        serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
    }

    /// The command line, as the kernel has it.
    pub(crate) fn command_line(&self) -> String {
        self.each(|process| {
            // Node writes its title over it, a little after its start.
            let is_titled =
                |line: &[String]| line.len() == 1 || line.iter().all(|it| !it.contains("ProcessContainer"));
            wait_until("the command line is the program's", LONG, || {
                let line = process.cmdline();
                !line.is_empty() && is_titled(&line)
            });
            let line = process.cmdline().join(" ");
            // Where a program lies is the machine's affair.
            let program = line.split(' ').next().unwrap();
            line.replacen(program, program.rsplit('/').next().unwrap(), 1).trim_end().to_owned()
        })
    }

    /// The working folder, as the kernel has it.
    pub(crate) fn working_folder(&self) -> String {
        self.each(|process| process.cwd().unwrap().to_str().unwrap().to_owned())
    }

    /// Real user and group, as the kernel has them.
    pub(crate) fn account(&self) -> String {
        self.each(|process| {
            let status = std::fs::read_to_string(format!("/proc/{}/status", process.pid())).unwrap();
            let id = |key: &str| {
                let line = status.lines().find(|line| line.starts_with(key)).unwrap();
                line.split_whitespace().nth(1).unwrap().to_owned()
            };
            format!("uid {} gid {}", id("Uid:"), id("Gid:"))
        })
    }

    /// A member of PM2's record: for what no process ever sees.
    pub(crate) fn record(&self, member: &str) -> String {
        self.world.record(self.app).get(member).unwrap_or(&Json::Null).to_string()
    }

    /// The apps whose names begin so.
    pub(crate) fn names_like(&self, start: &str) -> String {
        let names = self.world.pids().into_keys().filter(|name| name.starts_with(start));
        names.collect::<Vec<_>>().join(" ")
    }

    /// How many processes there are.
    pub(crate) fn count(&self) -> String {
        self.processes().len().to_string()
    }

    /// How many processes it has, seen against the machine's cores: the same on every machine with more than one.
    pub(crate) fn count_by_cores(&self) -> String {
        let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap();
        let cores = cpus.lines().filter(|line| line.starts_with("processor")).count();
        match self.processes().len() {
            count if count == cores => "as many as cores".to_owned(),
            count => count.to_string(),
        }
    }

    /// The files that hold what its processes said, each with the shape of that line.
    pub(crate) fn logs(&self) -> String {
        let pids: Vec<i32> = self.processes().iter().map(|process| process.pid()).collect();
        self.settled(|| {
            let lines = self.files().into_iter().flat_map(|file| {
                let text = std::fs::read_to_string(&file).unwrap_or_default();
                let shapes: Vec<String> = text.lines().filter_map(|line| shape(line, &pids)).collect();
                let place = self.place(&file);
                shapes.into_iter().map(move |shape| format!("{place}: {shape}"))
            });
            in_order(lines)
        })
    }

    /// The pid files of its processes, and what older ones have left behind: files named for the app that hold a number.
    pub(crate) fn pid_files(&self) -> String {
        let pids: Vec<String> = self.processes().iter().map(|process| process.pid().to_string()).collect();
        self.settled(|| {
            let ours = |file: &PathBuf| file.file_name().unwrap().to_str().unwrap().starts_with(self.app);
            let lines = self.files().into_iter().filter(ours).filter_map(|file| {
                let text = std::fs::read_to_string(&file).unwrap_or_default();
                let whose = if pids.contains(&text) { "its own" } else { "of a process that is gone" };
                text.parse::<u32>().is_ok().then(|| format!("{}: {whose}", self.place(&file)))
            });
            in_order(lines)
        })
    }

    /// The same for every process, one after the other.
    fn each(&self, look: impl Fn(Process) -> String) -> String {
        let all: Vec<String> = self.processes().into_iter().map(look).collect();
        self.without_places(&all.join(" | "))
    }

    /// Files below base and home, but for what the test itself puts there.
    fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        collect(&self.world.base(), &mut files);
        for folder in ["logs", "pids"] {
            collect(&self.world.pm2.path().as_std_path().join(folder), &mut files);
        }
        files
    }

    /// A file's path without what differs from run to run: PM2's id in its name, too.
    fn place(&self, file: &Path) -> String {
        let path = self.without_places(file.to_str().unwrap());
        let Some((stem, extension)) = path.rsplit_once('.') else { return path };
        match stem.rsplit_once('-') {
            Some((stem, id)) if id.parse::<u32>().is_ok() => format!("{stem}-N.{extension}"),
            _ => path,
        }
    }

    /// What is seen once it has not changed for a while: output passes through PM2, and nothing tells that none is left.
    fn settled(&self, look: impl Fn() -> String) -> String {
        let (mut seen, mut since) = (look(), Instant::now());
        let began = Instant::now();
        while since.elapsed() < CALM && began.elapsed() < LONG {
            std::thread::sleep(Duration::from_millis(100));
            let now = look();
            if now != seen {
                (seen, since) = (now, Instant::now());
            }
        }
        seen
    }
}

const CALM: Duration = Duration::from_millis(1500);

/// Each line once, in an order that does not depend on where things are.
fn in_order(lines: impl Iterator<Item = String>) -> String {
    lines.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join("\n")
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.map(Result::unwrap) {
        let own = ["daemons", "seen"].contains(&entry.file_name().to_str().unwrap());
        match entry.file_type().unwrap() {
            kind if kind.is_dir() && !own => collect(&entry.path(), files),
            kind if kind.is_file() => files.push(entry.path()),
            _ => {}
        }
    }
}

/// The shape of a line that one of these processes said: digits do not count.
fn shape(line: &str, pids: &[i32]) -> Option<String> {
    let (_, said) = line.split_once(" of ")?;
    let digits: String = said.chars().take_while(char::is_ascii_digit).collect();
    pids.iter().any(|pid| digits == pid.to_string()).then(|| {
        let mut shape = String::new();
        for c in line.chars() {
            match c {
                c if !c.is_ascii_digit() => shape.push(c),
                _ if shape.ends_with('#') => {}
                _ => shape.push('#'),
            }
        }
        shape
    })
}
