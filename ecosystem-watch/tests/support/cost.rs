//! What a process costs the machine.

use super::process::Process;

/// What a process has used so far (proc(5)).
pub(crate) struct Cost {
    pub(crate) cpu_ms: u64,
    /// How often it was woken.
    pub(crate) switches: u64,
    pub(crate) resident_kb: u64,
    pub(crate) highest_kb: u64,
}

impl Cost {
    pub(crate) fn of(process: Process) -> Self {
        let folder = format!("/proc/{}", process.pid());
        let read = |file: &str| std::fs::read_to_string(format!("{folder}/{file}")).unwrap();
        let status = read("status");
        let tasks = std::fs::read_dir(format!("{folder}/task")).unwrap();
        let switches = tasks.map(|task| {
            let status = std::fs::read_to_string(task.unwrap().path().join("status")).unwrap_or_default();
            field(&status, "voluntary_ctxt_switches")
        });
        Self {
            cpu_ms: cpu_ms(&read("stat")),
            switches: switches.sum(),
            resident_kb: field(&status, "VmRSS"),
            highest_kb: field(&status, "VmHWM"),
        }
    }
}

/// Ticks are of 10 ms on every architecture that Linux has now.
fn cpu_ms(stat: &str) -> u64 {
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    let ticks = |index: usize| fields[index - 3].parse::<u64>().unwrap();
    (ticks(14) + ticks(15)) * 10
}

fn field(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.map_or(0, |value| value.split_whitespace().next().unwrap().parse().unwrap())
}
