//! `explain`: the long text of a diagnostic.

use ecosystem_core::explain::{explanation, nearest};

use crate::args::{self, Subject};
use crate::exit::{Exit, Failure};
use crate::show;

pub(super) fn run(args: &args::Explain) -> Result<Exit, Failure> {
    match &args.subject {
        Subject::Code(code) => explain(code, args.json),
        Subject::Other(text) => Err(Failure::Usage(format!(
            "{} is no code: codes look like E0207, and stand in front of each problem that `check` shows",
            show::printable_line(text)
        ))),
    }
}

fn explain(code: &str, json: bool) -> Result<Exit, Failure> {
    let explanation = explanation(code).ok_or_else(|| unknown(code))?;
    if json {
        show::json::print(&show::explanation::json(&explanation))?;
    } else {
        show::print(&show::explanation::styled(&explanation))?;
    }
    Ok(Exit::Done)
}

fn unknown(code: &str) -> Failure {
    let hint = nearest(code).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    Failure::Usage(format!("there is no diagnostic {code}{hint}"))
}
