//! Declarative EDN for PM2: parse, validate, render, and plan how PM2's running set becomes equal to it.
//!
//! The input is a tree of `ecosystem.edn` files, as bytes, and the list of processes that PM2 keeps, as JSON. What
//! lies between them is values and functions; nothing here reads a file, asks the clock or starts a process. The
//! modules below stand in the order of the way that data takes:
//!
//! 1. [`edn`] reads text to nodes, strictly, with a place for every key and value. What is wrong becomes a
//!    [`Diagnostic`] that points there, and reading goes on: all problems are said at once.
//!    [`expand`] is its next step: what one daemon is put together from, each node still telling where it was written.
//! 2. [`model`] is what a tree says once it is valid: an [`Ecosystem`] of daemons and their apps. Its
//!    [`schema`](model::schema) is PM2's schema as a table, which everything else goes by.
//! 3. [`validate`] turns nodes into the model. [`compile`] is the first two steps in one call, over all sources; a
//!    daemon with an error stands apart as [`broken`](Ecosystem::broken) and hampers no other.
//! 4. [`render`] writes a daemon as the config file that PM2 loads. The same daemon gives the same bytes on every
//!    machine, but for the time in the header.
//! 5. [`pm2`] is what is known of PM2 without talking to it: how its process list reads ([`Observed`]), and the very
//!    object that it would make of an app ([`pm2::resolve`]). What that needs to know of the machine is asked for as
//!    data ([`pm2::questions`]) and answered as data ([`Machine`]).
//! 6. [`plan`] compares field by field. Out come steps with their reasons ([`Plan`]), which leave whoever takes them
//!    no choice; a plan made after them is empty. What is left alone stands beside them as
//!    [`Hold`](plan::Hold)s. What was applied before comes in as an [`Inventory`](plan::Inventory), and what the
//!    caller allows, wants and has seen as a [`Policy`].
//! 7. [`converge`] is one whole pass over the trait [`Host`](converge::Host), behind which the world lies.
//! 8. [`review`](mod@review) tells what a change of a tree will do, by planning one side of it over the other, and
//!    [`snapshot`](mod@snapshot) keeps generated configs in a form that is made to be reviewed.
//! 9. [`scaffold`] stands beside the way: the texts that a tree or a daemon begins with. [`format`](mod@format) brings
//!    such texts, whoever wrote them, into one layout. [`explain`] tells what each diagnostic means, [`json_schema`]
//!    what may stand in a source, as a JSON Schema, and [`graph`] draws what depends on what. [`import`] writes sources
//!    for those who come from elsewhere: from what PM2 runs, or from a config of PM2's.
//! 10. `os`, with the feature of that name, is the world as such a host: disk, locks, PM2's sockets, `/proc`. It also
//!     has what a watcher needs besides: PM2's events and its dump, a way to tell a pass at work to hurry or to end,
//!     and the state that is left for others to read. It is the only module with effects, and without the feature it
//!     is not even compiled.
//!
//! Text to a file that PM2 loads:
//!
//! ```
//! use ecosystem_core::render::{GeneratedBy, Layout, config_path, render};
//! use ecosystem_core::{Source, compile};
//!
//! let text = r#"{:apps [{:name "web" :script "server.mjs" :kill-timeout 5000}]}"#;
//! let checked = compile(&[Source::new("services/web/ecosystem.edn", text)]);
//! assert!(checked.diagnostics.is_empty());
//!
//! // Time and place come in as values: there is no clock here, and no disk.
//! let by = GeneratedBy {
//!     version: "0.1.0".to_owned(),
//!     time: "2026-01-02T03:04:05Z".to_owned(),
//!     layout: Layout { root_to_base: "../..".to_owned(), owner: None },
//! };
//! let daemon = checked.output.daemons.values().next().ok_or("no daemon")?;
//! assert_eq!(config_path(&daemon.id), "services/web/dist/ecosystem.config.mjs");
//! assert!(render(daemon, &by).contains("kill_timeout: 5000"));
//! # Ok::<(), &str>(())
//! ```
//!
//! And a mistake, with what to do about it:
//!
//! ```
//! use ecosystem_core::{Source, compile};
//!
//! let text = r#"{:apps [{:name "web" :script "server.mjs" :max-restrts 5}]}"#;
//! let checked = compile(&[Source::new("services/web/ecosystem.edn", text)]);
//! let problem = checked.diagnostics.first().ok_or("no problem")?;
//! assert_eq!(problem.code, "E0207");
//! assert_eq!(problem.hint.as_deref(), Some("did you mean `:max_restarts`?"));
//! # Ok::<(), &str>(())
//! ```

pub mod diagnostic;
pub mod printable;
pub mod workers;

pub mod edn;
pub mod expand;
pub mod model;
pub mod validate;

pub mod render;

pub mod cron;
pub mod env_file;
pub mod pm2;

pub mod history;
pub mod plan;

pub mod converge;

pub mod review;
pub mod snapshot;

pub mod explain;
pub mod format;
pub mod graph;
pub mod json_schema;
pub mod scaffold;

pub mod import;

#[cfg(feature = "os")]
#[allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "the one place with effects")]
pub mod os;

#[cfg(test)]
mod tests;

pub use diagnostic::{Checked, Diagnostic, Source};
pub use model::Ecosystem;
pub use plan::{Desired, Plan, Policy};
pub use pm2::Machine;
pub use pm2::observed::Observed;
pub use validate::compile;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
