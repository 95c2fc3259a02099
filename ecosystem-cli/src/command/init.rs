//! `init`: what a tree begins with.

use camino::{Utf8Path, Utf8PathBuf};
use ecosystem_core::converge::HostError;
use ecosystem_core::model::DaemonId;
use ecosystem_core::os::new_file::{self, Begun};
use ecosystem_core::os::place::{self, Named, Place};
use ecosystem_core::render::config_path;
use ecosystem_core::scaffold::{self, WATCHER, WATCHER_PROGRAM, Watcher};
use serde_json::json;

use super::begin::{self, Judged};
use crate::args;
use crate::exit::{Exit, Failure};
use crate::show;

pub(super) fn run(args: &args::Init) -> Result<Exit, Failure> {
    let place = make(args)?;
    let (watcher, judged) = watcher(&place, args)?;
    let rest = [
        (".gitignore", new_file::write_lines(&place.root.join(".gitignore"), &scaffold::GITIGNORE)?),
        ("README.md", new_file::write(&place.root.join("README.md"), &readme(&place, args))?),
    ];
    let mut files = vec![(DaemonId::new(WATCHER).source_path(), watcher)];
    files.extend(rest.map(|(name, begun)| (name.to_owned(), Some(begun))));
    let next = next(args, &place);
    if args.json {
        let written = files.iter().map(|(path, begun)| json!({ "path": path, "outcome": word(*begun) }));
        show::json::print(&json!({
            "root": place.root.as_str(),
            "base": place.base.as_str(),
            "files": written.collect::<Vec<_>>(),
            "diagnostics": judged.as_ref().map_or_else(|| json!([]), Judged::json),
            "next": next,
        }))?;
    } else {
        judged.iter().try_for_each(Judged::show)?;
        show::print(&told(&args.root, &files, &next))?;
    }
    Ok(super::failed_if(judged.is_some_and(|judged| judged.has_errors())))
}

/// Makes the root, which is then a tree like any other.
fn make(args: &args::Init) -> Result<Place, Failure> {
    std::fs::create_dir_all(&args.root).map_err(|error| {
        HostError::new(format!("cannot make the folder {}: {error}", args.root))
            .hint("name a folder that is to hold your daemons")
    })?;
    let named = Named {
        root: Some(&args.root),
        base: args.base.as_deref(),
        owner: args.owner.as_deref(),
        profile: None,
    };
    let place = Place::find(&named)?;
    if place.base == place.root && args.base.is_none() && !place.root.join(".git").exists() {
        let warning = show::style::WARNING;
        show::tell(&format!(
            "{warning}warning{warning:#}: relative paths in this tree resolve against {} itself, since there is no .git above it\n  = hint: run `git init` first where the paths are to begin, or name that folder with --base, in every command\n",
            show::printable_line(place.root.as_str())
        ))?;
    }
    Ok(place)
}

/// Writes the watcher's daemon, unless it is there already or the tree with it would be wrong.
fn watcher(place: &Place, args: &args::Init) -> Result<(Option<Begun>, Option<Judged>), Failure> {
    let id = begin::new_daemon(&place.root, WATCHER)?;
    if std::fs::symlink_metadata(place.root.join(id.source_path())).is_ok() {
        return Ok((Some(Begun::Existed), None));
    }
    let watcher = Watcher { program: watcher_program(&place.base)?, args: words_from_base(place, args) };
    let text = watcher.to_edn();
    let judged = begin::judge(place, &id, &text)?;
    let begun = if judged.has_errors() { None } else { Some(begin::write(&place.root, &id, &text)?) };
    Ok((begun, Some(judged)))
}

/// The tree as a command line in base names it.
fn words_from_base(place: &Place, args: &args::Init) -> Vec<String> {
    let root = root_from_base(place);
    let base = args.base.as_ref().map(|_| ".");
    begin::tree_words(&root, base, args.owner.as_deref()).map(str::to_owned).collect()
}

fn root_from_base(place: &Place) -> String {
    match place::relative(&place.base, &place.root) {
        same if same.is_empty() => ".".to_owned(),
        option if option.starts_with('-') => format!("./{option}"),
        path => path,
    }
}

fn readme(place: &Place, args: &args::Init) -> String {
    let words = words_from_base(place, args);
    let options = words.iter().skip(1).map(String::as_str);
    scaffold::readme(&show::shell::line([root_from_base(place).as_str()]), &show::shell::line(options))
}

/// The watcher's program: its name where PATH has it, else what lies beside this program.
///
/// PM2 looks into the working folder before it looks at PATH, so that a name that base has as well is no name for it.
fn watcher_program(base: &Utf8Path) -> Result<String, Failure> {
    let taken = base.join(WATCHER_PROGRAM).exists();
    let installed = begin::on_path(WATCHER_PROGRAM).map(|program| program.path);
    let beside = || begin::own_folder().map(|folder| folder.join(WATCHER_PROGRAM)).filter(|it| it.is_file());
    if installed.is_some() && !taken {
        return Ok(WATCHER_PROGRAM.to_owned());
    }
    let found: Option<Utf8PathBuf> = installed.or_else(beside);
    let (text, program) = match found {
        Some(path) if taken => {
            (format!("base has a {WATCHER_PROGRAM} of its own, so {path} is written"), path)
        }
        Some(path) => (format!("no {WATCHER_PROGRAM} on PATH, so {path} is written"), path),
        None => (format!("no {WATCHER_PROGRAM} on PATH: it cannot be started yet"), WATCHER_PROGRAM.into()),
    };
    let warning = show::style::WARNING;
    show::tell(&format!(
        "{warning}warning{warning:#}: {}\n  = hint: install it with `cargo install --path ecosystem-watch`\n",
        show::printable_line(&text)
    ))?;
    Ok(program.into_string())
}

/// What starts the watcher, typed here.
fn next(args: &args::Init, place: &Place) -> Vec<String> {
    let base = args.base.as_deref().map(Utf8Path::as_str);
    let render =
        ["render"].into_iter().chain(begin::tree_words(args.root.as_str(), base, args.owner.as_deref()));
    let config = args.root.join(config_path(&DaemonId::new(WATCHER)));
    vec![begin::own_line(render), format!("{} start {}", pm2(place), show::shell::line([config.as_str()]))]
}

/// The way to call PM2's program.
fn pm2(place: &Place) -> String {
    use ecosystem_core::os::pm2::Pm2Program;
    let none = args::Pm2 { pm2: None, pm2_home: None, allow_pm2: None };
    match crate::place::pm2_program(&none, &place.base) {
        Ok(Pm2Program::Path(path)) if begin::on_path("pm2").is_none_or(|found| found.path != path) => {
            show::shell::line([path.as_str()])
        }
        Ok(Pm2Program::Npx) => Pm2Program::Npx.to_string(),
        _ => "pm2".to_owned(),
    }
}

fn told(root: &Utf8Path, files: &[(String, Option<Begun>)], next: &[String]) -> String {
    let line = |(path, begun): &(String, Option<Begun>)| {
        let path = show::printable_line(root.join(path).as_str());
        match begun {
            Some(Begun::Written) => format!("wrote {path}\n"),
            Some(Begun::Completed) => format!("added missing lines to {path}\n"),
            Some(Begun::Existed) => format!("{path} exists, left as it is\n"),
            None => format!("{path} was not written\n"),
        }
    };
    let mut text: String = files.iter().map(line).collect();
    if files.iter().all(|(_, begun)| *begun == Some(Begun::Existed)) {
        text.push_str("nothing to do\n");
    }
    text + "\nThe watcher keeps PM2 equal to this tree once it is started:\n\n" + &begin::shown(next)
}

fn word(begun: Option<Begun>) -> &'static str {
    match begun {
        Some(Begun::Written) => "written",
        Some(Begun::Completed) => "lines added",
        Some(Begun::Existed) => "exists",
        None => "refused",
    }
}
