//! JavaScript text means exactly what it was made from: node is the judge.

use askama::Template;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::super::javascript;
use super::*;
use crate::tests::node;

/// Characters that have ended strings, comments or templates somewhere, and plain ones.
fn any_string() -> impl Strategy<Value = String> {
    let hostile = [
        "\"",
        "'",
        "`",
        "\\",
        "${",
        "}",
        "*/",
        "/*",
        "//",
        "<!--",
        "-->",
        "</script>",
        "\n",
        "\r",
        "\t",
        "\0",
        "\x1b",
        "\x7f",
        "\u{85}",
        "\u{2028}",
        "\u{2029}",
        "\u{202e}",
        "\u{2066}",
        "\u{feff}",
        "\u{200b}",
        "\u{200d}",
        "\u{e0041}",
        "é",
        "😀",
        "\u{10ffff}",
        "\u{fffe}",
        "__proto__",
        "constructor",
        "0",
        "-1",
        "a",
        " ",
    ];
    prop::collection::vec(prop::sample::select(hostile.to_vec()), 0..5).prop_map(|pieces| pieces.concat())
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (-SAFE..=SAFE).prop_map(Json::from),
        (-1.0e6..1.0e6).prop_map(Json::from),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Json::from),
        any_string().prop_map(Json::from),
        any::<String>().prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::from),
            prop::collection::vec((any_string(), inner), 0..6)
                .prop_map(|entries| entries.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

const SAFE: i64 = (1 << 53) - 1;

fn samples<T: std::fmt::Debug>(strategy: impl Strategy<Value = T>, count: usize) -> Vec<T> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// Both evaluated by node: the JavaScript, and the JSON of it.
fn check_values(values: &[Json]) {
    let pairs: Vec<[String; 2]> =
        values.iter().map(|value| [javascript::value(value, 0).0.to_string(), value.to_string()]).collect();
    let script = r"
        import { isDeepStrictEqual } from 'node:util';
        // In strict mode, as modules are; -0 and 0 are one number to JSON.
        const plain = (value) => JSON.parse(JSON.stringify(value));
        answer(input.filter(([text, json]) => {
            const value = Function(`'use strict'; return (\n${text}\n);`)();
            return !isDeepStrictEqual(plain(value), plain(JSON.parse(json)));
        }));";
    assert_eq!(node::ask(script, &json!(pairs)), json!([]), "[text, meant]");
}

#[test]
fn any_value_comes_back_equal() {
    check_values(&samples(any_json(), 3000));
}

#[test]
fn every_character_comes_back_equal() {
    let characters: Vec<char> = ('\0'..=char::MAX).collect();
    check_values(
        &characters
            .chunks(4096)
            .map(|chunk| Json::from(chunk.iter().collect::<String>()))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn the_edges_of_numbers() {
    check_values(&[SAFE, -SAFE, 0].map(Json::from));
    check_values(&[f64::MAX, f64::MIN_POSITIVE, 5e-324, 0.1, -0.0, 1e21, 1e17].map(Json::from));
}

/// A number that would come out as another one is refused when the file is loaded.
#[test]
fn what_cannot_be_said_throws() {
    let app =
        |value: Json| App { settings: settings(json!({"watch_options": {"x": value}})), ..app("a", "a") };
    let float = |value: f64| App { env: env(&[("X", EnvValue::Float(value))]), ..self::app("a", "a") };
    let integer = App { env: env(&[("X", EnvValue::Integer(SAFE + 1))]), ..self::app("a", "a") };
    let apps = [
        app(json!(SAFE + 1)),
        app(json!(u64::MAX)),
        app(json!(i64::MIN)),
        integer,
        float(f64::NAN),
        float(f64::NEG_INFINITY),
    ];
    let texts = apps.map(|app| render(&daemon("a", vec![app]), &by()));
    let script = r"
        import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
        import { tmpdir } from 'node:os';
        const folder = mkdtempSync(`${tmpdir()}/render-`);
        const errors = [];
        for (const [index, text] of input.entries()) {
            writeFileSync(`${folder}/${index}.mjs`, text);
            errors.push(await import(`${folder}/${index}.mjs`).then(() => 'loaded', (error) => `${error}`));
        }
        rmSync(folder, { recursive: true });
        answer(errors);";
    let exactly =
        |number: &str| format!("RangeError: {number} is an integer that JavaScript cannot hold exactly");
    let number = |number: &str| format!("RangeError: {number} is not a number that JSON can hold");
    let expected = json!([
        exactly("9007199254740992"),
        exactly("18446744073709551615"),
        exactly("-9223372036854775808"),
        exactly("9007199254740992"),
        number("NaN"),
        number("-inf"),
    ]);
    assert_eq!(node::ask(script, &json!(texts)), expected);
}

/// A comment stays one line, for every rule of what ends one, and shows what it hides.
#[test]
fn comments_stay_comments() {
    let all = ('\0'..=char::MAX).collect::<String>();
    let comment = javascript::comment(&all).0.to_string();
    assert_eq!(
        node::ask("answer(Function(`// ${input}\nreturn 'untouched';`)())", &json!(comment)),
        json!("untouched")
    );
    let is_visible = |c: char| !c.is_control() && !"\u{2028}\u{2029}\u{202e}\u{2066}\u{feff}".contains(c);
    assert!(comment.chars().all(is_visible));
}

#[derive(Template)]
#[template(source = "// {{ text }}", ext = "mjs")]
struct Forgotten<'a> {
    text: &'a str,
}

/// Text that nobody escaped does not get into a file.
#[test]
fn the_escaper_refuses() {
    assert!(Forgotten { text: "harmless" }.render().is_err());
}

/// Should a template ever fail, the file says so when loaded: no apps would be a lie.
#[test]
fn a_template_that_fails_gives_a_module_that_throws() {
    let text = super::super::module::text_of(&Forgotten { text: "harmless" });
    assert!(text.starts_with("(() => { throw new RangeError("), "{text}");
}
