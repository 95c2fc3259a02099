//! Equal keys and elements, by Clojure's equality.
//!
//! `[1]` equals `(1)`, `1` equals `1N`, `1.0M` equals `1.00M`, and the order in maps and sets does not count; `1` and
//! `1.0` differ. Two `##NaN` are held to be equal here: a set that has it twice is a mistake.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::mem::discriminant;

use super::report::{Problem, Refusal};
use super::{Entry, Node, Value, codes};

/// A node that equals an earlier one.
pub(super) struct Repeated<'a> {
    first: &'a Node,
    again: &'a Node,
}

impl Repeated<'_> {
    pub(super) fn refusal(&self, code: &'static str) -> Refusal {
        let (message, hint) = match code {
            codes::DUPLICATE_KEY => ("a map has a key twice", "remove one of the two, or rename it"),
            _ => ("a set has an element twice", "remove one of the two"),
        };
        Problem::new(code, self.again.span, message, "again here", hint).also(self.first.span, "first here")
    }
}

/// Up to so many nodes are compared each with each, which takes less time than hashing them.
const FEW: usize = 12;

/// Every node that equals an earlier one, each with the first of its kind.
pub(super) fn find<'a>(nodes: impl Iterator<Item = &'a Node> + Clone) -> Vec<Repeated<'a>> {
    if nodes.clone().take(FEW + 1).count() <= FEW && nodes.clone().all(|node| is_scalar(&node.value)) {
        among_few(&nodes)
    } else {
        by_hash(nodes)
    }
}

fn among_few<'a>(nodes: &(impl Iterator<Item = &'a Node> + Clone)) -> Vec<Repeated<'a>> {
    let pair = |(at, again): (usize, &'a Node)| {
        let first = nodes.clone().take(at).find(|earlier| same(&earlier.value, &again.value))?;
        Some(Repeated { first, again })
    };
    nodes.clone().enumerate().filter_map(pair).collect()
}

/// Nested collections are hashed once for each level around them that needs it: at most `MAX_DEPTH` times.
fn by_hash<'a>(nodes: impl Iterator<Item = &'a Node>) -> Vec<Repeated<'a>> {
    let mut hashed: Vec<_> = nodes.map(|node| (hash(&node.value), node)).collect();
    hashed.sort_by_key(|&(hash, node)| (hash, node.span));
    let alike = hashed.chunk_by(|(a, _), (b, _)| a == b);
    alike.filter(|group| group.len() > 1).flat_map(among_alike).collect()
}

fn among_alike<'a>(group: &[(u64, &'a Node)]) -> Vec<Repeated<'a>> {
    let mut kinds: Vec<&'a Node> = Vec::new();
    let mut repeated = Vec::new();
    for &(_, again) in group {
        match kinds.iter().find(|first| same(&first.value, &again.value)) {
            Some(first) => repeated.push(Repeated { first, again }),
            None => kinds.push(again),
        }
    }
    repeated
}

fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::List(_) | Value::Vector(_) | Value::Map(_) | Value::Set(_) | Value::Tagged(_))
}

/// Whether two values are equal, wherever they stand.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Keyword(a), Value::Keyword(b)) => a == b,
        (Value::Float(a), Value::Float(b)) => a == b || (a.is_nan() && b.is_nan()),
        (Value::Decimal(a), Value::Decimal(b)) => decimal(a) == decimal(b),
        (Value::List(a) | Value::Vector(a), Value::List(b) | Value::Vector(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(&a.value, &b.value))
        }
        (Value::Set(a), Value::Set(b)) => {
            same_unordered(a, b, |node| hash(&node.value), |a, b| same(&a.value, &b.value))
        }
        (Value::Map(a), Value::Map(b)) => same_unordered(a, b, hash_entry, same_entry),
        (Value::Tagged(a), Value::Tagged(b)) => a.tag == b.tag && same(&a.form.value, &b.form.value),
        _ => is_scalar(a) && a == b,
    }
}

fn same_entry(a: &Entry, b: &Entry) -> bool {
    same(&a.key.value, &b.key.value) && same(&a.value.value, &b.value.value)
}

/// Pairs what is to be compared by its hash; items of one side are distinct.
fn same_unordered<T>(a: &[T], b: &[T], hash: impl Fn(&T) -> u64, same: impl Fn(&T, &T) -> bool) -> bool {
    let by_hash = |items: &[T]| {
        let mut order: Vec<_> = items.iter().enumerate().map(|(at, item)| (hash(item), at)).collect();
        order.sort_unstable();
        order
    };
    let (left, right) = (by_hash(a), by_hash(b));
    let pair = |(l, r): (&(u64, usize), &(u64, usize))| match (a.get(l.1), b.get(r.1)) {
        (Some(a), Some(b)) => l.0 == r.0 && same(a, b),
        _ => false,
    };
    left.len() == right.len() && left.iter().zip(&right).all(pair)
}

/// A number that equal values share.
fn hash(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    hash_into(value, &mut hasher);
    hasher.finish()
}

fn hash_entry(entry: &Entry) -> u64 {
    let mut hasher = DefaultHasher::new();
    hash_into(&entry.key.value, &mut hasher);
    hash_into(&entry.value.value, &mut hasher);
    hasher.finish()
}

fn hash_into(value: &Value, hasher: &mut DefaultHasher) {
    // A list and a vector of the same items are equal, so their kinds do not count.
    if !matches!(value, Value::List(_) | Value::Vector(_)) {
        discriminant(value).hash(hasher);
    }
    match value {
        Value::Nil => {}
        Value::Bool(value) => value.hash(hasher),
        Value::Char(value) => value.hash(hasher),
        Value::Integer(value) => value.hash(hasher),
        Value::Float(value) => float_bits(*value).hash(hasher),
        Value::Decimal(digits) => decimal(digits).hash(hasher),
        Value::BigInteger(text) | Value::String(text) => text.hash(hasher),
        Value::Symbol(name) | Value::Keyword(name) => name.hash(hasher),
        Value::List(items) | Value::Vector(items) => {
            items.len().hash(hasher);
            items.iter().for_each(|item| hash_into(&item.value, hasher));
        }
        Value::Map(entries) => sum(entries.iter().map(hash_entry)).hash(hasher),
        Value::Set(items) => sum(items.iter().map(|item| hash(&item.value))).hash(hasher),
        Value::Tagged(tagged) => {
            tagged.tag.hash(hasher);
            hash_into(&tagged.form.value, hasher);
        }
    }
}

fn sum(hashes: impl Iterator<Item = u64>) -> u64 {
    hashes.fold(0, u64::wrapping_add)
}

/// One pattern for both zeros, and one for all that are no number.
fn float_bits(value: f64) -> u64 {
    match value {
        _ if value.is_nan() => f64::NAN.to_bits(),
        _ if value == 0.0 => 0,
        _ => value.to_bits(),
    }
}

/// Sign, digits without zeros at either end, and exponent: `1.0` and `10e-1` are the same.
fn decimal(text: &str) -> (bool, String, i64) {
    let (negative, text) = (text.starts_with('-'), text.trim_start_matches(['+', '-']));
    let (significand, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, part) = significand.split_once('.').unwrap_or((significand, ""));
    let digits = format!("{whole}{part}");
    let kept = digits.trim_end_matches('0');
    let scale = digits.len() as i64 - kept.len() as i64 - part.len() as i64;
    match kept.trim_start_matches('0') {
        "" => (false, String::new(), 0),
        kept => (negative, kept.to_owned(), exponent.parse::<i64>().unwrap_or(0) + scale),
    }
}
