//! Closing what was opened, and what to make of it where the two do not fit.

use crate::diagnostic::Span;
use crate::edn::codes;
use crate::edn::lexer::{Closer, Collection};
use crate::edn::report::{Problem, Refusal};

use super::{Form, Frame, Kind, Reader};

/// Most openings that are shown beside the first.
const MOST_SHOWN: usize = 3;

impl Frame {
    fn collection(&self) -> Option<Collection> {
        match self.kind {
            Kind::Collection(collection, _) => Some(collection),
            Kind::File | Kind::Tag(_) => None,
        }
    }

    fn is_closed_by(&self, closer: Closer) -> bool {
        self.collection().is_some_and(|collection| collection.closer() == closer)
    }
}

impl Reader<'_> {
    #[inline]
    pub(super) fn close(&mut self, closer: Closer, at: Span) {
        self.end_prefixes();
        if self.frame.is_closed_by(closer) {
            self.finish_collection(at.end);
        } else {
            self.close_by_other(closer, at);
        }
    }

    /// Where something further out is closed by it, what lies between lacks its closer; else it is the wrong one.
    fn close_by_other(&mut self, closer: Closer, at: Span) {
        let Some(collection) = self.frame.collection() else {
            return self.close_nothing(closer, at);
        };
        if !self.follows_from_earlier() {
            self.report.add(mismatch(closer, at, collection, self.frame.opening));
        }
        self.astray = Some(at.start);
        match self.outer.iter().rposition(|frame| frame.is_closed_by(closer)) {
            Some(around) => {
                self.abandon_down_to(around, at.start);
                self.finish_collection(at.end);
            }
            None => self.abandon(at.end),
        }
    }

    fn close_nothing(&mut self, closer: Closer, at: Span) {
        if !self.follows_from_earlier() {
            self.report.add(unopened(closer, at));
        }
        self.astray = Some(at.start);
    }

    /// Whether what is open was open already when brackets went astray: one mistake is reported once.
    fn follows_from_earlier(&self) -> bool {
        self.astray.is_some_and(|at| self.frame.opening.start < at || self.outer.is_empty())
    }

    pub(super) fn end_of_file(&mut self) {
        self.end_prefixes();
        if let Some(collection) = self.frame.collection() {
            if !self.follows_from_earlier() {
                self.report.add(self.unclosed(collection));
            }
            self.abandon_down_to(0, self.text.len());
        }
    }

    fn unclosed(&self, collection: Collection) -> Refusal {
        let opening = collection.opening();
        let end = Span::new(self.text.len(), self.text.len());
        let first = Problem::new(
            codes::UNCLOSED,
            self.frame.opening,
            format!("`{opening}` is not closed"),
            "opened here",
            format!("add `{}` where it should end", collection.closer().text()),
        );
        let around = self.outer.iter().rev().filter(|frame| frame.collection().is_some());
        let shown =
            around.take(MOST_SHOWN).fold(first, |so_far, frame| so_far.also(frame.opening, "open as well"));
        shown.also(end, "the file ends here")
    }

    /// Ends all that is open inside of the frame with `depth` frames around it.
    fn abandon_down_to(&mut self, depth: usize, end: usize) {
        while self.outer.len() > depth {
            self.abandon(end);
            self.end_prefixes();
        }
    }

    /// Ends the innermost collection, unsound, without looking at it any further.
    fn abandon(&mut self, end: usize) {
        if let Some(frame) = self.leave() {
            self.forms.truncate(frame.first);
            self.push(Form::Broken(Span::new(frame.opening.start, end)));
        }
    }

    /// Reports each tag and `#_` that is left without a form where something ends.
    #[inline]
    fn end_prefixes(&mut self) {
        loop {
            for discard in std::mem::take(&mut self.frame.discards) {
                self.frame.unreliable = true;
                // Metadata that lacks its form was reported where it stands.
                if self.text_of(discard) == "#_" {
                    self.report.add(without_form(codes::DISCARD_WITHOUT_FORM, "`#_`", discard));
                }
            }
            let (Kind::Tag(_), tag) = (&self.frame.kind, self.frame.opening) else { return };
            self.report.add(without_form(codes::TAG_WITHOUT_FORM, "a tag", tag));
            self.leave();
            self.push(Form::Broken(tag));
        }
    }
}

fn mismatch(closer: Closer, at: Span, collection: Collection, opening: Span) -> Refusal {
    let (found, expected) = (closer.text(), collection.closer().text());
    let open = collection.opening();
    Problem::new(
        codes::MISMATCHED,
        at,
        format!("`{open}` is closed by `{found}`"),
        format!("expected `{expected}`"),
        format!("write `{expected}` before or instead of `{found}`, or remove what is too much"),
    )
    .also(opening, format!("`{open}` opened here"))
}

fn unopened(closer: Closer, at: Span) -> Refusal {
    let found = closer.text();
    Problem::new(
        codes::UNOPENED,
        at,
        format!("`{found}` closes nothing"),
        "nothing is open here",
        "remove it, or open what it closes",
    )
}

fn without_form(code: &'static str, what: &str, at: Span) -> Refusal {
    Problem::new(
        code,
        at,
        format!("{what} has no form behind it"),
        "expected a form behind this",
        "write the form that it belongs to, or remove it",
    )
}
