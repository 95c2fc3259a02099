//! What stands for all that a step gives to PM2, secrets among it, without telling any of it.

use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use crate::model::{CommandLine, Probe, Way, hex};
use crate::plan::{Action, Scaling, Step, Swap, Update};
use crate::pm2::Attributes;

/// The fingerprint of everything that a step does to PM2, and asks of the app.
///
/// One over everything, and not one for each variable: who wants to try guesses of a short secret must know all the rest.
pub(super) fn of_step(step: &Step) -> String {
    // Exhaustive on purpose: a new member must be decided on here. The others stand in the agreed step as they are.
    // What becomes of the app if it fails is found in its history when the step is taken.
    let Step { app: _, daemon: _, action, reasons: _, probes, after: _, fallback: _ } = step;
    short(&json!([action.verb(), of_action(action), of_probes(probes)]))
}

/// The fingerprint of what an app is to be, whatever PM2 has of it.
pub(super) fn of_app_to_be(app: &Attributes) -> String {
    short(&of_app(app))
}

/// The fingerprint of what an app must pass.
pub(super) fn of_all_probes(probes: &[Probe]) -> String {
    short(&json!(of_probes(probes)))
}

fn short(all: &Json) -> String {
    hex(&Sha256::digest(all.to_string().as_bytes())[..BYTES])
}

/// 64 bits: what differs by accident differs here. Nobody is kept out by it who can write the tree.
const BYTES: usize = 8;

fn of_action(action: &Action) -> Json {
    match action {
        Action::Adopt(ids) | Action::Delete(ids) => json!([ids]),
        Action::Ask(ids, app) | Action::Replace(ids, app) => json!([ids, of_app(app)]),
        Action::Start(app) => json!([of_app(app)]),
        Action::ReplaceAfter(Swap { scaling, new, app }) => json!([of_scaling(scaling), new, of_app(app)]),
        Action::Scale(scaling) => of_scaling(scaling),
        Action::Reload(updates, scaling) | Action::Restart(updates, scaling) => {
            json!([updates.iter().map(of_update).collect::<Vec<_>>(), of_scaling(scaling)])
        }
    }
}

fn of_scaling(Scaling { remove, add }: &Scaling) -> Json {
    json!([remove, add.as_ref().map(of_app)])
}

fn of_update(Update { pm_id, conf, unwatch, app }: &Update) -> Json {
    json!([pm_id, conf, unwatch, of_app(app)])
}

fn of_app(app: &Attributes) -> Json {
    json!([app.as_map(), app.declared_env_names(), app.instances()])
}

fn of_probes(probes: &[Probe]) -> Vec<Json> {
    probes.iter().map(of_probe).collect()
}

fn of_probe(Probe { way, timeout, interval, initial_delay, retries }: &Probe) -> Json {
    let way = match way {
        Way::HttpGet { url } => json!(["http", url]),
        Way::Tcp { host, port } => json!(["tcp", host, port]),
        Way::Exec(CommandLine::Shell(line)) => json!(["shell", line]),
        Way::Exec(CommandLine::Words(words)) => json!(["words", words]),
        Way::Log { contains } => json!(["log", contains]),
    };
    json!([way, timeout, interval, initial_delay, retries])
}
