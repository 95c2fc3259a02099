#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use proptest::prelude::*;

use super::{Change, Definition, Generation, Verdict, add, definition_before, last_healthy, running};
use crate::compile;
use crate::diagnostic::{Diagnostic, Source};
use crate::model::{AppName, DaemonId, Digest};

const EVERYTHING: &str = r#"{:apps [
  {:name "web" :script "${BIN:-web.mjs}" :cwd "srv" :args ["a b" "--port=${PORT}"] :instances 2 :exec-mode "cluster"
   :env {:PORT 8080 :RATIO 0.1 :ON true :TEXT "x" :KEY #env KEY :JSON {:a [1 2 {:b nil}]} :N #long #or [#env N 3]}
   :env-production {:PORT 80} :env-file [".env" "local.env?"] :inherit-env ["HOME"] :watch ["src"] :ignore-watch ["tmp"]
   :watch-options {:followSymlinks false} :max-memory-restart "200M" :kill-timeout 5000 :cron-restart "0 3 * * *"
   :description "for people" :prune :confirm :on-failure :keep :on-change :replace
   :depends-on [{:name "db" :condition :started}]
   :startup-probe {:log "up"} :readiness-probe {:http-get {:url "http://127.0.0.1:1/"} :timeout "1s" :retries 7}
   :liveness-probe {:exec ["true" "x"] :interval 250}}
  {:name "db" :script "db.sh" :interpreter "sh" :inherit-env :all :readiness-probe {:tcp {:host "h" :port 9}}}]}"#;

fn definitions(text: &str) -> Vec<Definition> {
    let compiled = compile(&[Source::new("a/ecosystem.edn", text)]);
    assert!(!compiled.diagnostics.iter().any(Diagnostic::is_error), "{:#?}", compiled.diagnostics);
    let ecosystem = compiled.output;
    ecosystem.apps().map(|(daemon, app)| Definition { daemon: daemon.id.clone(), app: app.clone() }).collect()
}

#[track_caller]
fn is_kept(definition: &Definition) {
    let text = serde_json::to_string(definition).unwrap();
    let read: Definition = serde_json::from_str(&text).unwrap();
    assert_eq!(read, *definition, "{text}");
    assert_eq!(Digest::of(&read.app), Digest::of(&definition.app), "{text}");
}

#[test]
fn a_definition_is_kept_whole() {
    let definitions = definitions(EVERYTHING);
    assert_eq!(definitions.len(), 2);
    definitions.iter().for_each(is_kept);
}

proptest! {
    #[test]
    fn so_is_every_number_and_text(number in any::<f64>().prop_filter("EDN has no others", |it| it.is_finite()), text in "\\PC{0,20}") {
        let text = text.replace(['\\', '"', '$'], "");
        let edn = format!(r#"{{:apps [{{:name "web" :script "w.mjs" :env {{:A {number:?} :B "{text}"}}}}]}}"#);
        definitions(&edn).iter().for_each(is_kept);
    }
}

/// A history of these verdicts: `h`ealthy, `f`ailed, `s`topped, `d`eleted, or reverted to a number.
fn history(verdicts: &str) -> Vec<Generation> {
    let mut history = Vec::new();
    for (number, word) in (1..).zip(verdicts.chars()) {
        add(&mut history, generation(number, word), usize::MAX);
    }
    history
}

fn generation(number: u64, word: char) -> Generation {
    let problem = String::new();
    let verdict = match word {
        'h' | 'd' => Verdict::Healthy,
        'f' => Verdict::Failed { problem },
        's' => Verdict::Stopped { problem },
        to => Verdict::Reverted { problem, to: u64::from(to.to_digit(10).unwrap()) },
    };
    let text = format!(r#"{{:apps [{{:name "web" :script "{number}.mjs"}}]}}"#);
    let definition = (word != 'd').then(|| definitions(&text).remove(0));
    let (app, action, why) = (AppName::new("web"), "restart".to_owned(), Vec::new());
    let change = Change { app, action, why, verdict, definition };
    Generation { number, at: number, by: "test".to_owned(), change }
}

fn number(definition: Option<&Definition>) -> Option<String> {
    let script = &definition?.app.script;
    assert_eq!(definition?.daemon, DaemonId::new("a"));
    Some(script.trim_end_matches(".mjs").to_owned())
}

/// What was well last, and what PM2 was left with.
#[track_caller]
fn check(verdicts: &str, healthy: Option<&str>, left: Option<&str>) {
    let history = history(verdicts);
    let found = |it: Option<(u64, &Definition)>| number(it.map(|(_, definition)| definition));
    assert_eq!(found(last_healthy(&history)).as_deref(), healthy, "{verdicts}: what was well last");
    assert_eq!(found(running(&history)).as_deref(), left, "{verdicts}: what it was left with");
    assert_eq!(number(definition_before(&history, history.len())).as_deref(), left, "{verdicts}");
}

#[test]
fn what_was_well_and_what_runs_is_told_by_a_history() {
    check("", None, None);
    check("h", Some("1"), Some("1"));
    check("hf", Some("1"), Some("2"));
    check("hh2", Some("2"), Some("2"));
    check("hf1", Some("1"), Some("1"));
    check("s", None, Some("1"));
    // It was deleted on purpose: whoever declares it anew begins anew.
    check("hd", None, None);
    check("hdh", Some("3"), Some("3"));
    check("hdf", None, Some("3"));
}

#[test]
fn the_last_one_that_was_well_is_never_forgotten() {
    let mut history = Vec::new();
    for (number, word) in (1..).zip("hhfffff".chars()) {
        add(&mut history, generation(number, word), 3);
    }
    let numbers: Vec<u64> = history.iter().map(|it| it.number).collect();
    assert_eq!(numbers, [2, 5, 6, 7]);
    assert_eq!(last_healthy(&history).unwrap().0, 2);
}
