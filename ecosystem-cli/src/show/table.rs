//! A plain table: columns as wide as their widest cell.

use super::{printable_line, style};

/// Lays out rows under a heading; the last column is not padded.
pub(crate) fn table<const N: usize>(heading: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = heading.map(|cell| cell.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text =
        format!("{}{}{:#}\n", style::HEADING, line(&heading.map(str::to_owned), &widths), style::HEADING);
    for row in rows {
        text.push_str(&line(row, &widths));
        text.push('\n');
    }
    text
}

fn line<const N: usize>(cells: &[String; N], widths: &[usize; N]) -> String {
    let cells = cells.iter().zip(widths).map(|(cell, width)| format!("{:width$}", printable_line(cell)));
    cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
}
