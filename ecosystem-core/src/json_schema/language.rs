//! What keys mean, in the words of the page that people read.

const PAGE: &str = include_str!("../../docs/language.md");

/// The last cell with a word in it, of the row of a table that names the key, in kebab case, first.
pub(super) fn description(key: &str) -> Option<String> {
    let quoted = format!("`:{key}`");
    let row = PAGE.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let mut cells = row.map(|row| row.split('|').map(str::trim).collect::<Vec<_>>());
    let cells =
        cells.find(|cells| cells.first().is_some_and(|first| first.split(", ").any(|it| it == quoted)))?;
    // Of some keys PM2 itself tells no more than the type.
    cells.iter().rfind(|cell| !cell.is_empty()).map(|cell| cell.replace('`', ""))
}
