//! Tokens to forms that have lost nothing but blanks: what a layout is made of.
//!
//! Nodes will not do: they hold no comments, no discards, and atoms by their values.

use crate::diagnostic::Span;
use crate::edn::lexer::{Collection, Lexer, Token, TokenKind};

use super::WIDTH;

/// Something in a collection or in the file, in the author's order.
#[derive(Debug)]
pub(super) struct Item {
    /// Line ends before it, two for an empty line.
    pub(super) lines: usize,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    /// With its semicolons, without blanks at its end.
    Comment(String),
    /// A run of `#_` with all that it discards.
    Discard(Discard),
    Form(Form),
    /// A key of a map, what stands before its value, and the value.
    Pair(Form, Vec<Item>, Form),
}

/// A form, and what it is on one line, if it may be there.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) flat: Option<String>,
    pub(super) shape: Shape,
}

#[derive(Debug)]
pub(super) enum Shape {
    Atom(String),
    /// The opening delimiter, a namespace included; what is in it; the closing one.
    Collection(String, Vec<Item>, &'static str),
    /// `#tag`, what stands before its form, and the form.
    Tagged(String, Vec<Item>, Box<Form>),
}

/// `#_ #_ a b` discards two forms, and `#_` may stand between them as well: a flat row of parts.
#[derive(Debug)]
pub(super) struct Discard {
    pub(super) parts: Vec<Part>,
}

#[derive(Debug)]
pub(super) enum Part {
    Mark,
    Form(Form),
    Comment { lines: usize, text: String },
}

/// What a text holds. The text is one that the reader takes: of others something may be left out.
pub(super) fn forms(text: &str) -> Vec<Item> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    Forms { text, lexer: Lexer::new(text), before: 0 }.items()
}

struct Forms<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    /// Where the last token ended.
    before: usize,
}

impl Forms<'_> {
    /// The next token, and the line ends before it.
    fn next(&mut self) -> Option<(usize, Token)> {
        let token = self.lexer.next()?;
        let lines = line_ends(self.text_of(Span::new(self.before, token.span.start)));
        self.before = token.span.end;
        Some((lines, token))
    }

    fn text_of(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    /// Everything up to a closing delimiter, which is consumed, or to the end.
    fn items(&mut self) -> Vec<Item> {
        let mut items = Vec::new();
        while let Some((lines, token)) = self.next() {
            if matches!(token.kind, TokenKind::Close(_)) {
                break;
            }
            items.push(Item { lines, what: self.what(token) });
        }
        items
    }

    fn what(&mut self, token: Token) -> What {
        match token.kind {
            TokenKind::Comment => What::Comment(self.comment(token)),
            TokenKind::Discard => What::Discard(self.discard()),
            _ => What::Form(self.form(token)),
        }
    }

    fn comment(&self, token: Token) -> String {
        self.text_of(token.span).trim_end().to_owned()
    }

    /// What follows a `#_`, until all that wait for a form have one.
    fn discard(&mut self) -> Discard {
        let (mut parts, mut waiting) = (vec![Part::Mark], 1);
        while waiting > 0 {
            let Some((lines, token)) = self.next() else { break };
            parts.push(match token.kind {
                TokenKind::Comment => Part::Comment { lines, text: self.comment(token) },
                TokenKind::Discard => {
                    waiting += 1;
                    Part::Mark
                }
                _ => {
                    waiting -= 1;
                    Part::Form(self.form(token))
                }
            });
        }
        Discard { parts }
    }

    fn form(&mut self, token: Token) -> Form {
        let text = self.text_of(token.span).to_owned();
        Form::new(match token.kind {
            TokenKind::Open(collection) => self.collection(text, collection),
            TokenKind::Namespace => {
                self.next();
                self.collection(text + Collection::Map.opening(), Collection::Map)
            }
            TokenKind::Tag => self.tagged(text),
            // Blanks may stand between `##` and the word.
            TokenKind::Symbolic => Shape::Atom(text.split_whitespace().collect()),
            _ => Shape::Atom(text),
        })
    }

    fn collection(&mut self, opening: String, collection: Collection) -> Shape {
        let items = self.items();
        let items = if collection == Collection::Map { pairs(items) } else { items };
        Shape::Collection(opening, items, collection.closer().text())
    }

    fn tagged(&mut self, tag: String) -> Shape {
        let mut between = Vec::new();
        while let Some((lines, token)) = self.next() {
            match self.what(token) {
                What::Form(form) => return Shape::Tagged(tag, between, Box::new(form)),
                what => between.push(Item { lines, what }),
            }
        }
        Shape::Atom(tag)
    }
}

/// Line ends in what stands between two tokens.
fn line_ends(blanks: &str) -> usize {
    blanks.replace("\r\n", "\n").matches(['\n', '\r']).count()
}

/// Keys with their values; what stands between them goes with them.
fn pairs(items: Vec<Item>) -> Vec<Item> {
    let mut rows = Vec::new();
    let mut open: Option<(usize, Form, Vec<Item>)> = None;
    for Item { lines, what } in items {
        match (open.take(), what) {
            (None, What::Form(key)) => open = Some((lines, key, Vec::new())),
            (None, what) => rows.push(Item { lines, what }),
            (Some((lines, key, between)), What::Form(value)) => {
                rows.push(Item { lines, what: What::Pair(key, between, value) });
            }
            (Some((before, key, mut between)), what) => {
                between.push(Item { lines, what });
                open = Some((before, key, between));
            }
        }
    }
    rows
}

impl Form {
    fn new(shape: Shape) -> Self {
        let flat = shape.flat().filter(|flat| !flat.contains('\n') && width(flat) <= WIDTH);
        Self { flat, shape }
    }

    /// An atom's text, unless that has several lines.
    pub(super) fn atom(&self) -> Option<&str> {
        match &self.shape {
            Shape::Atom(text) if !text.contains(['\n', '\r']) => Some(text),
            _ => None,
        }
    }

    /// Whether it is an atom on one line, whatever is before it.
    pub(super) fn is_plain(&self) -> bool {
        match &self.shape {
            Shape::Tagged(_, between, form) => between.iter().all(Item::is_plain) && form.is_plain(),
            Shape::Collection(_, items, _) => items.is_empty(),
            Shape::Atom(_) => self.atom().is_some(),
        }
    }
}

impl Shape {
    fn flat(&self) -> Option<String> {
        match self {
            Self::Atom(text) => (!text.contains(['\n', '\r'])).then(|| text.clone()),
            Self::Collection(opening, items, closing) => {
                // Before the first there is no line end in any layout: one there says nothing.
                let one_line = items.iter().skip(1).all(|item| item.lines == 0);
                let items = if one_line { flat_items(items)? } else { return None };
                Some(format!("{opening}{items}{closing}"))
            }
            Self::Tagged(tag, between, form) => Some(flat_behind(tag, between, form.flat.as_deref()?)?),
        }
    }
}

fn flat_items(items: &[Item]) -> Option<String> {
    let mut flat = String::new();
    for (at, item) in items.iter().enumerate() {
        let after_pair = at.checked_sub(1).and_then(|before| items.get(before)).is_some_and(Item::is_pair);
        flat.push_str(if after_pair { "," } else { "" });
        flat.push_str(if at > 0 { " " } else { "" });
        flat.push_str(&item.flat()?);
    }
    Some(flat)
}

/// `first between last`, if all of it may stand on one line.
fn flat_behind(first: &str, between: &[Item], last: &str) -> Option<String> {
    let between = between.iter().map(Item::flat).collect::<Option<Vec<_>>>()?;
    let between: String = between.into_iter().map(|item| format!("{item} ")).collect();
    Some(format!("{first} {between}{last}"))
}

impl Item {
    /// What it is on one line.
    pub(super) fn flat(&self) -> Option<String> {
        match &self.what {
            What::Comment(_) => None,
            What::Discard(discard) => discard.flat(),
            What::Form(form) => form.flat.clone(),
            What::Pair(key, between, value) => {
                flat_behind(key.flat.as_deref()?, between, value.flat.as_deref()?)
            }
        }
    }

    pub(super) fn is_comment(&self) -> bool {
        matches!(self.what, What::Comment(_))
    }

    fn is_pair(&self) -> bool {
        matches!(self.what, What::Pair(..))
    }

    /// Whether it is nothing but atoms on one line, so that no layout gives it more lines.
    pub(super) fn is_plain(&self) -> bool {
        match &self.what {
            What::Comment(_) | What::Pair(..) => false,
            What::Discard(discard) => discard.is_plain(),
            What::Form(form) => form.is_plain(),
        }
    }
}

impl Discard {
    fn flat(&self) -> Option<String> {
        let mut flat = String::new();
        let mut after_form = false;
        for part in &self.parts {
            flat.push_str(if after_form { " " } else { "" });
            match part {
                Part::Mark => flat.push_str("#_"),
                Part::Form(form) => flat.push_str(form.flat.as_deref()?),
                Part::Comment { .. } => return None,
            }
            after_form = matches!(part, Part::Form(_));
        }
        Some(flat)
    }

    pub(super) fn is_plain(&self) -> bool {
        self.parts.iter().all(|part| match part {
            Part::Mark => true,
            Part::Form(form) => form.is_plain(),
            Part::Comment { .. } => false,
        })
    }
}

/// Columns that a text of one line takes: one for each character.
pub(super) fn width(text: &str) -> usize {
    text.chars().count()
}
