//! Inputs that come near to what the code does: the saved ones, the saved ones changed, and EDN made of the language's words.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestRunner;

const FUZZ: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz");

/// Holds a law to the saved inputs of its name, and to such that are made from them.
pub(super) fn check(name: &str, law: fn(&[u8])) {
    let saved = saved(name);
    saved.iter().for_each(|(path, bytes)| held(path, bytes, law));
    let seeds: Vec<Vec<u8>> = saved.into_iter().map(|(_, bytes)| bytes).collect();
    run(&(select(seeds.clone()), select(seeds), vec(edit(), 1..6)).prop_map(edited), law);
}

/// The same, and to EDN that is made from nothing.
pub(super) fn check_edn(name: &str, law: fn(&[u8])) {
    check(name, law);
    run(&source().prop_map(String::into_bytes), law);
}

fn run(inputs: &impl Strategy<Value = Vec<u8>>, law: fn(&[u8])) {
    let config = ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() };
    let broken = |error: proptest::test_runner::TestError<Vec<u8>>| panic!("{error}");
    let one = |bytes: Vec<u8>| {
        law(&bytes);
        Ok(())
    };
    TestRunner::new(config).run(inputs, one).unwrap_or_else(broken);
}

/// The saved inputs, each with where it is, by path: where there are none, the law is held to nothing.
fn saved(name: &str) -> Vec<(String, Vec<u8>)> {
    let folder = fs::read_dir(format!("{FUZZ}/corpus/{name}")).unwrap();
    let mut paths: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "no saved input for {name}");
    paths.into_iter().map(|path| (path.display().to_string(), fs::read(&path).unwrap())).collect()
}

fn held(path: &str, bytes: &[u8], law: fn(&[u8])) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| law(bytes))) {
        let told = panic.downcast_ref::<String>().cloned();
        let told = told.or_else(|| Some((*panic.downcast_ref::<&str>()?).to_owned()));
        panic!("with {path}: {}", told.unwrap_or_default());
    }
}

/// One change of an input.
#[derive(Debug, Clone)]
enum Edit {
    /// So many bytes from here go.
    Cut(Index, usize),
    /// So many bytes from here stand twice.
    Double(Index, usize),
    /// So many bytes of another input, from there, are put here.
    Take(Index, Index, usize),
    /// These are put here.
    Put(Index, Vec<u8>),
}

fn edit() -> impl Strategy<Value = Edit> {
    let bytes = prop_oneof![
        3 => select(words("")).prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 1..3),
        1 => select(vec![&b"\0"[..], b"\xff", b"\x12", b"j:", b"s:", b"1e999", b"-0", b"\\ud800", b"\n", b"\r", b"\""]).prop_map(<[u8]>::to_vec),
    ];
    prop_oneof![
        (any::<Index>(), 1..20usize).prop_map(|(at, length)| Edit::Cut(at, length)),
        (any::<Index>(), 1..40usize).prop_map(|(at, length)| Edit::Double(at, length)),
        (any::<Index>(), any::<Index>(), 1..80usize)
            .prop_map(|(at, from, length)| Edit::Take(at, from, length)),
        (any::<Index>(), bytes).prop_map(|(at, bytes)| Edit::Put(at, bytes)),
    ]
}

fn edited((mut bytes, other, edits): (Vec<u8>, Vec<u8>, Vec<Edit>)) -> Vec<u8> {
    for edit in edits {
        let part = |of: &[u8], at: usize, length: usize| of[at..of.len().min(at + length)].to_vec();
        let size = bytes.len() + 1;
        let (at, gone, put) = match edit {
            Edit::Cut(at, length) => (at.index(size), length, Vec::new()),
            Edit::Double(at, length) => (at.index(size), 0, part(&bytes, at.index(size), length)),
            Edit::Take(at, from, length) => {
                (at.index(size), 0, part(&other, from.index(other.len() + 1), length))
            }
            Edit::Put(at, put) => (at.index(size), 0, put),
        };
        let end = bytes.len().min(at + gone);
        bytes.splice(at..end, put);
    }
    bytes
}

/// The words of the fuzzer's dictionary that begin so.
fn words(beginning: &str) -> Vec<String> {
    let dictionary = fs::read_to_string(format!("{FUZZ}/edn.dict")).unwrap();
    let quoted = dictionary.lines().filter_map(|line| line.strip_prefix('"')?.strip_suffix('"'));
    let plain = quoted.map(|word| word.replace("\\x0a", "\n").replace("\\\"", "\"").replace("\\\\", "\\"));
    plain.filter(|word| !word.contains("\\x") && word.starts_with(beginning)).collect()
}

/// A daemon that is nearly right, or right.
fn source() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        "[a-z./~ -]{0,12}",
        "[ -~é\u{a0}\u{202e}\u{2028}😀]{0,12}",
        "(\\$\\{[A-Z]{1,2}(:-[a-z0-9]{0,4})?\\}|[a-z/.]){0,4}",
    ];
    let text = text.prop_map(|text| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")));
    let number = prop_oneof![
        (-2..70_000i64).prop_map(|number| number.to_string()),
        any::<i64>().prop_map(|it| it.to_string())
    ];
    let word = select(vec![
        "nil",
        "true",
        "false",
        "\"max\"",
        "\"10s\"",
        "\"300M\"",
        "\"cluster\"",
        ":all",
        "1.5",
        "1e300",
    ]);
    let atom = prop_oneof![3 => text, 2 => number, 2 => word.prop_map(str::to_owned), 1 => select(vec!["#env A", "#env NONE", "#env PORT"]).prop_map(str::to_owned)];
    let value = atom.prop_recursive(3, 16, 4, |inner| {
        let items = vec(inner.clone(), 0..4).prop_map(|items| items.join(" "));
        let tag = select(vec!["or [", "join [", "merge ["]);
        prop_oneof![
            items.clone().prop_map(|items| format!("[{items}]")),
            vec(inner.clone(), 0..4).prop_map(|values| {
                let entries = values.iter().enumerate().map(|(at, value)| format!(":K{at} {value}"));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(" "))
            }),
            (tag, items).prop_map(|(tag, items)| format!("#{tag}{items}]")),
            (select(vec!["long", "double", "boolean"]), inner)
                .prop_map(|(tag, value)| format!("#{tag} {value}")),
        ]
    });
    let entry = (select(words(":")), value)
        .prop_map(|(key, value)| format!("{}{value}", key.trim_end().to_owned() + " "));
    let app = (0..9, vec(entry, 0..4))
        .prop_map(|(name, entries)| format!("{{:name \"a{name}\" :script \"b\" {}}}", entries.join(" ")));
    vec(app, 1..3).prop_map(|apps| format!("{{:apps [{}]}}", apps.join("\n")))
}
