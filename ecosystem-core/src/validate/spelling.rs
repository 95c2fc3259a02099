//! Reading the keys of a map: which key a spelling means, and what to say of those that mean none.

use std::collections::BTreeMap;

use similar::get_close_matches;

use crate::diagnostic::Span;
use crate::edn::{Entry, Node, Value};
use crate::model::schema::Key;

use super::report::Reporter;
use super::{codes, late};

/// One entry of a map whose key is understood.
pub(super) struct Field<'n, K> {
    /// What the key means.
    pub(super) key: K,
    /// How the author writes it, with its colon.
    pub(super) spelled: String,
    /// Where the key stands.
    pub(super) key_span: Span,
    /// What stands there.
    pub(super) value: &'n Node,
}

/// The words a map understands.
pub(super) struct Vocabulary<'v, K> {
    /// What the map is, with its article: "an app".
    pub(super) what: &'v str,
    /// The names to suggest.
    pub(super) names: &'v [&'static str],
    /// What a spelling means.
    pub(super) read: &'v dyn Fn(&str) -> Option<K>,
    /// The code for a spelling that means nothing.
    pub(super) unknown: &'static str,
}

/// The understood entries of a map, in the author's order; everything else is reported.
///
/// A key with a namespace is the author's own and is passed over. Of two spellings of one key neither
/// wins silently: both places are told, and the first is kept so that its value is still looked at.
pub(super) fn fields<'n, K: Ord + Clone>(
    entries: &'n [Entry],
    vocabulary: &Vocabulary<'_, K>,
    reporter: &mut Reporter<'_>,
) -> Vec<Field<'n, K>> {
    let mut seen: BTreeMap<K, (String, Span)> = BTreeMap::new();
    let mut fields = Vec::new();
    for entry in entries {
        let Some(field) = field(entry, vocabulary, reporter) else { continue };
        match seen.get(&field.key) {
            Some((spelled, span)) => told_twice(spelled, *span, &field, reporter),
            None => {
                seen.insert(field.key.clone(), (field.spelled.clone(), field.key_span));
                fields.push(field);
            }
        }
    }
    fields
}

/// The entries of a map that understands just these names, in snake, kebab and camel case.
pub(super) fn plain_fields<'n>(
    entries: &'n [Entry],
    what: &str,
    names: &[&'static str],
    reporter: &mut Reporter<'_>,
) -> Vec<Field<'n, &'static str>> {
    let read = |spelling: &str| names.iter().copied().find(|name| means(spelling, name));
    let vocabulary = Vocabulary { what, names, read: &read, unknown: codes::UNKNOWN_KEY };
    fields(entries, &vocabulary, reporter)
}

/// Whether a spelling is this snake-case name, its kebab case or its camel case.
pub(super) fn means(spelling: &str, name: &str) -> bool {
    spelling.replace('-', "_") == name || (spelling.contains(char::is_uppercase) && snake(spelling) == name)
}

/// The key of PM2's schema that a spelling means: PM2's own spellings, and kebab case.
pub(super) fn pm2_key(spelling: &str) -> Option<Key> {
    Key::spelled(spelling).or_else(|| Key::spelled(&spelling.replace('-', "_")))
}

fn field<'n, K>(
    entry: &'n Entry,
    vocabulary: &Vocabulary<'_, K>,
    reporter: &mut Reporter<'_>,
) -> Option<Field<'n, K>> {
    let Value::Keyword(name) = &entry.key.value else {
        not_a_keyword(&entry.key, vocabulary, reporter);
        return None;
    };
    if name.namespace.is_some() {
        return None;
    }
    let Some(key) = (vocabulary.read)(&name.name) else {
        unknown(&name.name, entry.key.span, vocabulary, reporter);
        return None;
    };
    Some(Field { key, spelled: format!(":{}", name.name), key_span: entry.key.span, value: &entry.value })
}

fn told_twice<K>(spelled: &str, span: Span, again: &Field<'_, K>, reporter: &mut Reporter<'_>) {
    reporter.report_with(
        codes::KEY_TWICE,
        (again.key_span, "and again here"),
        (span, "set here"),
        format!("`{spelled}` and `{}` are the same key", again.spelled),
        "keep one of them",
    );
}

fn not_a_keyword<K>(key: &Node, vocabulary: &Vocabulary<'_, K>, reporter: &mut Reporter<'_>) {
    let hint = match &key.value {
        Value::String(text) if (vocabulary.read)(text).is_some() => format!("write `:{text}`"),
        Value::Symbol(name) if (vocabulary.read)(&name.name).is_some() => format!("write `:{}`", name.name),
        // Others were told of once, for all places, before anything else was looked at.
        Value::Tagged(_) => {
            late::must_be_known(&format!("a key of {}", vocabulary.what), key, true, reporter);
            return;
        }
        _ => "write keys as keywords, such as `:name`".to_owned(),
    };
    let message = format!("a key of {} is {}, not a keyword", vocabulary.what, key.value.kind_name());
    reporter.report(codes::KEY_NOT_A_KEYWORD, key.span, message, "not a keyword", hint);
}

fn unknown<K>(name: &str, span: Span, vocabulary: &Vocabulary<'_, K>, reporter: &mut Reporter<'_>) {
    let hint = match nearest(name, vocabulary.names) {
        Some(near) => format!("did you mean `:{near}`?"),
        None => format!("remove it, or keep it as a note of your own with a namespace: `:my/{name}`"),
    };
    let message = format!("`:{name}` is not a key of {}", vocabulary.what);
    reporter.report(vocabulary.unknown, span, message, "unknown key", hint);
}

/// The known name that looks most like a spelling, if any is near.
pub(super) fn nearest(spelling: &str, names: &[&'static str]) -> Option<&'static str> {
    // Python's difflib uses the same measure and cutoff for the same purpose.
    const CUTOFF: f32 = 0.6;
    get_close_matches(snake(spelling).as_str(), names, 1, CUTOFF)
        .first()
        .and_then(|near| names.iter().copied().find(|name| name == near))
        .or_else(|| beginning(spelling, names))
}

/// The longest name that a spelling begins with: `:environment` for `:env`.
fn beginning(spelling: &str, names: &[&'static str]) -> Option<&'static str> {
    let begins = |name: &&&str| name.len() > 2 && spelling.starts_with(**name);
    names.iter().filter(begins).max_by_key(|name| name.len()).copied()
}

fn snake(spelling: &str) -> String {
    let mut snake = String::new();
    for letter in spelling.chars() {
        match letter {
            '-' => snake.push('_'),
            _ if letter.is_uppercase() => {
                snake.push('_');
                snake.extend(letter.to_lowercase());
            }
            _ => snake.push(letter),
        }
    }
    snake
}
