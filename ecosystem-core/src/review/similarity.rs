//! How alike two texts are, as git weighs renames: by the share of bytes in lines that both have.

use std::collections::BTreeMap;

/// From this on a removed file and a new one count as one that was renamed: git's own default.
const RENAMED: u64 = 50;

/// How alike two texts are, from 0 to 100; `None` below what counts as a rename.
///
/// Like git's `-M`, it asks how much of the larger one is in the other, wherever it stands there.
pub(super) fn similarity<'a>(
    a: impl Iterator<Item = &'a [u8]>,
    b: impl Iterator<Item = &'a [u8]>,
) -> Option<u64> {
    let (a, b) = (counted(a), counted(b));
    let size = |side: &BTreeMap<&[u8], u64>| -> u64 { side.iter().map(|(line, n)| weight(line) * n).sum() };
    let shared: u64 = a.iter().map(|(line, n)| weight(line) * n.min(b.get(line).unwrap_or(&0))).sum();
    let percent = (shared * 100).checked_div(size(&a).max(size(&b)))?;
    (percent >= RENAMED).then_some(percent)
}

fn counted<'a>(lines: impl Iterator<Item = &'a [u8]>) -> BTreeMap<&'a [u8], u64> {
    let mut counts = BTreeMap::new();
    for line in lines.filter(|line| !line.trim_ascii().is_empty()) {
        *counts.entry(line.trim_ascii()).or_insert(0) += 1;
    }
    counts
}

fn weight(line: &[u8]) -> u64 {
    line.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shared_counts_by_its_length() {
        let check = |a: &str, b: &str, expected: Option<u64>| {
            let lines = |text: &'static str| text.split('\n').map(str::as_bytes);
            let (a, b): (&'static str, &'static str) = (a.to_owned().leak(), b.to_owned().leak());
            assert_eq!(similarity(lines(a), lines(b)), expected, "{a:?} {b:?}");
        };
        check("a\nb", "a\nb", Some(100));
        check("a\nb", " b\n\na", Some(100));
        check("a\nb", "a\nc", Some(50));
        check("a\nbb", "a\ncc", None);
        check("a\na\na\na", "a", None);
        check("", "", None);
        check("a", "", None);
    }
}
