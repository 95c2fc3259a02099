//! The forms of a collection to its node.

use crate::diagnostic::Span;
use crate::edn::lexer::Collection;
use crate::edn::report::{Problem, Refusal};
use crate::edn::{Entry, Name, Node, Value, codes, duplicates};

use super::{Form, Kind, Reader};

impl Reader<'_> {
    /// Ends the innermost frame, which is a collection, and puts it into the one around it.
    pub(super) fn finish_collection(&mut self, end: usize) {
        let Some(frame) = self.leave() else { return };
        let Kind::Collection(collection, namespace) = frame.kind else { return };
        let span = Span::new(frame.opening.start, end);
        let forms = self.forms.get_mut(frame.first..).unwrap_or_default();
        if let Some(namespace) = &namespace {
            qualify(forms, namespace);
        }
        let mut sound = forms.iter().all(|form| form.node().is_some());
        // Where brackets went astray in it, its forms may be those of another.
        let unreliable = frame.unreliable || self.astray.is_some_and(|at| frame.opening.start < at);
        for refusal in problems(collection, forms, frame.opening, unreliable) {
            sound = false;
            self.report.add(refusal);
        }
        let form = if sound {
            Form::Sound(Node { span, value: self.value(collection, frame.first) })
        } else {
            Form::Broken(span)
        };
        self.forms.truncate(frame.first);
        self.push(form);
    }

    fn value(&mut self, collection: Collection, first: usize) -> Value {
        match collection {
            Collection::List => Value::List(self.nodes(first)),
            Collection::Vector => Value::Vector(self.nodes(first)),
            Collection::Set => Value::Set(self.nodes(first)),
            Collection::Map => Value::Map(self.entries(first)),
        }
    }

    fn nodes(&mut self, first: usize) -> Vec<Node> {
        let mut nodes = Vec::with_capacity(self.forms.len() - first);
        nodes.extend(self.forms.drain(first..).filter_map(sound));
        nodes
    }

    fn entries(&mut self, first: usize) -> Vec<Entry> {
        let mut entries = Vec::with_capacity((self.forms.len() - first) / 2);
        let mut nodes = self.forms.drain(first..).filter_map(sound);
        while let (Some(key), Some(value)) = (nodes.next(), nodes.next()) {
            entries.push(Entry { key, value });
        }
        entries
    }
}

fn sound(form: Form) -> Option<Node> {
    match form {
        Form::Sound(node) => Some(node),
        Form::Broken(_) => None,
    }
}

fn problems(collection: Collection, forms: &[Form], opening: Span, unreliable: bool) -> Vec<Refusal> {
    match collection {
        Collection::List | Collection::Vector => Vec::new(),
        Collection::Set => {
            let nodes = forms.iter().filter_map(Form::node);
            duplicates::find(nodes).into_iter().map(|again| again.refusal(codes::DUPLICATE_ELEMENT)).collect()
        }
        // Where keys and values have changed places, every second value would be called a duplicate.
        Collection::Map if forms.len() % 2 == 1 => {
            odd_map(forms, opening).into_iter().filter(|_| !unreliable).collect()
        }
        Collection::Map => {
            let keys = forms.iter().step_by(2).filter_map(Form::node);
            duplicates::find(keys).into_iter().map(|again| again.refusal(codes::DUPLICATE_KEY)).collect()
        }
    }
}

fn odd_map(forms: &[Form], opening: Span) -> Option<Refusal> {
    let key = forms.get(key_without_value(forms))?.span();
    let problem = Problem::new(
        codes::ODD_MAP,
        key,
        "a map has a key without a value",
        "this key has no value",
        "write a value behind it, or remove it; `nil` is a value",
    );
    Some(problem.also(opening, "in this map"))
}

/// The last form, unless keys and values change places before it: in `{:a :b 1}` it is `:a` that lacks its value.
fn key_without_value(forms: &[Form]) -> usize {
    let is_keyword = |at: usize| {
        forms.get(at).and_then(Form::node).is_some_and(|node| matches!(node.value, Value::Keyword(_)))
    };
    let last = forms.len().saturating_sub(1);
    let shifted =
        (0..last).step_by(2).find(|&at| is_keyword(at) && is_keyword(at + 1) && !is_keyword(at + 2));
    shifted.filter(|_| !is_keyword(last)).unwrap_or(last)
}

/// Gives the plain keys of a map its namespace, as Clojure does; `:_/key` stays without.
fn qualify(forms: &mut [Form], namespace: &str) {
    for form in forms.iter_mut().step_by(2) {
        if let Form::Sound(Node { value: Value::Keyword(name) | Value::Symbol(name), .. }) = form {
            qualify_name(name, namespace);
        }
    }
}

fn qualify_name(name: &mut Name, namespace: &str) {
    match name.namespace.as_deref() {
        None => name.namespace = Some(namespace.to_owned()),
        Some("_") => name.namespace = None,
        Some(_) => {}
    }
}
