//! Tokens to nodes, on a stack of its own: the input cannot drive recursion.

use crate::diagnostic::{Checked, Source, Span};

use super::lexer::{Collection, Foreign, Lexer, Token, TokenKind};
use super::report::{Problem, Refusal, Report};
use super::{Name, Node, Tagged, Value, atom, codes, foreign};

mod brackets;
mod build;
mod text;

/// Most levels of collections and tags: no one writes more, and functions over nodes may recurse.
pub const MAX_DEPTH: usize = 128;

/// Reads the one form of an EDN file.
///
/// Gives the form, or nothing where there is any error; the diagnostics are E0100 to E0199 (see
/// [`codes`](super::codes)), at most [`MAX_DIAGNOSTICS`](super::MAX_DIAGNOSTICS) and one that says there are more.
/// Valid is what `clojure.edn` 1.11.1 reads, except for Clojure's extensions to EDN (ratios, metadata, quotes),
/// integers beyond 64 bits without `N`, floating point numbers that overflow, invisible characters in names, a
/// blank behind a backslash, and a second form. A byte order mark is allowed.
///
/// ```
/// use ecosystem_core::diagnostic::Source;
/// use ecosystem_core::edn::read;
///
/// let checked = read(&Source::new("ecosystem.edn", "{:apps [{:name \"web\"}]}"));
/// assert!(checked.output.is_some() && checked.diagnostics.is_empty());
/// ```
pub fn read(source: &Source) -> Checked<Option<Node>> {
    let mut report = Report::new(&source.path);
    let text = text::decode(&source.contents, &mut report);
    let mut reader = Reader::new(&text, report);
    reader.run();
    reader.finish()
}

/// A form on the stack.
enum Form {
    Sound(Node),
    /// Something stood here that was reported: it counts as a form, and makes what it is in unsound.
    Broken(Span),
}

impl Form {
    fn span(&self) -> Span {
        match self {
            Self::Sound(node) => node.span,
            Self::Broken(span) => *span,
        }
    }

    fn node(&self) -> Option<&Node> {
        match self {
            Self::Sound(node) => Some(node),
            Self::Broken(_) => None,
        }
    }
}

/// What is being read.
enum Kind {
    /// The file.
    File,
    /// A collection; a map may have the namespace of its keys.
    Collection(Collection, Option<String>),
    /// A tag that waits for its form; without a name it is malformed.
    Tag(Option<Name>),
}

/// Something begun and not ended.
struct Frame {
    kind: Kind,
    /// The opening delimiter, the tag, or the very beginning of the file.
    opening: Span,
    /// Where its forms begin on the stack of forms.
    first: usize,
    /// The `#_` that wait for a form.
    discards: Vec<Span>,
    /// Whether its number of forms says nothing any more.
    unreliable: bool,
}

struct Reader<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    report: Report<'a>,
    /// The innermost frame.
    frame: Frame,
    /// The frames around it.
    outer: Vec<Frame>,
    /// The forms of all frames, one behind the other.
    forms: Vec<Form>,
    /// Where brackets last went wrong: what was opened before may seem wrong only in consequence.
    astray: Option<usize>,
    /// Whether there is no point in reading on.
    stopped: bool,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, report: Report<'a>) -> Self {
        let file = Frame::new(Kind::File, Span::default(), 0);
        let (outer, forms) = (Vec::new(), Vec::new());
        let lexer = Lexer::new(text);
        Self { text, lexer, report, frame: file, outer, forms, astray: None, stopped: false }
    }

    fn run(&mut self) {
        while !self.stopped && !self.report.is_full() {
            match self.lexer.next() {
                Some(token) => self.token(token),
                None => return self.end_of_file(),
            }
        }
    }

    fn finish(mut self) -> Checked<Option<Node>> {
        if self.forms.is_empty() && self.report.is_empty() {
            self.report.add(text::no_form(self.text));
        }
        let output = match self.forms.pop() {
            Some(Form::Sound(node)) if self.report.is_empty() => Some(node),
            _ => None,
        };
        Checked::new(output, self.report.into_diagnostics())
    }

    #[inline]
    fn text_of(&self, span: Span) -> &'a str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    #[inline]
    fn token(&mut self, Token { kind, span }: Token) {
        match kind {
            TokenKind::Open(collection) => self.open(Kind::Collection(collection, None), span),
            TokenKind::Close(closer) => self.close(closer, span),
            TokenKind::Comment => {}
            TokenKind::Discard => self.frame.discards.push(span),
            TokenKind::Tag => self.tag(span),
            TokenKind::Namespace => self.namespaced_map(span),
            TokenKind::Foreign(foreign) => self.foreign(foreign, span),
            TokenKind::UnterminatedString => self.unterminated_string(span),
            _ => self.atom(kind, span),
        }
    }

    #[inline]
    fn atom(&mut self, kind: TokenKind, span: Span) {
        let text = self.text_of(span);
        match atom::read(kind, text, span) {
            Ok(value) => self.push(Form::Sound(Node { span, value })),
            Err(refusal) => {
                // What looks like a blank may stand between two forms that are taken for one.
                self.frame.unreliable |= refusal.is(codes::INVISIBLE_CHARACTER);
                self.report.add(refusal);
                // JSON's colon between key and value is no form: the key and the value are.
                if text != ":" {
                    self.push(Form::Broken(span));
                }
            }
        }
    }

    fn tag(&mut self, span: Span) {
        let name = atom::tag(self.text_of(span), span);
        let name = name.map_err(|refusal| self.report.add(refusal)).ok();
        self.open(Kind::Tag(name), span);
    }

    fn namespaced_map(&mut self, span: Span) {
        let namespace = atom::namespace(self.text_of(span), span);
        let namespace = namespace.map_err(|refusal| self.report.add(refusal));
        // A look ahead, not a step: a row of such prefixes must not become a recursion.
        let mut ahead = self.lexer.clone();
        match ahead.next() {
            Some(Token { kind: TokenKind::Open(Collection::Map), span: brace }) => {
                self.lexer = ahead;
                let opening = Span::new(span.start, brace.end);
                self.open(Kind::Collection(Collection::Map, namespace.ok()), opening);
            }
            _ if namespace.is_ok() => self.report.add(namespace_without_map(span)),
            _ => {}
        }
    }

    /// The form behind such a prefix is read as if the prefix were not there.
    fn foreign(&mut self, foreign: Foreign, span: Span) {
        self.report.add(foreign::refusal(foreign, self.text_of(span), span));
        match foreign {
            // Its first form is not a value of what it stands in.
            Foreign::Metadata => self.frame.discards.push(span),
            Foreign::Unreadable => self.push(Form::Broken(span)),
            _ => {}
        }
    }

    fn unterminated_string(&mut self, span: Span) {
        self.report.add(text::unterminated_string(self.text, span));
        self.stopped = true;
    }

    fn open(&mut self, kind: Kind, opening: Span) {
        if self.outer.len() == MAX_DEPTH {
            self.report.add(too_deep(opening));
            self.stopped = true;
            return;
        }
        let inner = Frame::new(kind, opening, self.forms.len());
        self.outer.push(std::mem::replace(&mut self.frame, inner));
    }

    /// Puts a form where it belongs: to a `#_`, to tags, or into the collection.
    #[inline]
    fn push(&mut self, mut form: Form) {
        while self.frame.discards.pop().is_none() {
            let Kind::Tag(_) = self.frame.kind else {
                return self.keep(form);
            };
            let Some(frame) = self.leave() else { return };
            form = frame.tagged(form);
        }
    }

    #[inline]
    fn keep(&mut self, form: Form) {
        if matches!(self.frame.kind, Kind::File) {
            self.refuse_second(&form);
        }
        self.forms.push(form);
    }

    fn refuse_second(&mut self, form: &Form) {
        if let ([first], None) = (self.forms.as_slice(), self.astray) {
            let (first, second) = (first.span(), form.span());
            self.report.add(text::second_form(self.text, first, second));
            self.astray = Some(second.start);
        }
    }

    /// Ends the innermost frame; there always is one around it, except for the file's.
    fn leave(&mut self) -> Option<Frame> {
        let around = self.outer.pop()?;
        Some(std::mem::replace(&mut self.frame, around))
    }
}

impl Frame {
    fn new(kind: Kind, opening: Span, first: usize) -> Self {
        Self { kind, opening, first, discards: Vec::new(), unreliable: false }
    }

    fn tagged(self, form: Form) -> Form {
        let span = Span::new(self.opening.start, form.span().end);
        match (self.kind, form) {
            (Kind::Tag(Some(tag)), Form::Sound(form)) => {
                let value = Value::Tagged(Box::new(Tagged { tag, tag_span: self.opening, form }));
                Form::Sound(Node { span, value })
            }
            _ => Form::Broken(span),
        }
    }
}

fn too_deep(opening: Span) -> Refusal {
    Problem::new(
        codes::TOO_DEEP,
        opening,
        format!("nested deeper than {MAX_DEPTH} levels"),
        "reading stopped here",
        "close what is open, or make the data flatter",
    )
}

fn namespace_without_map(span: Span) -> Refusal {
    Problem::new(
        codes::BAD_NAMESPACED_MAP,
        span,
        "a namespace for the keys of a map, and no map",
        "expected `{` behind it",
        "write `#:namespace{:key value}`, or remove it",
    )
}
