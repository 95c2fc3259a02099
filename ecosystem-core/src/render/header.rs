//! The header of a generated file: what it says of itself, and whether that still holds.

use sha2::{Digest as _, Sha256};

use super::GeneratedBy;
use super::javascript::{self, Code};
use crate::model::hex;

/// What a generated file says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Digest of the text as it was generated, such as `sha256:0f…`.
    pub digest: String,
    /// When it was generated, as written.
    pub time: String,
    /// Whether the text still is what was generated: false after an edit by hand.
    pub intact: bool,
}

/// Reads the header of a text; `None` if this generator has not written it.
///
/// A text counts as generated if it begins with the generator's first line. With its digest taken out it is
/// ours all the same, but not [`Header::intact`].
#[must_use]
pub fn inspect(text: &str) -> Option<Header> {
    if text.lines().next() != Some(MARK) {
        return None;
    }
    let value = |line| header_lines(text).find_map(|text| text.strip_prefix(line)).unwrap_or_default();
    let digest = value(DIGEST_LINE).to_owned();
    let intact = digest == digest_of(text);
    Some(Header { digest, time: value(TIME_LINE).to_owned(), intact })
}

/// Whether a file on disk says what was rendered, whenever each was generated.
#[must_use]
pub fn is_current(on_disk: &str, rendered: &str) -> bool {
    timeless(on_disk).eq(timeless(rendered))
}

/// A generated text without its header, and without what says the same of each app in another way: its digest, which
/// changes with the definition.
#[must_use]
pub fn body(text: &str) -> String {
    let body = text.split_inclusive('\n').skip_while(|line| line.starts_with("//") || line.trim().is_empty());
    body.filter(|line| !line.trim_start().starts_with(DIGEST_MEMBER)).collect()
}

/// As the template of a daemon's file has it; no author's variable has this name.
const DIGEST_MEMBER: &str = "ECOSYSTEM_DIGEST: ";

/// What the templates show in the header.
pub(super) struct HeaderView {
    pub(super) source: Code,
    pub(super) version: Code,
    pub(super) time: Code,
}

impl HeaderView {
    pub(super) fn new(source: &str, by: &GeneratedBy) -> Self {
        Self {
            source: javascript::comment(source),
            version: javascript::comment(&by.version),
            time: javascript::comment(&by.time),
        }
    }
}

/// Writes the digest of a text into its header.
pub(super) fn seal(text: &str) -> String {
    let empty = format!("\n{DIGEST_LINE}\n");
    text.replacen(&empty, &format!("\n{DIGEST_LINE}{}\n", digest_of(text)), 1)
}

/// The first line of every generated file, as `templates/header.mjs` has it.
const MARK: &str = "// GENERATED from the source below. Do not edit: the next run overwrites this file.";
const DIGEST_LINE: &str = "// digest:     ";
const TIME_LINE: &str = "// time:       ";

/// The comments that a text begins with: what looks like a header line further down is none.
fn header_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().take_while(|line| line.starts_with("//"))
}

/// Over everything but the time and the digest itself. Line ends are part of it: a text whose line ends were
/// converted is not what was generated.
fn digest_of(text: &str) -> String {
    let mut hasher = Sha256::new();
    for line in timeless(text) {
        let is_digest = line.is_header && line.text.starts_with(DIGEST_LINE);
        hasher.update(if is_digest { DIGEST_LINE } else { line.text });
    }
    format!("sha256:{}", hex(&hasher.finalize()))
}

#[derive(PartialEq)]
struct Line<'a> {
    text: &'a str,
    is_header: bool,
}

/// The lines, ends included, without the header's line of the time.
fn timeless(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut is_header = true;
    text.split_inclusive('\n')
        .map(move |text| {
            is_header &= text.starts_with("//");
            Line { text, is_header }
        })
        .filter(|line| !(line.is_header && line.text.starts_with(TIME_LINE)))
}
