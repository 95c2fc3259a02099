//! `watch`, `ignore_watch`, `watch_options`, `watch_delay`: which changed files make PM2 replace the process.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::Subject;
use super::obedient::obedient;
use crate::case::Case;
use crate::support::process::Process;
use crate::support::wait::{LONG, wait_until};

/// Each case has a folder of its own: what happens in one is not to restart the app of another.
macro_rules! cases {
    ($($field:ident, $look:expr, $all:literal: {
        $($change:literal in $folder:literal: $before:literal => $after:literal;)*
    })*) => {
        pub(super) const CASES: &[Case] = &[$($(
            obedient(
                stringify!($field),
                $change,
                concat!(r#":script "../obedient.js" :cwd ""#, $folder, "\" ", $all, $before),
                concat!(r#":script "../obedient.js" :cwd ""#, $folder, "\" ", $all, $after),
                $look,
            ),
        )*)*];

        /// The files that are changed.
        pub(super) const FILES_OF_ALL: &[(&str, &str)] = &[$($(
            (concat!($folder, "/a/x"), ""),
            (concat!($folder, "/b/x"), ""),
            (concat!($folder, "/a/deep/er/x"), ""),
        )*)*];
    };
}

cases! {
    watch, |it| it.has_its_files_changed(), "": {
        "set true" in "watch-1": "" => ":watch true";
        "set" in "watch-2": "" => r#":watch ["a"]"#;
        "set to one" in "watch-3": "" => r#":watch "a""#;
        "change" in "watch-4": r#":watch ["a"]"# => r#":watch ["b"]"#;
        "change to more" in "watch-5": r#":watch ["b"]"# => ":watch true";
        "change to less" in "watch-6": ":watch true" => r#":watch ["b"]"#;
        "to []" in "watch-7": r#":watch ["b"]"# => ":watch []";
        "to false" in "watch-8": ":watch true" => ":watch false";
        "some to false" in "watch-9": r#":watch ["a"]"# => ":watch false";
        "remove" in "watch-10": ":watch true" => "";
        "remove some" in "watch-11": r#":watch ["a"]"# => "";
    }
    ignore_watch, |it| it.has_its_files_changed(), ":watch true ": {
        "set" in "ignore-1": "" => r#":ignore-watch ["b"]"#;
        "change" in "ignore-2": r#":ignore-watch ["a"]"# => r#":ignore-watch ["b"]"#;
        "to []" in "ignore-3": r#":ignore-watch ["b"]"# => ":ignore-watch []";
        "remove" in "ignore-4": r#":ignore-watch ["b"]"# => "";
    }
    watch_options, |it| it.has_its_files_changed(), r#":watch ["a"] "#: {
        "set" in "options-1": "" => ":watch-options {:depth 0}";
        "change" in "options-2": ":watch-options {:depth 0}" => ":watch-options {:depth 5}";
        "to {}" in "options-3": ":watch-options {:depth 0}" => ":watch-options {}";
        "remove" in "options-4": ":watch-options {:depth 0}" => "";
    }
    watch_delay, |it| it.has_one_file_changed(), r#":watch ["a"] "#: {
        "set" in "delay-1": "" => ":watch-delay 600000";
        "change" in "delay-2": ":watch-delay 600000" => ":watch-delay 1";
        "change to more" in "delay-3": ":watch-delay 1" => ":watch-delay 600000";
        "to 0" in "delay-4": ":watch-delay 600000" => ":watch-delay 0";
        "remove" in "delay-5": ":watch-delay 600000" => "";
    }
    // PM2's watcher keeps the record that it was made with; PM2 makes a new one at each restart, whoever asks.
    watch_delay, |it| it.has_one_file_changed(), r#":watch ["a"] :min-uptime 100 :args ["once"] "#: {
        "set after a restart" in "delay-6": "" => ":watch-delay 600000";
        "change after a restart" in "delay-7": ":watch-delay 600000" => ":watch-delay 1";
        "remove after a restart" in "delay-8": ":watch-delay 600000" => "";
    }
}

const FILES: [&str; 3] = ["a/x", "b/x", "a/deep/er/x"];

/// Files are changed again and again for so long: PM2's watcher may not be ready at first.
const FIRST: Duration = Duration::from_secs(8);
const PATIENCE: Duration = Duration::from_millis(2500);

impl Subject<'_> {
    /// Which of the files make PM2 replace the process.
    fn has_its_files_changed(&self) -> String {
        let heeded: Vec<&str> = if self.is_replaced_for(&FILES, FIRST) {
            FILES.into_iter().filter(|file| self.is_replaced_for(&[file], PATIENCE)).collect()
        } else {
            Vec::new()
        };
        if heeded.is_empty() {
            self.watch_by_hand();
        }
        // Whatever was not heeded was changed where PM2 could see it.
        let sure = heeded.first().unwrap_or(&"a/x");
        assert!(self.is_replaced_for(&[sure], LONG), "{}: PM2 does not watch at all", self.app);
        if heeded.is_empty() { "none".to_owned() } else { heeded.join(" ") }
    }

    /// Whether PM2 replaces the process soon after it has seen a file change.
    fn has_one_file_changed(&self) -> String {
        let process = self.running();
        let folder = process.cwd().expect("it runs");
        wait_until(&format!("{}: PM2 sees that the file changed", self.app), LONG, || {
            change(&folder, &["a/x"]);
            thread::sleep(Duration::from_millis(100));
            self.changes_seen() > 0
        });
        if self.is_replaced(process, PATIENCE) { "at once" } else { "late" }.to_owned()
    }

    /// PM2's log tells of a change when its watcher has seen it, and only then does PM2 restart anything.
    fn is_replaced_for(&self, files: &[&str], patience: Duration) -> bool {
        let process = self.calm();
        let folder = process.cwd().expect("it runs");
        let (before, started) = (self.changes_seen(), Instant::now());
        while self.changes_seen() == before {
            if started.elapsed() >= patience {
                return self.is_replaced(process, Duration::ZERO);
            }
            change(&folder, files);
            thread::sleep(Duration::from_millis(100));
        }
        self.is_replaced(process, LONG)
    }

    /// How many changes of its files PM2 has seen.
    fn changes_seen(&self) -> usize {
        let log = fs::read_to_string(self.world.pm2.path().join("pm2.log")).unwrap();
        log.matches(&format!("for app {} - restarting", self.app)).count()
    }

    /// Its process, once none follows it any more: several changes can be one restart or two.
    fn calm(&self) -> Process {
        let mut process = self.running();
        while self.is_replaced(process, Duration::from_millis(400)) {
            process = self.running();
        }
        process
    }

    /// That nothing was heeded must be PM2's doing: once its watcher is started by hand, something is.
    ///
    /// PM2 starts no watcher where its record says that there is one, as after its own reload.
    fn watch_by_hand(&self) {
        let id = self.seen().id;
        self.world.pm2.client().stop_watch(id).unwrap();
        let mut pm2 = self.world.pm2.pm2();
        let output = pm2.args(["restart", &id.to_string(), "--watch"]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}

fn change(folder: &Path, files: &[&str]) {
    files.iter().for_each(|file| fs::write(folder.join(file), "changed").unwrap());
}
