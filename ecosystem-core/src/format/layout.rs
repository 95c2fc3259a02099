//! Forms to lines.

use super::WIDTH;
use super::forms::{Discard, Form, Item, Part, Shape, What, width};
use super::page::Page;

/// Wider keys have their value right behind them, and the values of the others do not stand as far away.
const WIDEST_KEY: usize = 40;

/// The text of a file that holds these.
pub(super) fn layout(items: &[Item]) -> String {
    let mut layout = Layout { page: Page::new() };
    layout.items(items, 0, 0);
    layout.page.finish()
}

struct Layout {
    page: Page,
}

impl Layout {
    /// `tail` is how many columns of closing delimiters follow.
    fn form(&mut self, form: &Form, tail: usize) {
        match (&form.flat, &form.shape) {
            (Some(flat), _) if self.fits(flat, tail) => self.page.write(flat),
            (_, Shape::Atom(text)) => self.page.write(text),
            (_, Shape::Collection(opening, items, closing)) => self.collection(opening, items, closing, tail),
            (_, Shape::Tagged(tag, between, form)) => {
                let column = self.indent();
                self.page.write(tag);
                self.between(between, column, None);
                self.form(form, tail);
            }
        }
    }

    /// Where the lines of what begins here stand. Behind a text of a megabyte that is not below its end: blanks would make
    /// of each line in there a megabyte as well.
    fn indent(&self) -> usize {
        self.page.column().min(WIDTH)
    }

    fn fits(&self, flat: &str, tail: usize) -> bool {
        self.page.column() + width(flat) + tail <= WIDTH
    }

    fn collection(&mut self, opening: &str, items: &[Item], closing: &str, tail: usize) {
        self.page.write(opening);
        let column = self.indent();
        self.items(items, column, tail + width(closing));
        if self.page.is_closed() {
            self.page.new_line(column);
        }
        self.page.write(closing);
    }

    /// Items from where the page is, which is `column` or, in the file, its beginning.
    fn items(&mut self, items: &[Item], column: usize, tail: usize) {
        // A file is a collection of one form: that its atoms fill lines makes no difference.
        let fills = items.iter().all(|item| item.is_plain() || matches!(item.what, What::Comment(_)));
        let values = column + widest_key(items) + 1;
        for (at, item) in items.iter().enumerate() {
            let tail = if at + 1 == items.len() { tail } else { 0 };
            let goes_on = at > 0 && (fills || item.is_comment()) && self.goes_on(item, tail);
            match (at, goes_on) {
                (0, _) => {}
                (_, true) => self.page.write(" "),
                (_, false) => self.break_line(item, column),
            }
            self.item(item, goes_on, values, tail);
        }
    }

    /// Whether an item follows on the line of the one before it.
    fn goes_on(&self, item: &Item, tail: usize) -> bool {
        let has_room = |flat: String| self.fits(&flat, tail + 1);
        item.lines == 0 && !self.page.is_closed() && (item.is_comment() || item.flat().is_some_and(has_room))
    }

    fn break_line(&mut self, item: &Item, column: usize) {
        if item.lines > 1 {
            self.page.empty_line();
        }
        self.page.new_line(column);
    }

    fn item(&mut self, item: &Item, goes_on: bool, values: usize, tail: usize) {
        match &item.what {
            What::Comment(text) if goes_on => self.page.comment_behind(text),
            What::Comment(text) => self.page.comment(text),
            What::Discard(discard) => self.discard(discard, tail),
            What::Form(form) => self.form(form, tail),
            What::Pair(key, between, value) => {
                self.form(key, 0);
                self.between(between, values, key_width(key).map(|_| values));
                self.form(value, tail);
            }
        }
    }

    /// What stands between a key or a tag and its form, and the blank or line end before that form.
    ///
    /// New lines begin at `column`; `aligned` is where to go on on this one, else behind one space.
    fn between(&mut self, items: &[Item], column: usize, aligned: Option<usize>) {
        let mut aligned = aligned;
        let mut stays = true;
        for item in items {
            match &item.what {
                What::Comment(text) if item.lines == 0 && !self.page.is_closed() => {
                    self.page.comment_behind(text);
                }
                What::Comment(text) => {
                    self.page.new_line(column);
                    self.page.comment(text);
                }
                What::Discard(discard) => {
                    self.go_on(stays, column, aligned.take());
                    self.discard(discard, 0);
                    stays = item.is_plain();
                }
                What::Form(_) | What::Pair(..) => {}
            }
        }
        self.go_on(stays, column, aligned);
    }

    fn go_on(&mut self, stays: bool, column: usize, aligned: Option<usize>) {
        if stays && !self.page.is_closed() {
            self.page.pad_to(aligned.unwrap_or_default());
        } else {
            self.page.new_line(column);
        }
    }

    fn discard(&mut self, discard: &Discard, tail: usize) {
        let column = self.indent();
        let mut after_form = false;
        for (at, part) in discard.parts.iter().enumerate() {
            if self.page.is_closed() {
                self.page.new_line(column);
            } else if after_form && !matches!(part, Part::Comment { .. }) {
                self.page.write(" ");
            }
            let tail = if at + 1 == discard.parts.len() { tail } else { 0 };
            match part {
                Part::Mark => self.page.write("#_"),
                Part::Form(form) => self.form(form, tail),
                Part::Comment { lines: 0, text } => self.page.comment_behind(text),
                Part::Comment { text, .. } => {
                    self.page.new_line(column);
                    self.page.comment(text);
                }
            }
            after_form = matches!(part, Part::Form(_));
        }
    }
}

fn widest_key(items: &[Item]) -> usize {
    let key = |item: &Item| match &item.what {
        What::Pair(key, ..) => key_width(key),
        _ => None,
    };
    items.iter().filter_map(key).max().unwrap_or_default()
}

/// What values are aligned behind. Only atoms: how wide a collection is depends on where it stands.
fn key_width(key: &Form) -> Option<usize> {
    key.atom().map(width).filter(|width| *width <= WIDEST_KEY)
}
