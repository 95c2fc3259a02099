//! The machine that figures are of.

use std::fs;
use std::process::Command;

/// Processor, cores, memory, kernel and node in one line.
pub(crate) fn line() -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = field(&cpus, "model name").unwrap_or("unknown processor");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory = field(&memory, "MemTotal").and_then(|it| it.split(' ').next()?.parse::<u64>().ok());
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!(
        "{model}, {cores} cores, {} GB; Linux {}, node {}; load {} at the beginning",
        memory.unwrap_or_default() / 1_000_000,
        kernel.trim(),
        node(),
        load.split(' ').next().unwrap_or_default()
    )
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim())
}

fn node() -> String {
    let said = Command::new("node").arg("--version").output();
    said.map_or_else(|_| "none".to_owned(), |said| String::from_utf8_lossy(&said.stdout).trim().to_owned())
}
