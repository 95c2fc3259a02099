//! Colours; anstream leaves them out where the terminal or NO_COLOR says so.

use anstyle::{AnsiColor, Style};

pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const COMES: Style = AnsiColor::Green.on_default();
pub(crate) const GOES: Style = AnsiColor::Red.on_default();
pub(crate) const CHANGES: Style = AnsiColor::Yellow.on_default();
pub(crate) const HELD: Style = AnsiColor::Magenta.on_default();
pub(crate) const FAINT: Style = Style::new().dimmed();
pub(crate) const HEADING: Style = Style::new().bold();
