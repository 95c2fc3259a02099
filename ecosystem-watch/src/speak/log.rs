//! Where lines go: one after the other to stdout, as text or as JSON.

use std::fmt::Debug;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use ecosystem_core::os::state::Timestamp;
use ecosystem_core::printable::{printable_json, printable_line};
use serde_json::{Map, Value as Json};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use super::line::mark;

/// What the log looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// `TIME MARK SENTENCE`, the time in seconds.
    Human,
    /// An object with `time` in milliseconds, `level`, `event`, `message`, and members that depend on the event.
    Json,
}

/// Writes everything that is said from now on to stdout; of details only with `verbose`.
pub(crate) fn listen(format: Format, verbose: bool) {
    let log = Log { format, clock: Timestamp::now, out: Mutex::new(std::io::stdout()) };
    // Only the first call can listen, and there is no other.
    let _ = tracing::subscriber::set_global_default(subscriber(log, verbose));
}

pub(super) fn subscriber<W: Write + Send + 'static>(
    log: Log<W>,
    verbose: bool,
) -> impl Subscriber + Send + Sync {
    let level = if verbose { LevelFilter::DEBUG } else { LevelFilter::INFO };
    tracing_subscriber::registry().with(level).with(log)
}

/// Writes events.
pub(super) struct Log<W> {
    pub(super) format: Format,
    pub(super) clock: fn() -> Timestamp,
    pub(super) out: Mutex<W>,
}

impl<S: Subscriber, W: Write + Send + 'static> Layer<S> for Log<W> {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut read = Read::of(event);
        let (time, level) = ((self.clock)(), *event.metadata().level());
        let text = match self.format {
            Format::Human => read.human(time, level),
            Format::Json => read.json(time, level),
        };
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        // A closed log is no reason to stop keeping processes as they should be.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
}

/// What an event carries: that of a [`Line`](super::line::Line), or of a call of `tracing` anywhere.
#[derive(Default)]
struct Read {
    mark: Option<String>,
    event: Option<String>,
    message: String,
    members: Map<String, Json>,
}

impl Read {
    fn of(event: &Event<'_>) -> Self {
        let mut read = Self::default();
        event.record(&mut read);
        read
    }

    /// Whatever is in names and reasons, it stays one line.
    fn human(&mut self, time: Timestamp, level: Level) -> String {
        let time = time.strftime("%Y-%m-%dT%H:%M:%SZ");
        let mark = self.mark.take().unwrap_or_else(|| mark(level).to_string());
        format!("{time} {mark} {}\n", printable_line(&self.message))
    }

    fn json(&mut self, time: Timestamp, level: Level) -> String {
        let time = time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        let event = self.event.take().unwrap_or_else(|| "note".to_owned());
        let first = [
            ("time", time),
            ("level", level.as_str().to_lowercase()),
            ("event", event),
            ("message", std::mem::take(&mut self.message)),
        ];
        let first = first.into_iter().map(|(name, value)| (name.to_owned(), Json::String(value)));
        let members = std::mem::take(&mut self.members);
        let object = first.chain(members).collect();
        format!("{}\n", printable_json(&Json::Object(object).to_string()))
    }

    fn member(&mut self, field: &Field, value: impl Into<Json>) {
        self.members.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Read {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "mark" => self.mark = Some(value.to_owned()),
            "event" => self.event = Some(value.to_owned()),
            _ => self.member(field, value),
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.member(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.member(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.member(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let text = format!("{value:?}");
        match (field.name(), serde_json::from_str(&text)) {
            ("message", _) => self.message = text,
            ("members", Ok(Json::Object(members))) => self.members.extend(members),
            _ => self.member(field, text),
        }
    }
}
