//! `import`: daemons of a config file of PM2's, of what PM2 runs, or of its dump.

use camino::{Utf8Path, Utf8PathBuf};
use ecosystem_core::converge::HostError;
use ecosystem_core::import::{Found, Grouping, Import, NewDaemon, Note, Surroundings, import};
use ecosystem_core::model::DaemonId;
use ecosystem_core::os::host::OsHost;
use ecosystem_core::os::new_file::Begun;
use ecosystem_core::os::place::{DEFAULT_ROOT, Named, Place, pm2_home};
use ecosystem_core::os::pm2::Pm2Program;
use ecosystem_core::os::{config_file, tree};
use serde_json::json;

use super::begin::{self, Judged};
use super::{IDLE, settings};
use crate::args;
use crate::exit::{Exit, Failure};
use crate::show;

pub(super) fn run(args: &args::Import) -> Result<Exit, Failure> {
    let (source, root) = ends(args)?;
    let place = place(&root, args)?;
    let (found, around) = find(source.as_deref(), &place, args)?;
    let grouping = grouping(source.as_deref(), args);
    let imported = import(found, &around, &grouping);
    let sorted = Sorted::of(imported, &place)?;
    let outcome = if args.dry_run { Vec::new() } else { sorted.write(&place)? };
    let next = next(&root, args);
    if args.json {
        show::json::print(&sorted.json(&place, &outcome, &next))?;
    } else {
        sorted.judged.show()?;
        show::print(&sorted.told(&root, args.dry_run, &next))?;
    }
    Ok(super::failed_if(sorted.has_failures()))
}

/// Where from, and where to.
fn ends(args: &args::Import) -> Result<(Option<Utf8PathBuf>, Utf8PathBuf), Failure> {
    let or_default = |root: &Option<Utf8PathBuf>| root.clone().unwrap_or_else(|| DEFAULT_ROOT.into());
    match (args.from_pm2, &args.source, &args.root) {
        (true, root, None) => Ok((None, or_default(root))),
        (true, _, Some(_)) => Err(Failure::Usage("with --from-pm2, name DIR alone".to_owned())),
        (false, Some(source), root) => Ok((Some(source.clone()), or_default(root))),
        (false, None, _) => {
            let text = "name a config file of PM2's or its dump.pm2, or import what PM2 runs with --from-pm2";
            Err(Failure::Usage(text.to_owned()))
        }
    }
}

/// The tree, there or not.
fn place(root: &Utf8Path, args: &args::Import) -> Result<Place, Failure> {
    let root = camino::absolute_utf8(root)
        .map_err(|error| HostError::new(format!("the folder {root} cannot be used: {error}")))?;
    let there = root.ancestors().find(|folder| folder.is_dir()).unwrap_or(&root);
    let named =
        Named { root: Some(there), base: args.base.as_deref(), owner: args.owner.as_deref(), profile: None };
    let place = Place::find(&named)?;
    let rest = root.strip_prefix(there).unwrap_or(Utf8Path::new(""));
    let new_root = if rest.as_str().is_empty() { place.root.clone() } else { place.root.join(rest) };
    let is_base = args.base.is_none() && place.base == place.root && !place.root.join(".git").exists();
    let base = if is_base { new_root.clone() } else { place.base };
    Ok(Place { root: new_root, base, ..place })
}

fn find(
    source: Option<&Utf8Path>,
    place: &Place,
    args: &args::Import,
) -> Result<(Found, Surroundings), Failure> {
    let home = pm2_home(args.pm2.pm2_home.as_deref())?;
    let mut around = Surroundings {
        base: place.base.clone(),
        folder: place.base.clone(),
        pm2_home: home,
        node: begin::on_path("node").map(|node| node.path),
        shells: vec![own_environment()],
        skipped: tree::SKIPPED,
    };
    let found = match source {
        None => running(place, args, &mut around)?,
        Some(source) => written(source, args, &mut around)?,
    };
    Ok((found, around))
}

/// What PM2 runs; it tells more of the machine.
fn running(place: &Place, args: &args::Import, around: &mut Surroundings) -> Result<Found, Failure> {
    let home = &around.pm2_home;
    let mut host = OsHost::to_look(settings(place, &args.pm2, &IDLE)?)?;
    if host.pm2_version().is_none() {
        let error = HostError::new(format!("PM2 is not running in {home}: there is nothing to look at"));
        let hint = format!("import {} instead, which `pm2 save` wrote", home.join("dump.pm2"));
        return Err(error.hint(hint).into());
    }
    let (node, env) = host.daemon_program_and_env();
    around.shells.push(env);
    around.node = Some(node);
    Ok(Found::running(host.list()?, &around.pm2_home))
}

/// What a file says, the folder of which is where its relative paths begin.
fn written(source: &Utf8Path, args: &args::Import, around: &mut Surroundings) -> Result<Found, Failure> {
    let file = source
        .canonicalize_utf8()
        .map_err(|error| HostError::new(format!("cannot read {source}: {error}")))?;
    around.folder = file.parent().unwrap_or(&file).to_owned();
    let origin = source.file_name().unwrap_or(source.as_str());
    if is_config(&file) {
        let pm2 = match crate::place::pm2_program(&args.pm2, &around.folder) {
            Ok(Pm2Program::Path(path)) => Some(path),
            Ok(Pm2Program::Npx) | Err(_) => None,
        };
        return Ok(Found::in_config(origin, config_file::evaluate(&file, pm2.as_deref())?));
    }
    if file.file_name().is_some_and(|name| name.contains("dump.pm2")) {
        return Ok(Found::saved(origin, &config_file::dump(&file)?, &around.pm2_home));
    }
    let endings = config_file::ENDINGS.join(", .");
    Err(Failure::Usage(format!("{source} is no config file (.{endings}) and no dump.pm2")))
}

fn is_config(file: &Utf8Path) -> bool {
    file.extension().is_some_and(|ending| config_file::ENDINGS.contains(&ending))
}

fn own_environment() -> std::collections::BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// A config is one daemon, named like its folder; what PM2 has is sorted by namespaces.
fn grouping(source: Option<&Utf8Path>, args: &args::Import) -> Grouping {
    let config = source.filter(|source| is_config(source));
    match config.and_then(|config| config.canonicalize_utf8().ok()) {
        _ if !args.group => Grouping::Apps,
        None => Grouping::Namespaces,
        Some(file) => {
            let folder = file.parent().and_then(Utf8Path::file_name);
            Grouping::One(folder.unwrap_or("ecosystem").to_owned())
        }
    }
}

/// What was imported, by what is to become of it.
struct Sorted {
    new: Vec<NewDaemon>,
    /// Wrong in the eyes of `check`.
    wrong: Vec<NewDaemon>,
    /// In the way of which another file stands.
    conflicts: Vec<NewDaemon>,
    /// There already, to the letter.
    same: Vec<NewDaemon>,
    notes: Vec<Note>,
    refused: Vec<Note>,
    judged: Judged,
}

impl Sorted {
    /// Judges all that could be written as one with the tree, again without what is wrong: nothing that is written
    /// depends on something that is not.
    fn of(imported: Import, place: &Place) -> Result<Self, Failure> {
        let Import { daemons, notes, refused } = imported;
        let (mut new, mut conflicts, mut same) = (Vec::new(), Vec::new(), Vec::new());
        for daemon in daemons {
            let path = place.root.join(daemon.id.source_path());
            match std::fs::read_to_string(&path) {
                Ok(text) if text == daemon.text => same.push(daemon),
                _ if std::fs::symlink_metadata(&path).is_ok() => conflicts.push(daemon),
                _ => new.push(daemon),
            }
        }
        let mut wrong = Vec::new();
        let judged = judge(&new, place)?;
        let mut last = judged.clone();
        while last.has_errors() {
            let (bad, good): (Vec<_>, Vec<_>) = new.into_iter().partition(|daemon| last.blames(&daemon.id));
            let stuck = bad.is_empty();
            wrong.extend(bad);
            new = good;
            if stuck {
                wrong.append(&mut new);
            }
            last = judge(&new, place)?;
        }
        Ok(Self { new, wrong, conflicts, same, notes, refused, judged })
    }

    fn has_failures(&self) -> bool {
        !(self.wrong.is_empty() && self.conflicts.is_empty() && self.refused.is_empty())
    }

    /// Writes what is new; whether each was.
    fn write(&self, place: &Place) -> Result<Vec<(DaemonId, bool)>, Failure> {
        let write = |daemon: &NewDaemon| {
            let id = if place.root.exists() {
                begin::new_daemon(&place.root, daemon.id.as_str())?
            } else {
                daemon.id.clone()
            };
            let begun = begin::write(&place.root, &id, &daemon.text)?;
            Ok((id, begun == Begun::Written))
        };
        self.new.iter().map(write).collect()
    }

    fn told(&self, root: &Utf8Path, dry_run: bool, next: &[String]) -> String {
        let mut text = String::new();
        for daemon in &self.new {
            let path = show::printable_line(root.join(daemon.id.source_path()).as_str());
            match dry_run {
                true => text += &format!(";; would write {path}\n{}\n", show::printable(&daemon.text)),
                false => {
                    text += &format!("wrote {path}: {}\n", show::printable_line(&daemon.apps.join(", ")));
                }
            }
        }
        for (daemons, why) in [
            (&self.same, "is there already, as it would be written"),
            (
                &self.conflicts,
                "exists and is another: it was left as it is; compare with --dry-run in another DIR",
            ),
            (
                &self.wrong,
                "was not written: it would not pass `check`, as shown above; mend the source, or the name in it",
            ),
        ] {
            for daemon in daemons {
                let path = show::printable_line(root.join(daemon.id.source_path()).as_str());
                text += &format!("{path} {why}\n");
            }
        }
        text += &listed("\nNot imported:\n", &self.refused);
        text += &listed("\nTo be looked at:\n", &self.notes);
        if !self.new.is_empty() && !dry_run {
            text += "\nTo see what would be done, and to take over what PM2 runs of it:\n\n";
            text += &begin::shown(next);
        }
        text
    }

    fn json(&self, place: &Place, written: &[(DaemonId, bool)], next: &[String]) -> serde_json::Value {
        let ids = |daemons: &[NewDaemon]| daemons.iter().map(|it| it.id.to_string()).collect::<Vec<_>>();
        let notes = |notes: &[Note]| {
            notes.iter().map(|it| json!({ "app": it.app, "text": it.text })).collect::<Vec<_>>()
        };
        let daemon = |it: &NewDaemon| json!({ "daemon": it.id, "apps": it.apps, "text": it.text });
        json!({
            "root": place.root.as_str(),
            "daemons": self.new.iter().map(daemon).collect::<Vec<_>>(),
            "written": written.iter().filter(|(_, done)| *done).map(|(id, _)| id.to_string()).collect::<Vec<_>>(),
            "same": ids(&self.same),
            "conflicts": ids(&self.conflicts),
            "wrong": ids(&self.wrong),
            "notes": notes(&self.notes),
            "refused": notes(&self.refused),
            "diagnostics": self.judged.json(),
            "next": next,
        })
    }
}

fn judge(daemons: &[NewDaemon], place: &Place) -> Result<Judged, HostError> {
    let texts: Vec<(DaemonId, String)> = daemons.iter().map(|it| (it.id.clone(), it.text.clone())).collect();
    begin::judge_all(place, &texts)
}

/// One line for what is the same of several apps.
fn listed(heading: &str, notes: &[Note]) -> String {
    let mut by_text: Vec<(&str, Vec<&str>)> = Vec::new();
    for note in notes {
        match by_text.iter_mut().find(|(text, _)| *text == note.text) {
            Some((_, apps)) => apps.push(&note.app),
            None => by_text.push((&note.text, vec![&note.app])),
        }
    }
    let line = |(text, apps): &(&str, Vec<&str>)| {
        format!("  {}: {}\n", show::printable_line(&apps.join(", ")), show::printable_line(text))
    };
    let lines: String = by_text.iter().map(line).collect();
    if lines.is_empty() { lines } else { format!("{heading}{lines}") }
}

fn next(root: &Utf8Path, args: &args::Import) -> Vec<String> {
    let base = args.base.as_deref().map(Utf8Path::as_str);
    let line = |command: &'static str| {
        let tree = begin::tree_words(root.as_str(), base, args.owner.as_deref());
        begin::own_line([command].into_iter().chain(tree).chain(["--adopt-all"]))
    };
    vec![line("plan"), line("sync")]
}
