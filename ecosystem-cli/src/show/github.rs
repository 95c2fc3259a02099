//! Diagnostics as workflow commands: what GitHub Actions takes from a step's output and shows beside the lines.
//!
//! Source of the form: GitHub's documentation, "Workflow commands for GitHub Actions", and the escapes of
//! `@actions/core`, which the runner undoes.

use ecosystem_core::diagnostic::{Diagnostic, Severity};

use super::place::{Places, Region};
use super::printable;

/// One command a line.
pub(crate) fn commands(diagnostics: &[Diagnostic], places: &Places<'_>) -> String {
    diagnostics.iter().map(|diagnostic| command(diagnostic, places)).collect()
}

fn command(diagnostic: &Diagnostic, places: &Places<'_>) -> String {
    let name = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut properties = Vec::new();
    if let Some(label) = diagnostic.labels.first() {
        properties.push(("file", places.file(label).into_string()));
        properties.extend(places.region(label).into_iter().flat_map(position));
    }
    properties.push(("title", diagnostic.code.to_owned()));
    let properties: Vec<String> =
        properties.iter().map(|(name, value)| format!("{name}={}", property(&printable(value)))).collect();
    format!("::{name} {}::{}\n", properties.join(","), data(&text(diagnostic)))
}

/// GitHub takes columns only where both ends are on one line.
fn position(region: Region) -> Vec<(&'static str, String)> {
    let Region { start, end } = region;
    let mut position = vec![("line", start.0.to_string()), ("endLine", end.0.to_string())];
    if start.0 == end.0 {
        position.extend([("col", start.1.to_string()), ("endColumn", end.1.to_string())]);
    }
    position
}

/// What is wrong and what to do; the label too, as nothing underlines here.
fn text(diagnostic: &Diagnostic) -> String {
    let label = diagnostic.labels.first().map(|label| label.text.as_str()).filter(|text| !text.is_empty());
    let label = label.map(|label| format!(": {label}")).unwrap_or_default();
    let hint = diagnostic.hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
    printable(&format!("{}{label}{hint}", diagnostic.message))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;
    use ecosystem_core::diagnostic::{Source, Span};

    use super::*;

    #[test]
    fn nothing_in_a_text_is_taken_for_a_part_of_the_command() {
        let path = "a,b: 100%\n::error::/ecosystem.edn";
        let sources = [Source::new(path, "1\n2é3")];
        let places = Places::new(&sources, Utf8Path::new("/w/tree"), Some(Utf8Path::new("/w")));
        let check = |start, end, expected: &str| {
            let diagnostic = Diagnostic::error("E0207", "50% of\n::x::", path, Span::new(start, end), "a, b");
            assert_eq!(commands(&[diagnostic.hint("write\r\nthis")], &places), expected);
        };
        let file = "file=tree/a%2Cb%3A 100%25%0A%3A%3Aerror%3A%3A/ecosystem.edn";
        let said = "50%25 of%0A::x::: a, b%0Ahint: write\u{fffd}%0Athis";
        check(3, 5, &format!("::error {file},line=2,endLine=2,col=2,endColumn=3,title=E0207::{said}\n"));
        check(0, 3, &format!("::error {file},line=1,endLine=2,title=E0207::{said}\n"));
    }
}
