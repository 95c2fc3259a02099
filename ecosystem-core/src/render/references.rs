//! References as JavaScript: what [`App::settled`](crate::model::App::settled) does, for the file to do when it is loaded.
//!
//! `templates/references.mjs` holds the functions that are called here; a test on the real node holds both to one result.

use super::javascript::{self, Code};
use crate::model::schema::{Key, Kind};
use crate::model::{App, Early, EnvValue, Late, Reference};

/// The names of one app's lookups in the file.
pub(super) struct Lookups {
    /// Looks into the environment alone.
    pub(super) early: Code,
    /// Looks into the env files first.
    pub(super) late: Code,
    /// What the env files set, if there are any.
    pub(super) files: Code,
}

impl Lookups {
    /// Those of the app of this number in its daemon.
    pub(super) fn of(index: usize) -> Self {
        Self {
            early: javascript::numbered("early", index),
            late: javascript::numbered("late", index),
            files: javascript::numbered("files", index),
        }
    }

    /// `:script`.
    pub(super) fn script(&self, reference: &Reference) -> Code {
        let value = Expression { lookup: &self.early, key: ":script" };
        let given = value.given(reference);
        value.fit("text", &reference.variables(), given, Vec::new())
    }

    /// A key of PM2's schema.
    pub(super) fn setting(&self, key: Key, late: &Late) -> Code {
        let lookup = if Early::has(key.name()) { &self.early } else { &self.late };
        let name = format!(":{}", key.name());
        let value = Expression { lookup, key: &name };
        let code = value.late(late);
        value.of_kind(key.kind(), &late.variables(), code)
    }

    /// A variable of `:env` or of a block.
    pub(super) fn variable(&self, block: &str, name: &str, reference: &Reference) -> Code {
        Expression { lookup: &self.late, key: &format!("{block}.{name}") }.given(reference)
    }
}

/// Whether a file needs the lookups for an app.
pub(super) fn has_any(app: &App) -> bool {
    !app.references.is_empty()
}

/// Whether its folder is one of them.
pub(super) fn has_folder(app: &App) -> bool {
    app.references.settings.keys().any(|key| key.name() == "cwd")
}

/// What is written for one key.
struct Expression<'a> {
    lookup: &'a Code,
    /// What messages call it.
    key: &'a str,
}

impl Expression<'_> {
    fn call(&self, function: &'static str, arguments: &[Code]) -> Code {
        javascript::method(self.lookup, function, arguments)
    }

    fn late(&self, late: &Late) -> Code {
        match late {
            Late::Known(json) => javascript::value(json, 0),
            Late::Reference(reference) => self.given(reference),
            Late::List(items) => {
                javascript::array(&items.iter().map(|item| self.late(item)).collect::<Vec<_>>())
            }
            Late::Map(members) => {
                let members = members.iter().map(|(name, value)| (name.as_str(), self.late(value)));
                javascript::object(members, 2)
            }
        }
    }

    /// A reference that must have a value.
    fn given(&self, reference: &Reference) -> Code {
        match reference {
            // These have one, or have thrown.
            Reference::Known(_)
            | Reference::Join(_)
            | Reference::Long(_)
            | Reference::Double(_)
            | Reference::Boolean(_)
            | Reference::Json(_) => self.value(reference),
            Reference::Variable(_) | Reference::Filled(..) | Reference::Or(_) => {
                let value = self.value(reference);
                self.call("given", &[self.key(), names(&reference.variables()), value])
            }
        }
    }

    fn value(&self, reference: &Reference) -> Code {
        match reference {
            Reference::Known(value) => known(value),
            Reference::Variable(name) => self.call("variable", &[javascript::string(name)]),
            Reference::Filled(name, other) => {
                javascript::either(&self.call("variable", &[javascript::string(name)]), &self.value(other))
            }
            Reference::Or(choices) => {
                let choices: Vec<_> = choices.iter().map(|it| javascript::lazy(&self.value(it))).collect();
                self.call("or", &choices)
            }
            Reference::Join(parts) => {
                self.call("join", &parts.iter().map(|part| self.given(part)).collect::<Vec<_>>())
            }
            Reference::Long(one) => self.fit("long", &one.variables(), self.given(one), Vec::new()),
            Reference::Double(one) => self.fit("double", &one.variables(), self.given(one), Vec::new()),
            Reference::Boolean(one) => self.call("boolean", &[self.value(one)]),
            Reference::Json(one) => javascript::call("JSON.stringify", &[self.given(one)]),
        }
    }

    fn key(&self) -> Code {
        javascript::string(self.key)
    }

    fn fit(&self, function: &'static str, variables: &[&str], value: Code, more: Vec<Code>) -> Code {
        let arguments: Vec<Code> = [self.key(), names(variables), value].into_iter().chain(more).collect();
        self.call(function, &arguments)
    }

    fn of_kind(&self, kind: Kind, variables: &[&str], value: Code) -> Code {
        let fit = |function| self.fit(function, variables, javascript::again(&value), Vec::new());
        let number = |function, min: i64| {
            self.fit(function, variables, javascript::again(&value), vec![javascript::value(&min.into(), 0)])
        };
        match kind {
            Kind::Text => fit("text"),
            Kind::Flag => fit("flag"),
            Kind::Integer { min } => number("integer", min),
            Kind::Duration { min } => number("duration", min),
            Kind::Size => fit("size"),
            Kind::Port => fit("port"),
            Kind::Instances => fit("instances"),
            Kind::Words => self.call("words", &[value]),
            Kind::LogFile | Kind::FlagOrText => fit("flagOrText"),
            Kind::Watch => fit("watch"),
            Kind::Data
            | Kind::Cron
            | Kind::ExecMode
            | Kind::ExitCodes
            | Kind::FilterEnv
            | Kind::Account
            | Kind::Variables => value,
        }
    }
}

fn names(variables: &[&str]) -> Code {
    javascript::array(&variables.iter().map(|name| javascript::string(name)).collect::<Vec<_>>())
}

fn known(value: &EnvValue) -> Code {
    javascript::value(&value.to_json(), 0)
}
