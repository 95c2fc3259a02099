//! What an app has of each key and variable, for people who ask why.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Pm2Model, desired, synced};
use crate::plan::{Effect, Effective, Kind, effect_of, entries};
use crate::pm2::verify::Kernel;

/// What is shown of the app `web` of `text`, where PM2 has this: a line each of those whose name is asked for.
fn shown(text: &str, pm2: Option<&Pm2Model>, kernel: Option<&Kernel>, names: &[&str]) -> Vec<String> {
    let observed = pm2.map(Pm2Model::observed);
    let process = observed.as_ref().and_then(|observed| observed.processes.first());
    let all = desired(&[("a", text)]).apps["web"].effective(process, kernel);
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let line = |it: &Effective| {
        format!("{}: {} | {} | {}", it.name, value(&it.wanted), value(&it.pm2), value(&it.process))
    };
    names.iter().flat_map(|name| all.iter().filter(move |it| it.name == *name)).map(line).collect()
}

const WEB: &str = r#"{:apps [{:name "web" :script "web.js" :kill-timeout 5 :autorestart false :args ["--token=hush"]
                              :env_file ".env" :env {:COLOR "red" :API_TOKEN "hush"}}]}"#;

const NAMES: &[&str] = &[
    "kill_timeout",
    "autorestart",
    "min_uptime",
    "cwd",
    "env.COLOR",
    "env.API_TOKEN",
    "env.FROM_FILE",
    "env.ECOSYSTEM_OWNER",
];

#[test]
fn what_is_to_be_stands_beside_what_is() {
    let mut pm2 = synced(&[("a", WEB)]);
    pm2.edit("web", |record| {
        record.insert("kill_timeout".to_owned(), json!(9));
        record.insert("min_uptime".to_owned(), json!(""));
        record["env"]["COLOR"] = json!("blue");
    });
    let environ = BTreeMap::from([("COLOR".to_owned(), "green".to_owned())]);
    let kernel = Kernel { environ: Some(environ), cwd: Some("/elsewhere".into()), command: Vec::new() };
    // Nothing secret and nothing from outside is shown, and a flag that is off is none.
    assert_eq!(
        shown(WEB, Some(&pm2), Some(&kernel), NAMES),
        [
            "kill_timeout: 5 | 9 | -",
            "cwd: \"/base\" | \"/base\" | \"/elsewhere\"",
            "env.COLOR: \"red\" | \"blue\" | \"green\"",
            "env.API_TOKEN: ••• | ••• | -",
            "env.FROM_FILE: ••• | ••• | -",
        ]
    );
    assert_eq!(shown(WEB, None, None, &["kill_timeout"]), ["kill_timeout: 5 | - | -"]);
    // What only PM2 has is there too.
    let less = WEB.replace(":kill-timeout 5", "");
    assert_eq!(shown(&less, Some(&pm2), None, &["kill_timeout"]), ["kill_timeout: - | 9 | -"]);
}

#[test]
fn what_came_from_outside_stays_hidden() {
    let mut desired = desired(&[("a", WEB)]);
    let app = desired.apps.values_mut().next().unwrap();
    app.hidden = ["kill_timeout", "env.COLOR"].map(str::to_owned).into();
    let all = app.effective(None, None);
    let masked = |name: &str| all.iter().find(|it| it.name == name).unwrap().wanted.as_deref() == Some("•••");
    assert_eq!(["kill_timeout", "env.COLOR", "cwd"].map(masked), [true, true, false]);
}

#[test]
fn the_table_tells_the_effect_of_each_kind_of_change() {
    for (attribute, kind, effect) in [
        ("watch", Kind::Set, Some(Effect::Replace)),
        ("watch", Kind::Remove, Some(Effect::Restart)),
        ("args", Kind::Change, Some(Effect::Reload)),
        ("pm_id", Kind::Change, None),
    ] {
        assert_eq!(effect_of(attribute, kind), effect, "{attribute}");
    }
    // Who asks why is told wherever new processes alone would not do, and there only.
    for entry in entries() {
        let needs_more = [Kind::Set, Kind::Change].map(|kind| entry.effect(kind) > Effect::Reload);
        assert_eq!(entry.why().is_some_and(|why| why.len() > 20), needs_more.contains(&true), "{entry:?}");
    }
}
