//! Nodes to edn-rs's values, for embedders who speak them.

use edn_rs::{Edn, List, Map, Set, Vector};

use super::{Name, Node, Value};

impl Node {
    /// The same value in edn-rs's type, as its own parser would give it where that reads the text right.
    ///
    /// edn-rs has less to say some things with. Its maps have the text of the key for a key and no order: keys whose
    /// texts are equal, such as `1` and `1.0`, become one, with the last value. A decimal becomes the nearest
    /// floating point number; an integer beyond 64 bits becomes the rational `digits/1`, which keeps its digits.
    /// Spans are lost.
    #[must_use]
    pub fn to_edn(&self) -> Edn {
        match &self.value {
            Value::Nil => Edn::Nil,
            Value::Bool(value) => Edn::Bool(*value),
            Value::Char(value) => Edn::Char(*value),
            Value::Integer(value) => integer(*value),
            Value::BigInteger(digits) => big_integer(digits),
            Value::Float(value) => Edn::Double((*value).into()),
            Value::Decimal(digits) => Edn::Double(digits.parse().unwrap_or(f64::NAN).into()),
            Value::String(text) => Edn::Str(text.clone()),
            Value::Symbol(name) => Edn::Symbol(name.to_string()),
            Value::Keyword(name) => Edn::Key(format!(":{name}")),
            Value::List(items) => Edn::List(List::new(items.iter().map(Self::to_edn).collect())),
            Value::Vector(items) => Edn::Vector(Vector::new(items.iter().map(Self::to_edn).collect())),
            Value::Set(items) => Edn::Set(Set::new(items.iter().map(Self::to_edn).collect())),
            Value::Map(entries) => {
                let entry = |entry: &super::Entry| (entry.key.to_edn().to_string(), entry.value.to_edn());
                Edn::Map(Map::new(entries.iter().map(entry).collect()))
            }
            Value::Tagged(tagged) => Edn::Tagged(tagged.tag.to_string(), Box::new(tagged.form.to_edn())),
        }
    }
}

/// edn-rs keeps what is not negative without a sign.
fn integer(value: i64) -> Edn {
    u64::try_from(value).map_or(Edn::Int(value), Edn::UInt)
}

fn big_integer(digits: &str) -> Edn {
    digits.parse().map_or_else(|_| Edn::Rational(format!("{digits}/1")), Edn::UInt)
}

impl std::fmt::Display for Name {
    /// As it is written: `namespace/name` or `name`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        f.write_str(&self.name)
    }
}
