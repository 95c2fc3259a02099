//! The EDN reader, and the writer of strings.

use ecosystem_core::diagnostic::{Checked, Diagnostic, Source};
use ecosystem_core::edn::{self, Entry, MAX_DEPTH, MAX_DIAGNOSTICS, Node, Value};

/// Any bytes are read to a form or to problems, never to both and never to neither; all places lie in the text; and there
/// is no more of anything than there are bytes.
pub fn reader(bytes: &[u8]) {
    let source = Source { path: "a.edn".to_owned(), contents: bytes.to_vec() };
    let Checked { output, diagnostics } = edn::read(&source);
    assert_eq!(output.is_none(), diagnostics.iter().any(Diagnostic::is_error), "a form, or problems");
    assert!(diagnostics.len() <= MAX_DIAGNOSTICS + 1, "{} problems", diagnostics.len());
    diagnostics.iter().for_each(|diagnostic| labels(diagnostic, &source));
    if let Some(root) = output {
        let mut nodes = 0;
        form(&root, &source, 0, &mut nodes);
        assert!(nodes <= bytes.len(), "{nodes} nodes of {} bytes", bytes.len());
    }
}

fn labels(diagnostic: &Diagnostic, source: &Source) {
    assert!(!diagnostic.labels.is_empty() && diagnostic.hint.is_some(), "{diagnostic:?}");
    for label in &diagnostic.labels {
        let (span, text) = (label.span, source.readable());
        assert!(span.start <= span.end && span.end <= source.contents.len(), "{span:?}");
        let is_whole = |offset| offset >= text.len() || text.is_char_boundary(offset);
        assert!(is_whole(span.start) && is_whole(span.end), "{span:?} cuts a character");
    }
}

fn form(node: &Node, source: &Source, depth: usize, nodes: &mut usize) {
    *nodes += 1;
    assert!(depth <= MAX_DEPTH, "nested {depth} deep");
    let text = source.readable().get(node.span.start..node.span.end);
    assert!(text.is_some_and(|text| !text.is_empty()), "{:?}", node.span);
    if let Value::String(text) = &node.value {
        comes_back(text);
    }
    let mut before = node.span.start;
    for child in children(node) {
        assert!(before <= child.span.start && child.span.end <= node.span.end, "{:?}", child.span);
        before = child.span.end;
        form(child, source, depth + 1, nodes);
    }
}

fn comes_back(text: &str) {
    let written = edn::write_string(text);
    let read = edn::read(&Source::new("a.edn", written.as_str())).output.map(|node| node.value);
    assert_eq!(read, Some(Value::String(text.to_owned())), "written as {written}");
}

fn children(node: &Node) -> Vec<&Node> {
    match &node.value {
        Value::List(items) | Value::Vector(items) | Value::Set(items) => items.iter().collect(),
        Value::Map(entries) => entries.iter().flat_map(|Entry { key, value }| [key, value]).collect(),
        Value::Tagged(tagged) => vec![&tagged.form],
        _ => Vec::new(),
    }
}
