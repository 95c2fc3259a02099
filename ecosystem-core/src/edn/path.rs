//! Looking into nodes: by key, by index, and by a path of them.

use crate::diagnostic::Span;

use super::{Entry, Name, Node, Value};

/// One step into a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// To the value of a keyword without namespace, written without its colon.
    Key(&'a str),
    /// To the value of a key that is a string.
    Text(&'a str),
    /// To an item of a vector or a list.
    Index(usize),
}

/// Where a path leads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place<'a> {
    /// Where the key stands, if the last step was to a key.
    pub key: Option<Span>,
    /// The value.
    pub node: &'a Node,
}

impl Node {
    /// Where `path` leads from here: nothing if any step of it leads nowhere; an empty path leads here.
    ///
    /// ```
    /// use ecosystem_core::diagnostic::Source;
    /// use ecosystem_core::edn::{Step, read};
    ///
    /// let node = read(&Source::new("a", "{:apps [{:env {:PORT 1}}]}")).output.unwrap();
    /// let path = [Step::Key("apps"), Step::Index(0), Step::Key("env"), Step::Key("PORT")];
    /// let port = node.find(&path).unwrap();
    /// assert_eq!(port.key.unwrap().start, 15);
    /// assert_eq!(port.node.as_integer(), Some(1));
    /// ```
    #[must_use]
    pub fn find(&self, path: &[Step<'_>]) -> Option<Place<'_>> {
        let here = Place { key: None, node: self };
        path.iter().try_fold(here, |place, step| place.node.step(*step))
    }

    fn step(&self, step: Step<'_>) -> Option<Place<'_>> {
        let entry = match step {
            Step::Index(index) => {
                return self.as_sequence()?.get(index).map(|node| Place { key: None, node });
            }
            Step::Key(name) => self.entry(name)?,
            Step::Text(text) => self.as_map()?.iter().find(|entry| entry.key.as_str() == Some(text))?,
        };
        Some(Place { key: Some(entry.key.span), node: &entry.value })
    }

    /// The entry of a keyword without namespace, if this is a map that has it.
    #[must_use]
    pub fn entry(&self, keyword: &str) -> Option<&Entry> {
        let is = |name: &Name| name.namespace.is_none() && name.name == keyword;
        self.as_map()?.iter().find(|entry| entry.key.as_keyword().is_some_and(is))
    }

    /// The value of a keyword without namespace, if this is a map that has it.
    #[must_use]
    pub fn get(&self, keyword: &str) -> Option<&Self> {
        self.entry(keyword).map(|entry| &entry.value)
    }

    /// The text, if this is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The name, if this is a keyword.
    #[must_use]
    pub fn as_keyword(&self) -> Option<&Name> {
        match &self.value {
            Value::Keyword(name) => Some(name),
            _ => None,
        }
    }

    /// The number, if this is an integer of 64 bits.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match self.value {
            Value::Integer(value) => Some(value),
            _ => None,
        }
    }

    /// The truth, if this is a boolean.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The entries in the author's order, if this is a map.
    #[must_use]
    pub fn as_map(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items, if this is a vector.
    #[must_use]
    pub fn as_vector(&self) -> Option<&[Self]> {
        match &self.value {
            Value::Vector(items) => Some(items),
            _ => None,
        }
    }

    /// The items, if this is a vector or a list.
    #[must_use]
    pub fn as_sequence(&self) -> Option<&[Self]> {
        match &self.value {
            Value::Vector(items) | Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// Whether this is `nil`.
    #[must_use]
    pub fn is_nil(&self) -> bool {
        self.value == Value::Nil
    }
}

impl Value {
    /// What kind of value it is, with its article, for messages: `a string`, `nil`.
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Nil => "nil",
            Self::Bool(_) => "a boolean",
            Self::Char(_) => "a character",
            Self::Integer(_) | Self::BigInteger(_) => "an integer",
            Self::Float(_) => "a floating point number",
            Self::Decimal(_) => "a decimal number",
            Self::String(_) => "a string",
            Self::Symbol(_) => "a symbol",
            Self::Keyword(_) => "a keyword",
            Self::List(_) => "a list",
            Self::Vector(_) => "a vector",
            Self::Map(_) => "a map",
            Self::Set(_) => "a set",
            Self::Tagged(_) => "a tagged form",
        }
    }
}
