//! Walking through a source, putting in the place of each tag what it stands for.

use std::collections::BTreeSet;

use crate::diagnostic::{Checked, Diagnostic, Source, Span};
use crate::edn::{self, Entry, Node, Tagged, Value};

use super::{Expanded, SourceMap, Surroundings, codes, include, shifted, tags};

/// Nodes that includes and references may bring in: fifty times what a daemon of a hundred apps has. Each level of
/// references to references can double what there is.
const MOST_NODES: usize = 100_000;

/// So many bytes of text, or of a file that is read, weigh as much as one node: a text can be doubled like anything else.
const NODE_BYTES: usize = 64;

/// How deep forms may be nested once everything is in its place; the reader alone allows 128.
const MAX_DEPTH: usize = 256;

/// The state of one walk.
pub(super) struct Expander<'s> {
    pub(super) surroundings: &'s Surroundings,
    map: SourceMap,
    includes: BTreeSet<String>,
    diagnostics: Vec<Diagnostic>,
    /// What has been said, and where: what is referred to in many places is wrong in one.
    told: BTreeSet<(String, Span, &'static str)>,
    /// Includes and references that are being followed, outermost first.
    trail: Vec<Followed>,
    budget: usize,
    depth: usize,
    /// Whether a `#profile` has a case for the profile that is asked for.
    pub(super) knows_profile: bool,
}

/// One step of a trail: what it leads to, and the tag that says so.
struct Followed {
    target: String,
    tag: Span,
}

/// The file that a node stands in.
#[derive(Clone, Copy)]
pub(super) struct File<'f> {
    path: &'f str,
    /// What `#ref` looks into.
    root: &'f Node,
}

impl<'s> Expander<'s> {
    pub(super) fn new(surroundings: &'s Surroundings) -> Self {
        Self {
            surroundings,
            map: SourceMap::default(),
            includes: BTreeSet::new(),
            diagnostics: Vec::new(),
            told: BTreeSet::new(),
            trail: Vec::new(),
            budget: MOST_NODES,
            depth: 0,
            knows_profile: false,
        }
    }

    pub(super) fn source(mut self, source: &Source) -> Checked<Expanded> {
        self.trail.push(Followed { target: source.path.clone(), tag: Span::default() });
        let root = self.file(source);
        Checked::new(
            Expanded { root, map: self.map, includes: self.includes, knows_profile: self.knows_profile },
            self.diagnostics,
        )
    }

    fn file(&mut self, source: &Source) -> Option<Node> {
        let raw = self.raw(source)?;
        // As most are.
        if !has_tags(&raw) {
            return Some(raw);
        }
        Some(self.node(&raw, File { path: &source.path, root: &raw }))
    }

    /// A source as it is written.
    fn raw(&mut self, source: &Source) -> Option<Node> {
        let start = self.map.add(&source.path, source.contents.len());
        let read = edn::read(source);
        read.diagnostics.into_iter().for_each(|diagnostic| self.tell(diagnostic));
        Some(shifted(read.output?, start))
    }

    /// A node with everything in its place.
    pub(super) fn node(&mut self, node: &Node, file: File<'_>) -> Node {
        self.depth += 1;
        let expanded = if self.depth > MAX_DEPTH {
            self.too_much(node.span);
            nil(node.span)
        } else {
            self.shallow(node, file)
        };
        self.depth -= 1;
        expanded
    }

    fn shallow(&mut self, node: &Node, file: File<'_>) -> Node {
        let value = match &node.value {
            Value::Tagged(tagged) => return self.tagged(node, tagged, file),
            Value::List(items) => Value::List(self.nodes(items, file)),
            Value::Vector(items) => Value::Vector(self.nodes(items, file)),
            Value::Set(items) => Value::Set(self.nodes(items, file)),
            Value::Map(entries) => Value::Map(entries.iter().map(|entry| self.entry(entry, file)).collect()),
            atom => atom.clone(),
        };
        Node { span: node.span, value }
    }

    pub(super) fn nodes(&mut self, nodes: &[Node], file: File<'_>) -> Vec<Node> {
        nodes.iter().map(|node| self.node(node, file)).collect()
    }

    /// What stands under a key with a namespace is the author's own, until a `#ref` leads there.
    fn entry(&mut self, entry: &Entry, file: File<'_>) -> Entry {
        let is_note = entry.key.as_keyword().is_some_and(|name| name.namespace.is_some());
        let value = if is_note { entry.value.clone() } else { self.node(&entry.value, file) };
        Entry { key: self.node(&entry.key, file), value }
    }

    fn tagged(&mut self, node: &Node, tagged: &Tagged, file: File<'_>) -> Node {
        match tags::Tag::named(&tagged.tag) {
            Some(tag) => self.apply(tag, node, tagged, file),
            // Told of by whoever reads the whole.
            None => node.clone(),
        }
    }

    /// What an `#include` leads to.
    pub(super) fn include(&mut self, node: &Node, tagged: &Tagged, file: File<'_>) -> Node {
        let included = self.included(node, tagged, file, Self::node);
        self.charge(included, node.span)
    }

    /// What somebody makes of a file that is included; nothing where there is none, which has been told then.
    fn included(
        &mut self,
        node: &Node,
        tagged: &Tagged,
        file: File<'_>,
        then: impl FnOnce(&mut Self, &Node, File<'_>) -> Node,
    ) -> Node {
        let form = self.node(&tagged.form, file);
        let Some(written) = form.as_str() else {
            return self.wrong_form(node, "#include", "a path such as \"shared.edn\"", &form);
        };
        let path = match include::target(file.path, written, &self.surroundings.root_to_base) {
            Ok(path) => path,
            Err(why) => {
                let hint = "include an .edn file below the base of the tree, by its path from the file that includes it";
                let message = format!("{written:?} cannot be included: it {why}");
                return self.refuse(node.span, codes::INCLUDE_REFUSED, &message, "not followed", hint);
            }
        };
        self.includes.insert(path.clone());
        if !self.enter(&path, tagged.tag_span) {
            return nil(node.span);
        }
        let contents = self.surroundings.included.get(&path);
        let included = match contents.cloned().unwrap_or_else(|| Err("it was not looked for".to_owned())) {
            Ok(contents) => {
                // Reading it is work, whatever is taken of it.
                self.spend(1 + contents.len() / NODE_BYTES, node.span);
                if self.budget == 0 {
                    self.trail.pop();
                    return nil(node.span);
                }
                let source = Source { path, contents };
                let raw = self.raw(&source).unwrap_or_else(|| nil(node.span));
                then(self, &raw, File { path: &source.path, root: &raw })
            }
            Err(why) => {
                let message = format!("`{path}` cannot be included: {why}");
                let hint = "correct the path, or make the file readable";
                self.refuse(node.span, codes::INCLUDE_UNREADABLE, &message, "not read", hint)
            }
        };
        self.trail.pop();
        included
    }

    /// What a `#ref` leads to: a path of keys and indexes from the root of the file that it stands in.
    pub(super) fn reference(&mut self, node: &Node, tagged: &Tagged, file: File<'_>) -> Node {
        let form = self.node(&tagged.form, file);
        let Some(path) = form.as_vector() else {
            return self.wrong_form(node, "#ref", "a path of keys such as [:my/shared :env]", &form);
        };
        let target = format!("{}#{}-{}", file.path, node.span.start, node.span.end);
        if !self.enter(&target, node.span) {
            return nil(node.span);
        }
        let found = self.walk(file.root, path, file);
        self.trail.pop();
        match found {
            Some(found) => self.charge(found, node.span),
            None => {
                let hint = "a path begins at the root of the file, such as #ref [:my/shared :env]";
                self.refuse(node.span, codes::REF_NOWHERE, "this `#ref` leads nowhere", "nothing there", hint)
            }
        }
    }

    /// Follows a path from a node of a file; tags on the way are put in place first, and includes are gone into.
    fn walk(&mut self, from: &Node, path: &[Node], file: File<'_>) -> Option<Node> {
        let mut at = from;
        for (index, step) in path.iter().enumerate() {
            if let Value::Tagged(tagged) = &at.value {
                return self.walk_through(at, tagged, path.get(index..)?, file);
            }
            at = stepped(at, step)?;
        }
        Some(self.node(at, file))
    }

    /// What stands under the author's own keys is as it was written, wherever it has come from: its tags are put in place
    /// by the file that they stand in.
    fn walk_through(&mut self, at: &Node, tagged: &Tagged, path: &[Node], file: File<'_>) -> Option<Node> {
        // Each file may lead on into the next.
        self.depth += 1;
        let found = if self.depth > MAX_DEPTH {
            self.too_much(at.span);
            Some(nil(at.span))
        } else {
            self.walk_behind(at, tagged, path, file)
        };
        self.depth -= 1;
        found
    }

    fn walk_behind(&mut self, at: &Node, tagged: &Tagged, path: &[Node], file: File<'_>) -> Option<Node> {
        if tags::Tag::named(&tagged.tag) == Some(tags::Tag::Include) {
            let mut found = true;
            let node = self.included(at, tagged, file, |this, raw, file| {
                let node = this.walk(raw, path, file);
                found = node.is_some();
                node.unwrap_or_else(|| nil(at.span))
            });
            return found.then_some(node);
        }
        let expanded = self.node(at, file);
        let is_known = !matches!(expanded.value, Value::Tagged(_));
        is_known.then(|| self.walk(&expanded, path, file))?
    }

    /// Goes on along a trail, unless that leads back to where it came from, or it was given up.
    fn enter(&mut self, target: &str, tag: Span) -> bool {
        if self.budget == 0 {
            return false;
        }
        let Some(first) = self.trail.iter().position(|step| step.target == target) else {
            self.trail.push(Followed { target: target.to_owned(), tag });
            return true;
        };
        // A way round is met once for each way that leads to it: that is what makes circles through circles slow.
        self.spend(1, tag);
        let origin = self.map.locate(tag);
        if self.told.contains(&(origin.path.clone(), origin.span, codes::CYCLE)) {
            return false;
        }
        let cycle: Vec<Span> = self.trail.iter().skip(first + 1).map(|step| step.tag).collect();
        let message = match target.split_once('#') {
            Some(_) => "this `#ref` leads back to itself".to_owned(),
            None => {
                let steps = self.trail.iter().skip(first).filter(|step| !step.target.contains('#'));
                let files: Vec<&str> = steps.map(|step| step.target.as_str()).chain([target]).collect();
                format!("these files include one another: {}", files.join(" → "))
            }
        };
        let error = Diagnostic::error(codes::CYCLE, message, &origin.path, origin.span, "and so on");
        let error = cycle.into_iter().fold(error, |error, span| {
            let step = self.map.locate(span);
            error.also(&step.path, step.span, "leads on")
        });
        self.tell(error.hint("take one of them out of the circle"));
        false
    }

    /// What came from elsewhere, if that is not too much by now.
    fn charge(&mut self, node: Node, at: Span) -> Node {
        self.spend(weight(&node), at);
        if self.budget > 0 { node } else { nil(at) }
    }

    fn spend(&mut self, nodes: usize, at: Span) {
        self.budget = self.budget.saturating_sub(nodes);
        if self.budget == 0 {
            self.too_much(at);
        }
    }

    fn too_much(&mut self, at: Span) {
        self.budget = 0;
        if !self.diagnostics.iter().any(|it| it.code == codes::TOO_MUCH) {
            let hint = "references to references double what there is with each step: write less of it";
            let message = "what is included or referred to is too much, or too deep";
            self.refuse(at, codes::TOO_MUCH, message, "here it was given up", hint);
        }
    }

    /// Reports something, and gives what takes its place.
    pub(super) fn refuse(
        &mut self,
        span: Span,
        code: &'static str,
        message: &str,
        label: &str,
        hint: &str,
    ) -> Node {
        let origin = self.map.locate(span);
        self.tell(Diagnostic::error(code, message, &origin.path, origin.span, label).hint(hint));
        nil(span)
    }

    /// Says something once of each place.
    fn tell(&mut self, diagnostic: Diagnostic) {
        let place = diagnostic.labels.first().map(|label| (label.path.clone(), label.span, diagnostic.code));
        if place.is_none_or(|place| self.told.insert(place)) {
            self.diagnostics.push(diagnostic);
        }
    }

    pub(super) fn wrong_form(&mut self, node: &Node, tag: &str, expected: &str, form: &Node) -> Node {
        let message = format!("`{tag}` is put on {expected}, not on {}", form.value.kind_name());
        let hint = format!("write {tag} with {expected}");
        self.refuse(node.span, codes::TAG_FORM, &message, form.value.kind_name(), &hint)
    }
}

/// What takes the place of what could not be made out: the error has been reported.
pub(super) fn nil(span: Span) -> Node {
    Node { span, value: Value::Nil }
}

fn has_tags(node: &Node) -> bool {
    match &node.value {
        Value::Tagged(_) => true,
        Value::List(items) | Value::Vector(items) | Value::Set(items) => items.iter().any(has_tags),
        Value::Map(entries) => entries.iter().any(|entry| has_tags(&entry.key) || has_tags(&entry.value)),
        _ => false,
    }
}

/// What a node weighs against what may be brought in from elsewhere: its nodes, and one more for so many bytes of text.
pub fn weight(node: &Node) -> usize {
    1 + match &node.value {
        Value::List(items) | Value::Vector(items) | Value::Set(items) => items.iter().map(weight).sum(),
        Value::Map(entries) => entries.iter().map(|entry| weight(&entry.key) + weight(&entry.value)).sum(),
        Value::Tagged(tagged) => weight(&tagged.form),
        Value::String(text) | Value::BigInteger(text) | Value::Decimal(text) => text.len() / NODE_BYTES,
        Value::Keyword(name) | Value::Symbol(name) => name.name.len() / NODE_BYTES,
        _ => 0,
    }
}

/// One step into a node: an index into a vector, or a key of a map.
fn stepped<'n>(node: &'n Node, step: &Node) -> Option<&'n Node> {
    match (&node.value, &step.value) {
        (Value::Vector(items), Value::Integer(index)) => items.get(usize::try_from(*index).ok()?),
        (Value::Map(entries), key) => {
            entries.iter().find(|entry| entry.key.value == *key).map(|entry| &entry.value)
        }
        _ => None,
    }
}
