//! `:profiles`: what a daemon's apps are when one is asked for.

use crate::expand::Surroundings;
use crate::model::{Ecosystem, EnvValue, Layer};
use crate::validate::compile_in;

use super::sources;

const TEXT: &str = r#"
--- defaults.edn
{:defaults {:max-restarts 7 :kill-timeout 1000 :namespace "n"}}
--- web/ecosystem.edn
{:profiles {:dev  {:apps [{:name "web" :watch true :max_restarts 1 :env {:MODE "dev" :OLD nil} :kill-timeout nil}
                          {:name "mail" :enabled false}
                          {:name "mock" :script "mock.mjs"}]}
            "prod" {:apps [{:name "web" :instances 2}]}}
 :apps [{:name "web" :script "web.mjs" :maxRestarts 3 :env {:MODE "plain" :OLD 1}}
        {:name "mail" :script "mail.mjs"}
        {:name "spare" :script "spare.mjs" :enabled false}]}"#;

fn tree(text: &str, profile: Option<&str>) -> Ecosystem {
    let surroundings = Surroundings { profile: profile.map(str::to_owned), ..Surroundings::default() };
    let checked = compile_in(&sources(text.trim_start()), &surroundings);
    assert_eq!(checked.diagnostics, []);
    checked.output
}

fn names(tree: &Ecosystem) -> Vec<&str> {
    tree.apps().map(|(_, app)| app.name.as_str()).collect()
}

#[test]
fn the_chosen_one_changes_adds_and_switches_off() {
    assert_eq!(names(&tree(TEXT, None)), ["web", "mail"]);
    assert_eq!(names(&tree(TEXT, Some("unknown"))), ["web", "mail"]);
    assert_eq!(names(&tree(TEXT, Some("prod"))), ["web", "mail"]);
    let dev = tree(TEXT, Some("dev"));
    assert_eq!(names(&dev), ["web", "mock"]);
    let (_, web) = dev.apps().next().unwrap();
    assert_eq!(web.setting("max_restarts"), Some(&1.into()));
    assert_eq!(web.setting("watch"), Some(&true.into()));
    assert_eq!(web.setting("kill_timeout"), None, "it takes a default away, too");
    assert_eq!(web.env, [("MODE".to_owned(), EnvValue::Text("dev".to_owned()))].into());
}

#[test]
fn a_value_tells_which_profile_it_came_by() {
    let dev = tree(TEXT, Some("dev"));
    let (name, _) = dev.origins.iter().next_back().unwrap();
    assert_eq!(name.as_str(), "web");
    let layer = |key: &str| dev.origins[name].get(key).unwrap().by.clone();
    assert_eq!(layer("max_restarts"), Layer::Profile("dev".to_owned()));
    assert_eq!(layer("env.MODE"), Layer::Profile("dev".to_owned()));
    assert_eq!(layer("script"), Layer::App);
    assert_eq!(layer("namespace"), Layer::Defaults("defaults.edn".to_owned()));
}

/// The codes of a daemon with these profiles, none of them chosen.
fn check(profiles: &str, expected: &[&str]) {
    let text = format!(r#"{{:apps [{{:name "web" :script "web.mjs"}}] :profiles {profiles}}}"#);
    let checked = compile_in(&sources(&text), &Surroundings::default());
    let codes: Vec<_> = checked.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    assert_eq!(codes, expected, "{profiles}");
}

#[test]
fn a_profile_that_is_not_chosen_is_judged() {
    check("{}", &[]);
    check("{:dev {}}", &[]);
    check("{:dev {:apps []}}", &[]);
    check("[]", &["E0211"]);
    check("{:dev []}", &["E0211"]);
    check("{7 {}}", &["E0206"]);
    check("{:dev {:app []}}", &["E0207"]);
    check("{:dev {:apps {}}}", &["E0211"]);
    check(r#"{:dev {:apps [{:name "wbe" :watch true}]}}"#, &["E0210"]);
    check(r#"{:dev {:apps [{:name "web" :kill-timeout "5s"}]}}"#, &["E0211"]);
    check(r#"{:dev {:apps [{:name "web" :enabled "no"}]}}"#, &["E0212"]);
}

/// The whole tree is that of the chosen profile: an app that is switched off takes no name.
#[test]
fn what_is_switched_off_is_not_there() {
    let text = "--- a/ecosystem.edn\n{:apps [{:name \"web\" :script \"a.mjs\" :enabled false}]}\n\
                --- b/ecosystem.edn\n{:apps [{:name \"web\" :script \"b.mjs\"}]}";
    let tree = tree(text, None);
    assert_eq!(names(&tree), ["web"]);
    assert_eq!(tree.daemons.len(), 2);
}

#[test]
fn it_is_told_whether_anything_knows_the_profile() {
    let check = |text: &str, profile: Option<&str>, expected: bool| {
        let surroundings = Surroundings { profile: profile.map(str::to_owned), ..Surroundings::default() };
        assert_eq!(compile_in(&sources(text), &surroundings).output.knows_profile, expected, "{text}");
    };
    let with = |more: &str| format!("{{:apps [{{:name \"web\" :script \"a.mjs\"}}] {more}}}");
    check(&with(":profiles {:dev {:apps []}}"), Some("dev"), true);
    check(&with(":profiles {:dev {:apps []}}"), Some("dve"), false);
    check(&with(":deploy #profile {#{:test :dev} {} :default {}}"), Some("dev"), true);
    check(&with(":deploy #profile {:test {} :default {}}"), Some("dev"), false);
    check(&with(""), None, false);
    let defaults =
        "--- defaults.edn\n{:defaults {:time #profile {:dev true :default false}}}\n--- web/ecosystem.edn\n";
    check(&format!("{defaults}{}", with("")), Some("dev"), true);
}
