//! How hard-pressed the machine is, by the kernel's own measure: pressure stall information.
//!
//! Source: `Documentation/accounting/psi.rst` of Linux. `some avg10` is the share of the last ten seconds in which at
//! least one task waited for the resource. The kernel works it out anew every two seconds.

use std::fmt;
use std::str::FromStr;

/// The share of the last ten seconds, in percent, in which somebody had to wait; `None` where the kernel does not say.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Pressure {
    /// For a processor.
    pub cpu: Option<f64>,
    /// For memory to be freed or read back.
    pub memory: Option<f64>,
    /// For a disk.
    pub io: Option<f64>,
}

impl Pressure {
    /// As it is now; nothing of it where the kernel has no such measure, or shows it to others only.
    #[must_use]
    pub fn read() -> Self {
        let read =
            |resource: &str| some_avg10(&std::fs::read_to_string(format!("/proc/pressure/{resource}")).ok()?);
        Self { cpu: read("cpu"), memory: read("memory"), io: read("io") }
    }
}

/// The number behind `avg10=` in the line that begins with `some`.
fn some_avg10(text: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix("some "))?;
    let value = line.split(' ').find_map(|field| field.strip_prefix("avg10="))?;
    value.parse::<f64>().ok().filter(|percent| percent.is_finite())
}

/// From what pressure on starts are held back: a percentage, or never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(Option<u8>);

/// Above this, whoever is started takes the time of somebody who waits already. What is well below it is a machine
/// that is used: starting programs makes pressure by itself.
const USUAL: u8 = 90;

/// Waiting for a processor or a disk is slow, waiting for memory is thrashing, and the next step is that the kernel
/// kills somebody: a tenth of it is as much.
const MEMORY: f64 = 0.1;

impl Default for Limit {
    fn default() -> Self {
        Self(Some(USUAL))
    }
}

impl Limit {
    /// No pressure holds anything back.
    pub const OFF: Self = Self(None);

    /// What is pressed for more than it may be; the first of them, memory before all.
    #[must_use]
    pub fn exceeded(self, pressure: &Pressure) -> Option<Pressed> {
        let limit = f64::from(self.0?);
        let all = [
            ("memory", pressure.memory, limit * MEMORY),
            ("cpu", pressure.cpu, limit),
            ("io", pressure.io, limit),
        ];
        all.into_iter().find_map(|(resource, percent, limit)| {
            let percent = percent.filter(|percent| *percent > limit)?;
            Some(Pressed { resource, percent, limit })
        })
    }
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<u8>() {
            _ if text == "off" => Ok(Self::OFF),
            Ok(percent @ 1..=100) => Ok(Self(Some(percent))),
            _ => Err("expected a percentage from 1 to 100, or off".to_owned()),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(percent) => write!(f, "{percent}"),
            None => f.write_str("off"),
        }
    }
}

/// A resource that is pressed for more than it may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pressed {
    resource: &'static str,
    percent: f64,
    limit: f64,
}

impl fmt::Display for Pressed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { resource, percent, limit } = self;
        write!(f, "{resource} pressure {percent:.0} % of the time, more than {limit:.0} %")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failing test panics, and says so best where it happens")]

    use super::*;

    #[test]
    fn what_the_kernel_says() {
        let text = "some avg10=6.72 avg60=34.17 avg300=48.45 total=15587334021\nfull avg10=9.00 avg60=0.00 avg300=0.00 total=0\n";
        assert_eq!(some_avg10(text), Some(6.72));
        for text in ["", "full avg10=9.00", "some avg60=1.0", "some avg10=x", "some avg10=NaN", "some"] {
            assert_eq!(some_avg10(text), None, "{text:?}");
        }
    }

    /// The real one: where the kernel has it, it can be read, and is a share.
    #[test]
    fn what_this_kernel_says() {
        let Pressure { cpu, memory, io } = Pressure::read();
        for (resource, percent) in [("cpu", cpu), ("memory", memory), ("io", io)] {
            let shown = std::fs::read_to_string(format!("/proc/pressure/{resource}"));
            assert_eq!(percent.is_some(), shown.is_ok(), "{resource}: {shown:?}");
            assert!(
                percent.is_none_or(|percent| (0.0..=100.0).contains(&percent)),
                "{resource}: {percent:?}"
            );
        }
    }

    #[test]
    fn limits() {
        let check = |limit: &str, (cpu, memory, io): (f64, f64, f64), expected: Option<&str>| {
            let pressure = Pressure { cpu: Some(cpu), memory: Some(memory), io: Some(io) };
            let exceeded = limit.parse::<Limit>().unwrap().exceeded(&pressure).map(|it| it.to_string());
            assert_eq!(exceeded.as_deref(), expected, "{limit} {pressure:?}");
        };
        check("90", (90.0, 9.0, 90.0), None);
        check("90", (95.4, 0.0, 0.0), Some("cpu pressure 95 % of the time, more than 90 %"));
        check("90", (95.4, 12.0, 0.0), Some("memory pressure 12 % of the time, more than 9 %"));
        check("50", (0.0, 0.0, 51.0), Some("io pressure 51 % of the time, more than 50 %"));
        check("off", (100.0, 100.0, 100.0), None);
        assert_eq!(Limit::default().exceeded(&Pressure::default()), None, "a kernel that does not say");
        for text in ["0", "101", "-1", "", "on", "90%"] {
            assert!(text.parse::<Limit>().is_err(), "{text:?}");
        }
        assert_eq!([Limit::default().to_string(), Limit::OFF.to_string()], ["90", "off"]);
    }
}
