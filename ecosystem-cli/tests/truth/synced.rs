//! What `sync` says that it did.

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// What `sync` did.
#[derive(Default)]
pub(crate) struct Synced {
    /// Steps by app.
    pub(crate) steps: BTreeMap<String, Step>,
    /// What it did not even try.
    pub(crate) refused: Vec<String>,
    /// What it could not do, or was not seen to have done.
    pub(crate) failed: Vec<String>,
}

/// One step, as `sync --json` tells it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Step {
    pub(crate) verb: String,
    /// Fields, each with whether there was something before and is something now.
    pub(crate) fields: Vec<(String, bool, bool)>,
}

impl Step {
    /// In words, for people.
    pub(crate) fn words(&self) -> String {
        match self.verb.as_str() {
            "" => "nothing".to_owned(),
            // The app of the old name is taken for another one.
            "start" => "delete, start".to_owned(),
            verb => verb.to_owned(),
        }
    }
}

impl Synced {
    pub(crate) fn read(report: &Json) -> Self {
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        let step = |step: &Json| {
            let reasons = step["reasons"].as_array().unwrap().iter();
            let fields = reasons
                .filter(|reason| reason["field"].is_string())
                .map(|reason| (text(&reason["field"]), !reason["from"].is_null(), !reason["to"].is_null()));
            Step { verb: text(&step["action"]), fields: fields.collect() }
        };
        let steps = report["plan"]["steps"].as_array().unwrap().iter();
        let (mut refused, mut failed) = (Vec::new(), Vec::new());
        for outcome in report["outcomes"].as_array().unwrap() {
            if outcome["ok"] != true {
                failed.push(format!("{}: {}", text(&outcome["app"]), outcome["error"]));
            }
        }
        for diagnostic in report["diagnostics"].as_array().unwrap() {
            if diagnostic["severity"] == "error" {
                refused.push(format!("{} {}", diagnostic["message"], diagnostic["labels"]));
            }
        }
        for hold in report["plan"]["holds"].as_array().unwrap() {
            refused.push(format!("{} held: {}", hold["app"], hold["text"]));
        }
        Self { steps: steps.map(|it| (text(&it["app"]), step(it))).collect(), refused, failed }
    }
}
