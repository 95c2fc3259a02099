//! What an app has of each key, beside what PM2 and the kernel have: for people who ask why.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::compare::{means_absent, shown_attribute};
use super::desired::DesiredApp;
use super::effects;
use super::secret::{MASK, looks_secret};
use crate::model::{DIGEST_VARIABLE, OWNER_VARIABLE, SOURCE_VARIABLE};
use crate::pm2::Attributes;
use crate::pm2::observed::Process;
use crate::pm2::verify::Kernel;

/// One value, as it may be shown: a mask stands for what is secret or comes from the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// What authors call it, and where [`Origins`](crate::model::Origins) has it: `max_restarts`, `env.PORT`.
    pub name: String,
    /// What PM2 is to be told.
    pub wanted: Option<String>,
    /// What PM2 has.
    pub pm2: Option<String>,
    /// What the process itself was started with: variables, and its working folder. That folder and a cluster worker's
    /// variables may be set by the program itself.
    pub process: Option<String>,
}

impl DesiredApp {
    /// Every value that the app is to have or has, keys first. Nothing where it cannot be resolved on this machine.
    #[must_use]
    pub fn effective(&self, process: Option<&Process>, kernel: Option<&Kernel>) -> Vec<Effective> {
        let Ok(wanted) = &self.attributes else { return Vec::new() };
        let mut seen = BTreeSet::new();
        // PM2 keeps some of them twice, as written and in full.
        let entries = effects::entries().iter().filter(|entry| seen.insert(entry.field));
        let keys = entries.map(|entry| self.key(entry, wanted, process, kernel));
        let names = wanted.declared_env_names().iter().filter(|name| !is_ours(name));
        let variables = names.map(|name| self.variable(name, wanted, process, kernel));
        let is_something = |it: &Effective| it.wanted.is_some() || it.pm2.is_some();
        keys.chain(variables).filter(is_something).collect()
    }

    fn key(
        &self,
        entry: &effects::Entry,
        wanted: &Attributes,
        process: Option<&Process>,
        kernel: Option<&Kernel>,
    ) -> Effective {
        let hidden = [entry.field, entry.attribute].iter().any(|name| self.hidden.contains(*name));
        let shown = |value: Json| if hidden { MASK.to_owned() } else { shown_attribute(&value) };
        let present = |value: Option<Json>| value.filter(|value| !means_absent(entry, value)).map(shown);
        let pm_id = process.map_or(0, |process| process.pm_id);
        let cwd = kernel.and_then(|kernel| kernel.cwd.as_ref()).filter(|_| entry.field == "cwd");
        Effective {
            name: entry.field.to_owned(),
            wanted: present(wanted.for_instance(pm_id, entry.attribute)),
            pm2: present(process.and_then(|process| process.attribute(entry.attribute)).cloned()),
            process: cwd.map(|cwd| shown(Json::from(cwd.as_str()))),
        }
    }

    fn variable(
        &self,
        name: &str,
        wanted: &Attributes,
        process: Option<&Process>,
        kernel: Option<&Kernel>,
    ) -> Effective {
        let values = [
            wanted.variable(name),
            process.and_then(|process| process.variable(name)),
            kernel.and_then(|kernel| kernel.environ.as_ref()?.get(name).cloned()),
        ];
        let written = self.written_env.contains(name) && !self.hidden.contains(&format!("env.{name}"));
        let open = written && !values.iter().flatten().any(|value| looks_secret(name, value));
        let [wanted, pm2, process] =
            values.map(|value| value.map(|value| if open { format!("{value:?}") } else { MASK.to_owned() }));
        Effective { name: format!("env.{name}"), wanted, pm2, process }
    }
}

fn is_ours(name: &str) -> bool {
    [OWNER_VARIABLE, SOURCE_VARIABLE, DIGEST_VARIABLE].contains(&name)
}
