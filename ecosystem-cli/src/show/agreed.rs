//! Plans that are kept in files.

use camino::Utf8Path;

use super::{printable_line, shell, style};

/// Where a plan was written, and what carries it out.
pub(crate) fn kept(file: &Utf8Path) -> String {
    let (file, argument) = (printable_line(file.as_str()), argument(file));
    format!("wrote the plan to {file}; `ecosystem-cli sync --plan {argument}` does just that\n")
}

/// How what is to be done differs from what was agreed to.
pub(crate) fn stale(file: &Utf8Path, differences: &[String]) -> String {
    let (error, argument) = (style::ERROR, argument(file));
    let lines: String =
        differences.iter().map(|difference| format!("  - {}\n", printable_line(difference))).collect();
    format!(
        "{error}error{error:#}: the plan in {} is stale; nothing was written or applied\n{lines}  = hint: \
         `ecosystem-cli plan --out {argument}` makes a new one\n",
        printable_line(file.as_str())
    )
}

/// The file as it may be typed.
fn argument(file: &Utf8Path) -> String {
    printable_line(&shell::line([file.as_str()]))
}
