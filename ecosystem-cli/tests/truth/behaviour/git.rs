//! `vizion`: whether PM2 tells of the git repository that an app is in.

use std::time::Duration;

use super::Subject;
use super::obedient::obedient;
use crate::case::Case;
use crate::support::world::World;

const NEVER: &str = "its `constants.js` has `ENABLE_GIT_PARSING: false`, without which it never looks";

macro_rules! cases {
    ($($change:literal in $folder:literal: $before:literal => $after:literal;)*) => {
        pub(super) const CASES: &[Case] = &[$(
            obedient(
                "vizion",
                $change,
                concat!(":script \"../obedient.js\" :cwd \"", $folder, "\" ", $before),
                concat!(":script \"../obedient.js\" :cwd \"", $folder, "\" ", $after),
                |it| it.is_in_a_repository(),
            )
            .never_on(6, NEVER),
        )*];

        pub(super) const FILES: &[(&str, &str)] = &[$((concat!($folder, "/a"), ""),)*];
    };
}

cases! {
    "set" in "git-1": "" => ":vizion false";
    "change" in "git-2": ":vizion false" => ":vizion true";
    "remove" in "git-3": ":vizion false" => "";
}

/// The folders that are repositories.
pub(super) fn furnish(world: &World) {
    for (folder, _) in FILES {
        git(world, folder, &["init", "--quiet"]);
        git(world, folder, &["commit", "--quiet", "--allow-empty", "--message", "first"]);
    }
}

fn git(world: &World, file: &str, args: &[&str]) {
    let mut git = world.pm2.command("git");
    git.current_dir(world.base().join(file).parent().unwrap());
    git.args(["-c", "user.name=Nobody", "-c", "user.email=nobody@example.org"]).args(args);
    let output = git.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// PM2 runs git some eight times.
const PATIENCE: Duration = Duration::from_secs(8);

impl Subject<'_> {
    /// Whether PM2 tells of the repository, as it does in `pm2 show`.
    fn is_in_a_repository(&self) -> String {
        self.running();
        let known = self.happens(PATIENCE, |seen| seen.record["versioning"]["comment"].is_string());
        if known { "PM2 tells of git" } else { "PM2 does not" }.to_owned()
    }
}
