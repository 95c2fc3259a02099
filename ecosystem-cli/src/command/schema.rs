//! `schema`: the language, for programs that know JSON Schema.

use ecosystem_core::json_schema::json_schema;

use crate::exit::{Exit, Failure};
use crate::show;

pub(super) fn run() -> Result<Exit, Failure> {
    show::json::print(&json_schema())?;
    Ok(Exit::Done)
}
