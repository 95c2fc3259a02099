#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use proptest::prelude::*;
use serde_json::Value as Json;

use super::*;
use crate::compile;
use crate::diagnostic::Source;
use crate::format::format;
use crate::model::{App, EnvValue};

/// The one app of a source that is right without a warning, and laid out as `fmt` would.
fn compiled(text: &str) -> App {
    let source = Source::new("group/name/ecosystem.edn", text);
    assert_eq!(format(&source).output.as_deref(), Some(text));
    let checked = compile(&[source]);
    assert_eq!(checked.diagnostics, [], "{text}");
    checked.output.apps().next().unwrap().1.clone()
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn web(command: Command) -> NewApp {
    NewApp { name: "web".to_owned(), cwd: None, command, env: Vec::new(), instances: None }
}

#[test]
fn a_new_app() {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let app = NewApp {
        cwd: Some("services/web".to_owned()),
        env: vec![pair("PORT", "8080"), pair("Ünï-1", "say \"hi\"\n\u{202e}")],
        instances: Some("2".to_owned()),
        ..web(Command::program("node", &words(&["server.mjs", "--name", "C:\\x", ""])))
    };
    insta::assert_snapshot!(app.to_edn());
    compiled(&app.to_edn());
}

#[test]
fn instances_are_what_was_said() {
    let check = |said: &str, expected: Json| {
        let app = NewApp { instances: Some(said.to_owned()), ..web(Command::program("x", &[])) };
        assert_eq!(compiled(&app.to_edn()).setting("instances"), Some(&expected), "{said}");
    };
    check("3", Json::from(3));
    check("-1", Json::from(-1));
    check("max", Json::from("max"));
}

#[test]
fn a_space_makes_no_shell_line_of_a_program() {
    let command = Command::program("/opt/my app", &words(&["a b"]));
    let app = compiled(&web(command).to_edn());
    assert_eq!(app.script, "/bin/sh");
    assert_eq!(
        app.setting("args"),
        Some(&serde_json::json!(["-c", "exec \"$0\" \"$@\"", "/opt/my app", "a b"]))
    );
    assert_eq!(Command::interpreted("my app.mjs", &[]), None);
}

#[test]
fn the_watcher_of_a_tree() {
    let args = words(&["system/daemons", "--owner", "me"]);
    let watcher = Watcher { program: WATCHER_PROGRAM.to_owned(), args };
    let text = watcher.to_edn();
    insta::assert_snapshot!(text);
    assert_eq!(compiled(&text).setting("kill_timeout"), Some(&Json::from(10_000)));
}

#[test]
fn the_readme_of_a_tree() {
    insta::assert_snapshot!(readme("system/daemons", "--owner me"));
}

proptest! {
    /// What is in nobody's way comes back as it is, however odd; a NUL, which no process can be given, is refused.
    #[test]
    fn a_written_app_says_what_was_meant(
        name in "[a-z]{1,8}x",
        path in any::<String>(),
        args in prop::collection::vec(any::<String>(), 0..4),
        value in any::<String>(),
        key in "[A-Z][A-Z0-9_]{0,6}1",
        odd_key in "\\PC{0,4}[ §-]X",
    ) {
        prop_assume!(!path.is_empty() && odd_key != key && !odd_key.contains('='));
        let command = Command::program(&path, &args);
        let (script, meant) = (command.script.clone(), command.args.clone());
        let env = vec![(key.clone(), value.clone()), (odd_key.clone(), value.clone())];
        let app = NewApp { name: name.clone(), env, ..web(command) };
        let checked = compile(&[Source::new("a/b/ecosystem.edn", app.to_edn())]);
        let holds_nul = [&path, &value].into_iter().chain(&args).any(|text| text.contains('\0'));
        prop_assert_eq!(checked.has_errors(), holds_nul, "{:?}", checked.diagnostics);
        if let Some((_, app)) = checked.output.apps().next() {
            prop_assert_eq!(app.name.as_str(), name.as_str());
            prop_assert_eq!(&app.script, &script);
            let args = app.setting("args").and_then(Json::as_array).cloned().unwrap_or_default();
            prop_assert_eq!(args, meant.into_iter().map(Json::from).collect::<Vec<_>>());
            let is_meant = |key: &str| app.env.get(key) == Some(&EnvValue::Text(value.clone()));
            prop_assert!(is_meant(&key) && is_meant(&odd_key));
        }
    }
}
