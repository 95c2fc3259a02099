//! `diff`: what a change of the tree will do, from what git has of both sides; PM2 is not asked.

use camino::Utf8Path;
use ecosystem_core::converge::{HostError, read};
use ecosystem_core::diagnostic::Diagnostic;
use ecosystem_core::os::git::{Commit, Repository, known_on_disk};
use ecosystem_core::os::place::profile;
use ecosystem_core::review::{Side, review, wanted};

use super::failed_if;
use crate::args::{self, ReviewFormat};
use crate::exit::{Exit, Failure};
use crate::show;
use crate::show::review::{Compared, End};

pub(super) fn run(args: &args::Diff) -> Result<Exit, Failure> {
    let compared = compare(args)?;
    match args.format() {
        ReviewFormat::Human => {
            let reading = &compared.head.reading;
            show::diagnostics::show(&reading.diagnostics, &reading.sources)?;
            show::print(&show::review::human(&compared))?;
        }
        ReviewFormat::Markdown => show::print(&show::review::markdown(&compared))?,
        ReviewFormat::Json => show::json::print(&show::review::json(&compared))?,
    }
    let broken = compared.head.reading.diagnostics.iter().any(Diagnostic::is_error);
    Ok(match failed_if(broken) {
        Exit::Done if args.exit_code && compared.review.changes() => Exit::Pending,
        exit => exit,
    })
}

fn compare(args: &args::Diff) -> Result<Compared, Failure> {
    let repository = Repository::find(args.root.as_deref())?;
    let head = args.head.as_deref().map(|revision| repository.commit(revision)).transpose()?;
    let mut base = repository.commit(&args.base)?;
    if args.merge_base {
        let tip = head.clone().map_or_else(|| repository.commit("HEAD"), Ok)?;
        base = repository.merge_base(&base, &tip)?;
    }
    let asked = profile(args.profile.as_deref());
    let profile = asked.as_deref();
    let (base_end, base_side) = at_commit(&repository, &args.base, &base, profile)?;
    let (head_end, head_side) = match (&args.head, &head) {
        (Some(revision), Some(commit)) => at_commit(&repository, revision, commit, profile)?,
        _ => on_disk(&repository, profile)?,
    };
    if !head_end.exists {
        return Err(without_tree(&repository, &base_end, &head_end).into());
    }
    let review = review(&base_side, &head_side);
    Ok(Compared { folder: repository.folder().to_string(), base: base_end, head: head_end, review })
}

/// `sync` does nothing either where its tree is gone: that is a mistake more often than it is meant.
fn without_tree(repository: &Repository, base: &End, head: &End) -> HostError {
    let folder =
        if repository.folder().as_str().is_empty() { Utf8Path::new(".") } else { repository.folder() };
    let head = head.revision.as_deref().unwrap_or("the work tree");
    let error = HostError::new(format!("there is no folder {folder} in {head}"));
    error.hint(if base.exists {
        "nothing is deleted where a whole tree is gone: `sync` ends with an error, too; for an empty tree keep the \
         folder, with a README in it"
    } else {
        "name the folder that holds your daemons, as a path from here"
    })
}

fn at_commit(
    repository: &Repository,
    revision: &str,
    commit: &Commit,
    profile: Option<&str>,
) -> Result<(End, Side), Failure> {
    let (found, site) = repository.tree(commit, profile)?;
    let (exists, reading) = (found.is_some(), read(found.unwrap_or_default()));
    let known = repository.known(commit, &wanted(&reading, &site))?;
    let names = (Some(revision.to_owned()), Some(commit.id().to_owned()));
    Ok(sides(names, exists, Side { reading, known, site }))
}

fn on_disk(repository: &Repository, profile: Option<&str>) -> Result<(End, Side), Failure> {
    let Some(top) = repository.work_tree() else {
        return Err(Failure::Usage("this repository has no work tree; say --head REV".to_owned()));
    };
    let (found, site) = repository.checked_out(profile)?;
    let (exists, reading) = (found.is_some(), read(found.unwrap_or_default()));
    let known = known_on_disk(top, &wanted(&reading, &site));
    Ok(sides((None, None), exists, Side { reading, known, site }))
}

fn sides((revision, commit): (Option<String>, Option<String>), exists: bool, side: Side) -> (End, Side) {
    (End { revision, commit, exists, reading: side.reading.clone() }, side)
}
