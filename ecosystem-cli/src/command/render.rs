//! `render`: each daemon's generated file, and the aggregate.

use std::fmt::Write as _;
use std::mem::ManuallyDrop;

use camino::Utf8Path;
use ecosystem_core::converge::{Pass, Reading, WriteOutcome, Written, generated_files_by};
use ecosystem_core::diagnostic::Diagnostic;
use ecosystem_core::model::DaemonId;
use ecosystem_core::os::dist::{self, DistError, Removal};
use ecosystem_core::os::host;
use ecosystem_core::os::place::Place;
use ecosystem_core::os::processors::Processors;
use ecosystem_core::plan::Policy;
use ecosystem_core::render::{GeneratedFile, check_config_name, is_current, render_aggregate};
use serde_json::json;

use super::{failed_if, pass, progress, scope};
use crate::args;
use crate::exit::{Exit, Failure};
use crate::place;
use crate::show;

pub(super) fn run(args: &args::Render) -> Result<Exit, Failure> {
    let place = place::find(&args.tree)?;
    let only = args.daemon.as_ref().map(|id| [DaemonId::new(id)].into());
    let pass = pass(&place, Policy { only, ..Policy::default() }, false)?;
    // The program ends with it: taking thousands of daemons apart piece by piece would be a tenth of all the work.
    let reading = ManuallyDrop::new(place.reading()?);
    let files = files(args, &reading, &pass)?;
    let broken = reading.diagnostics.iter().any(Diagnostic::is_error);
    progress(args.json).read(&reading);
    if args.stdout {
        let texts: Vec<&str> = files.iter().map(|file| file.text.as_str()).collect();
        show::print(&texts.join("\n"))?;
        return Ok(failed_if(broken));
    }
    if args.check {
        return check(args, &place, &files, broken);
    }
    let hold = broken && args.no_keep_going;
    let written = if hold {
        Vec::new()
    } else {
        host::write(&place.root, &files, Processors::all(), progress(args.json).as_ref())
    };
    let removed = if args.prune_dist && !hold { prune(&place.root, &reading) } else { Vec::new() };
    show_written(args, &reading, &written, &removed)?;
    let failed = written.iter().any(|it| it.result.is_err()) || removed.iter().any(|it| it.result.is_err());
    Ok(failed_if(broken || failed))
}

fn files(args: &args::Render, reading: &Reading, pass: &Pass) -> Result<Vec<GeneratedFile>, Failure> {
    let mut files =
        generated_files_by(&reading.ecosystem, &pass.policy, &pass.generated_by, &Processors::all());
    if let Some(id) = &args.daemon {
        scope::check(&DaemonId::new(id), &reading.ecosystem)?;
    }
    if let Some(name) = &args.aggregate {
        if let Err(error) = check_config_name(name) {
            show::tell(&format!("{}warning{:#}: {error}\n", show::style::WARNING, show::style::WARNING))?;
        }
        let to_root = vec![".."; name.matches('/').count()].join("/");
        let text = render_aggregate(reading.ecosystem.daemons.keys(), &to_root, &pass.generated_by);
        files.push(GeneratedFile { path: name.clone(), text });
    }
    Ok(files)
}

/// Shows what differs on disk.
fn check(args: &args::Render, place: &Place, files: &[GeneratedFile], broken: bool) -> Result<Exit, Failure> {
    let mut differing = Vec::new();
    let (mut text, mut broken) = (String::new(), broken);
    for file in files {
        let on_disk = dist::text(&place.root, &file.path).unwrap_or_else(|error| {
            broken = true;
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}: {error}", show::printable_line(&file.path));
            None
        });
        let on_disk = on_disk.unwrap_or_default();
        if !is_current(&on_disk, &file.text) {
            differing.push(file.path.as_str());
            // Writing to a string cannot fail.
            let _ = write!(text, "{}", show::diff::unified(&file.path, "on disk", &on_disk, &file.text));
        }
    }
    if args.json {
        show::json::print(&json!({ "differing": differing, "diff": text }))?;
    } else {
        show::print(&show::printable(&text))?;
    }
    Ok(match failed_if(broken) {
        Exit::Done if !differing.is_empty() => Exit::Pending,
        exit => exit,
    })
}

/// Removes generated files whose source is gone.
fn prune(root: &Utf8Path, reading: &Reading) -> Vec<Pruned> {
    if !reading.ecosystem.unreadable.is_empty() {
        return Vec::new();
    }
    let present = reading.ecosystem.daemons.keys().chain(reading.ecosystem.broken.keys()).cloned().collect();
    let stale = dist::stale(root, &present).into_iter();
    stale.map(|id| Pruned { result: dist::remove_dist(root, &id), id }).collect()
}

/// What became of a stale `dist` folder.
struct Pruned {
    id: DaemonId,
    result: Result<Removal, DistError>,
}

fn show_written(
    args: &args::Render,
    reading: &Reading,
    written: &[Written],
    pruned: &[Pruned],
) -> Result<(), Failure> {
    if args.json {
        let pruned = pruned.iter().map(|it| json!({ "daemon": it.id, "outcome": pruned_text(it) }));
        show::json::print(&json!({
            "diagnostics": show::json::diagnostics(&reading.diagnostics, &reading.sources),
            "written": show::json::written(written),
            "pruned": pruned.collect::<Vec<_>>(),
        }))?;
        return Ok(());
    }
    for it in pruned {
        show::print(&format!("{}: {}\n", show::printable_line(&it.id.join("dist")), pruned_text(it)))?;
    }
    let unchanged = |it: &Written| matches!(it.result, Ok(WriteOutcome::Unchanged));
    if written.iter().all(unchanged) && pruned.is_empty() {
        show::print("every generated file is up to date\n")?;
    }
    Ok(())
}

fn pruned_text(pruned: &Pruned) -> String {
    match &pruned.result {
        Ok(Removal::Removed) => "removed".to_owned(),
        Ok(Removal::FolderKept) => {
            "the generated file is removed; the folder holds other files and stays".to_owned()
        }
        Ok(Removal::EditKept) => "kept: the generated file had been edited by hand".to_owned(),
        Ok(Removal::SourceIsBack) => "kept: its source is there again".to_owned(),
        Ok(Removal::Nothing) => "nothing to remove".to_owned(),
        Err(error) => format!("not removed: {}", show::printable(&error.to_string())),
    }
}
