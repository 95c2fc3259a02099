//! How to ask an app whether it is well.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What an app says of its own health: one probe for each time of its life.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Probes {
    /// `:startup_probe`: asked first after a start; until it has passed, nothing else is asked.
    pub startup: Option<Probe>,
    /// `:readiness_probe`: an app is healthy after a start or a change when it has passed.
    pub readiness: Option<Probe>,
    /// `:liveness_probe`: asked for as long as the app runs; who fails it is restarted.
    pub liveness: Option<Probe>,
}

impl Probes {
    /// Those that an app must pass after a start, in the order in which they are asked.
    pub fn after_a_start(&self) -> impl Iterator<Item = &Probe> {
        self.startup.iter().chain(&self.readiness)
    }
}

/// One question, and how often and how long it is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// What is asked.
    pub way: Way,
    /// How long one question may wait for its answer. That nobody listens yet is no answer.
    pub timeout: Duration,
    /// The pause between two questions.
    pub interval: Duration,
    /// The pause before the first one.
    pub initial_delay: Duration,
    /// How many questions after the first may fail before the app is taken for ill.
    pub retries: u32,
}

impl Probe {
    /// A probe that asks this way, with the usual timing.
    #[must_use]
    pub fn new(way: Way) -> Self {
        Self { way, timeout: TIMEOUT, interval: INTERVAL, initial_delay: Duration::ZERO, retries: RETRIES }
    }

    /// The longest that it takes to be sure that an app is ill.
    #[must_use]
    pub fn longest(&self) -> Duration {
        let rounds = self.timeout.saturating_add(self.interval).saturating_mul(self.retries);
        self.initial_delay.saturating_add(self.timeout).saturating_add(rounds)
    }
}

/// What a probe asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    /// A `GET` of this address (`http`); a status of 200 to 399 is well, and nothing is followed. Source of the range:
    /// the probes of Kubernetes, which authors know.
    HttpGet {
        /// The address.
        url: String,
    },
    /// A connection to this port is accepted.
    Tcp {
        /// A name or an address.
        host: String,
        /// The port.
        port: u16,
    },
    /// A command that ends with exit code 0, in the app's folder and environment.
    Exec(CommandLine),
    /// A line that the app has written since its start contains this text.
    Log {
        /// The text.
        contains: String,
    },
}

/// A command of a probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CommandLine {
    /// Given to `/bin/sh -c`.
    Shell(String),
    /// A program and its arguments, as they are; never empty.
    Words(Vec<String>),
}

/// How long a question waits where the author does not say.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The pause between two questions where the author does not say.
const INTERVAL: Duration = Duration::from_secs(1);

/// How many questions more than one may fail where the author does not say.
const RETRIES: u32 = 3;
