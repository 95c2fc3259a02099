//! What each tag stands for.

use crate::diagnostic::Span;
use crate::edn::{Entry, Name, Node, Tagged, Value};

use super::expander::{Expander, File, nil};
use super::{codes, is_late};

/// A tag that is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    Env,
    Or,
    Join,
    Long,
    Double,
    Boolean,
    Keyword,
    Profile,
    Hostname,
    Include,
    Merge,
    Ref,
}

/// Tags that may be left: what they stand for depends on the environment.
pub(super) const LATE: &[&str] = &["env", "or", "join", "long", "double", "boolean"];

const TAGS: &[(&str, Tag)] = &[
    ("env", Tag::Env),
    ("or", Tag::Or),
    ("join", Tag::Join),
    ("long", Tag::Long),
    ("double", Tag::Double),
    ("boolean", Tag::Boolean),
    ("keyword", Tag::Keyword),
    ("profile", Tag::Profile),
    ("hostname", Tag::Hostname),
    ("include", Tag::Include),
    ("merge", Tag::Merge),
    ("ref", Tag::Ref),
];

impl Tag {
    pub(super) fn named(name: &Name) -> Option<Self> {
        let found = TAGS.iter().find(|(tag, _)| name.namespace.is_none() && name.name == *tag);
        found.map(|(_, tag)| *tag)
    }
}

impl Expander<'_> {
    pub(super) fn apply(&mut self, tag: Tag, node: &Node, tagged: &Tagged, file: File<'_>) -> Node {
        match tag {
            Tag::Env => self.env(node, tagged, file),
            Tag::Or => self.or(node, tagged, file),
            Tag::Join => self.join(node, tagged, file),
            Tag::Long | Tag::Double | Tag::Boolean | Tag::Keyword => self.convert(tag, node, tagged, file),
            Tag::Profile => {
                let profile = self.surroundings.profile.clone().unwrap_or_else(|| DEFAULT.to_owned());
                let cases = tagged.form.as_map().unwrap_or_default();
                self.knows_profile |= cases.iter().any(|entry| names(&entry.key, &profile));
                self.case(node, "#profile", &profile, tagged, file)
            }
            Tag::Hostname => {
                let hostname = self.surroundings.hostname.clone();
                self.case(node, "#hostname", &hostname, tagged, file)
            }
            Tag::Include => self.include(node, tagged, file),
            Tag::Merge => self.merge(node, tagged, file),
            Tag::Ref => self.reference(node, tagged, file),
        }
    }

    /// The name is brought into one form, a string.
    fn env(&mut self, node: &Node, tagged: &Tagged, file: File<'_>) -> Node {
        let form = self.node(&tagged.form, file);
        let name = match &form.value {
            Value::Symbol(name) if name.namespace.is_none() => name.name.as_str(),
            Value::String(text) => text,
            _ => return self.wrong_form(node, "#env", "the name of a variable such as HOME", &form),
        };
        if name.is_empty() || name.contains('=') || name.chars().any(char::is_control) {
            return self.wrong_form(node, "#env", "the name of a variable such as HOME", &form);
        }
        let name = Node { span: form.span, value: Value::String(name.to_owned()) };
        left(node, tagged, name)
    }

    /// The first choice that is neither nil nor false, else the last one. What stands behind a choice that is known to
    /// be taken is not looked at.
    fn or(&mut self, node: &Node, tagged: &Tagged, file: File<'_>) -> Node {
        let Value::Vector(choices) = &tagged.form.value else {
            return self.wrong_form(
                node,
                "#or",
                "a vector of choices such as [#env PORT 8080]",
                &tagged.form,
            );
        };
        let (mut kept, mut last) = (Vec::new(), nil(node.span));
        for choice in choices {
            last = self.node(choice, file);
            let falsy = matches!(last.value, Value::Nil | Value::Bool(false));
            if !falsy {
                kept.push(last.clone());
            }
            if !falsy && !is_late(&last) {
                break;
            }
        }
        if kept.first().is_none_or(|first| !is_late(first)) {
            return kept.into_iter().next().unwrap_or(last);
        }
        if last.value == Value::Bool(false) {
            kept.push(last);
        }
        left(node, tagged, Node { span: tagged.form.span, value: Value::Vector(kept) })
    }

    /// The texts of all items in a row.
    fn join(&mut self, node: &Node, tagged: &Tagged, file: File<'_>) -> Node {
        let form = self.node(&tagged.form, file);
        let Value::Vector(items) = &form.value else {
            return self.wrong_form(
                node,
                "#join",
                "a vector of texts such as [\"http://\" #env HOST]",
                &form,
            );
        };
        let mut parts: Vec<Node> = Vec::new();
        for item in items {
            match text(item) {
                _ if is_late(item) || matches!(item.value, Value::Float(_)) => parts.push(item.clone()),
                Some(text) => push_text(&mut parts, text, item.span),
                None => return self.wrong_form(node, "#join", "texts and numbers", item),
            }
        }
        match parts.as_slice() {
            [] => Node { span: node.span, value: Value::String(String::new()) },
            [Node { value: Value::String(text), .. }] => {
                Node { span: node.span, value: Value::String(text.clone()) }
            }
            _ => left(node, tagged, Node { span: form.span, value: Value::Vector(parts) }),
        }
    }

    /// `#long`, `#double`, `#boolean` and `#keyword`.
    fn convert(&mut self, tag: Tag, node: &Node, tagged: &Tagged, file: File<'_>) -> Node {
        let form = self.node(&tagged.form, file);
        let shown = format!("#{}", tagged.tag.name);
        let late = is_late(&form) || form.as_str().is_some_and(|text| text.contains("${"));
        if late && tag == Tag::Keyword {
            let message = "`#keyword` is put on something that only the environment tells";
            let hint = "choose with #profile or #hostname, or write the keyword itself";
            return self.refuse(node.span, codes::TAG_FORM, message, "not known yet", hint);
        }
        if late {
            return left(node, tagged, form);
        }
        let Some(text) = text(&form) else {
            return self.wrong_form(node, &shown, "a text or a number", &form);
        };
        match converted(tag, &form, &text) {
            Some(value) => Node { span: node.span, value },
            None => {
                let message = format!("`{shown}` is put on {text:?}, which is no number");
                self.refuse(node.span, codes::NOT_A_NUMBER, &message, "no number", "write a number")
            }
        }
    }

    /// The value of the key that names the case, or stands in a set with it, else of `:default`, else nil.
    fn case(&mut self, node: &Node, tag: &str, case: &str, tagged: &Tagged, file: File<'_>) -> Node {
        let Value::Map(entries) = &tagged.form.value else {
            return self.wrong_form(node, tag, "a map of cases such as {:dev 1 :default 2}", &tagged.form);
        };
        let named = |name: &str| entries.iter().find(|entry| names(&entry.key, name));
        match named(case).or_else(|| named(DEFAULT)) {
            Some(entry) => self.node(&entry.value, file),
            None => nil(node.span),
        }
    }

    /// One map of several, each over those before; `nil` is as good as an empty one.
    fn merge(&mut self, node: &Node, tagged: &Tagged, file: File<'_>) -> Node {
        let form = self.node(&tagged.form, file);
        let Value::Vector(maps) = &form.value else {
            return self.wrong_form(node, "#merge", "a vector of maps", &form);
        };
        let mut merged: Vec<Entry> = Vec::new();
        for map in maps {
            match &map.value {
                Value::Nil => {}
                Value::Map(entries) => entries.iter().for_each(|entry| put(&mut merged, entry)),
                _ => {
                    return self.wrong_form(node, "#merge", "maps that are known when the tree is read", map);
                }
            }
        }
        Node { span: node.span, value: Value::Map(merged) }
    }
}

/// What is taken where no case fits, and the profile where none is asked for.
const DEFAULT: &str = "default";

/// A tag that stays, on a form that is expanded.
fn left(node: &Node, tagged: &Tagged, form: Node) -> Node {
    let tagged = Tagged { tag: tagged.tag.clone(), tag_span: tagged.tag_span, form };
    Node { span: node.span, value: Value::Tagged(Box::new(tagged)) }
}

fn put(entries: &mut Vec<Entry>, entry: &Entry) {
    match entries.iter_mut().find(|other| other.key.value == entry.key.value) {
        Some(other) => *other = entry.clone(),
        None => entries.push(entry.clone()),
    }
}

fn push_text(parts: &mut Vec<Node>, text: String, span: Span) {
    match parts.last_mut() {
        Some(Node { value: Value::String(before), .. }) => before.push_str(&text),
        _ => parts.push(Node { span, value: Value::String(text) }),
    }
}

fn names(key: &Node, case: &str) -> bool {
    match &key.value {
        Value::Set(keys) => keys.iter().any(|key| names(key, case)),
        Value::Keyword(name) | Value::Symbol(name) => name.to_string() == case,
        Value::String(text) => text == case,
        _ => false,
    }
}

/// What Clojure's `str` makes of an atom; none for what has no text of its own.
fn text(node: &Node) -> Option<String> {
    match &node.value {
        Value::Nil => Some(String::new()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Char(letter) => Some(letter.to_string()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(format!("{number:?}")),
        Value::BigInteger(digits) | Value::Decimal(digits) => Some(digits.clone()),
        Value::String(text) => Some(text.clone()),
        Value::Symbol(name) => Some(name.to_string()),
        Value::Keyword(name) => Some(format!(":{name}")),
        _ => None,
    }
}

fn converted(tag: Tag, form: &Node, text: &str) -> Option<Value> {
    match tag {
        Tag::Long => text.parse().ok().map(Value::Integer),
        Tag::Double => text.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Float),
        Tag::Boolean => Some(Value::Bool(text.eq_ignore_ascii_case("true"))),
        _ => Some(match &form.value {
            Value::Keyword(name) => Value::Keyword(name.clone()),
            _ => Value::Keyword(Name { namespace: None, name: text.to_owned() }),
        }),
    }
}
