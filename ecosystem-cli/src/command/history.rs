//! `history`: what was applied, when, why, and what came of it.

use camino::Utf8PathBuf;
use ecosystem_core::history::{Generation, definition_before};
use ecosystem_core::model::AppName;
use ecosystem_core::os::history::read_all;
use ecosystem_core::os::place::{Place, pm2_home};

use crate::args::{self, Tree};
use crate::exit::{Exit, Failure};
use crate::place;
use crate::show;

pub(super) fn run(args: &args::History) -> Result<Exit, Failure> {
    let (app, tree) = app_or_folder(args.app.as_deref(), &args.tree);
    let place = place::find(&tree)?;
    let histories = read_all(&pm2_home(args.pm2.pm2_home.as_deref())?, &place.owner())?;
    let Some(app) = app else {
        if args.json {
            show::json::print(&show::history::json(histories.iter()))?;
        } else {
            show::print(&show::history::latest(histories.values()))?;
        }
        return Ok(Exit::Done);
    };
    let (name, history) = histories
        .get_key_value(app.as_str())
        .ok_or_else(|| unknown(&app, histories.keys().map(AppName::as_str)))?;
    match args.diff {
        Some(number) => show::print(&diff(number, history, &place)?)?,
        None if args.json => show::json::print(&show::history::json(std::iter::once((name, history))))?,
        None => show::print(&show::history::all(history))?,
    }
    Ok(Exit::Done)
}

/// A sole argument that is a folder is the tree: `history DIR`.
fn app_or_folder(app: Option<&str>, tree: &Tree) -> (Option<String>, Tree) {
    match app {
        Some(folder) if tree.root.is_none() && std::path::Path::new(folder).is_dir() => {
            (None, Tree { root: Some(Utf8PathBuf::from(folder)), ..tree.clone() })
        }
        app => (app.map(str::to_owned), tree.clone()),
    }
}

fn diff(number: u64, history: &[Generation], place: &Place) -> Result<String, Failure> {
    let at = history.iter().position(|it| it.number == number).ok_or_else(|| no_such(number, history))?;
    let by = place.generated_by(env!("CARGO_PKG_VERSION"))?;
    let before = definition_before(history, at);
    let after = history.get(at).and_then(|it| it.change.definition.as_ref());
    Ok(show::history::diff(number, before, after, &by))
}

/// The generation of this number is not there, or not any more.
pub(super) fn no_such(number: u64, history: &[Generation]) -> Failure {
    let ends = history.first().zip(history.last());
    let there_are = ends.map_or_else(
        || "; there are none".to_owned(),
        |(first, last)| format!("; there are {} to {}", first.number, last.number),
    );
    Failure::Usage(format!("there is no generation {number}{there_are}"))
}

/// Nothing was ever applied to an app of this name.
pub(super) fn unknown<'a>(app: &str, known: impl Iterator<Item = &'a str>) -> Failure {
    let known: Vec<&str> = known.collect();
    let there_are =
        if known.is_empty() { "of any app".to_owned() } else { format!("but of {}", known.join(", ")) };
    Failure::Usage(show::printable_line(&format!("there is no history of {app}, {there_are}")))
}
