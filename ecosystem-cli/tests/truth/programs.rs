//! The programs that the cases run: small, idle, and ready to say what they see.

use std::os::unix::fs::PermissionsExt;

use crate::behaviour;
use crate::support::world::World;

/// Tells of itself in `seen/<pid>.json` beside it, says a line on each of its outputs, and idles.
///
/// A worker of a cluster listens, so that a reload does not wait for it in vain.
const APP: &str = r"'use strict';
const fs = require('fs'), cluster = require('cluster'), net = require('net');
console.log(`out of ${process.pid}`);
console.error(`err of ${process.pid}`);
const about = {
  script: __filename, args: process.argv.slice(2), nodeArgs: process.execArgv, env: process.env,
  cwd: process.cwd(), uid: process.getuid(), gid: process.getgid(), worker: cluster.isWorker,
  // Node has its own way to switch source maps on, and keeps it in one place or the other.
  maps: process.sourceMapsEnabled === true || typeof Error.prepareStackTrace === 'function',
  module: Object.keys(require.cache).some((file) => /pm2-io-bpm|@pm2\/io/.test(file)),
};
const file = `${__dirname}/seen/${process.pid}.json`;
fs.writeFileSync(`${file}.new`, JSON.stringify(about));
fs.renameSync(`${file}.new`, file);
setInterval(() => {}, 1 << 30);
if (cluster.isWorker) net.createServer().listen(0, '127.0.0.1');
";

/// The kernel shows arguments of a shell as they are; node writes its title over them.
const SHELL: &str = "#!/bin/bash\necho out of $$\necho err of $$ >&2\nread -r _\n";

/// The same under other names and in other folders.
const PROGRAMS: &[(&str, &str)] = &[
    ("app.cjs", APP),
    ("other.cjs", "require('./app.cjs');\n"),
    ("w1/app.cjs", "require('../app.cjs');\n"),
    ("w2/app.cjs", "require('../app.cjs');\n"),
    ("shell.sh", SHELL),
    ("w1/shell.sh", SHELL),
    ("w2/shell.sh", SHELL),
];

/// Writes all of them below the base folder, for every user to read.
pub(crate) fn write(world: &World) {
    for (file, text) in PROGRAMS {
        world.program(file, text);
        open(&world.base().join(file), 0o755);
    }
    behaviour::furnish(world);
    std::fs::create_dir_all(world.base().join("seen")).unwrap();
    open(&world.base(), 0o755);
    open(world.pm2.path().as_std_path(), 0o755);
    open(&world.base().join("seen"), 0o777);
    // A worker of a cluster that runs as somebody else opens its logs as that user.
    open(&world.pm2.path().join("logs").into_std_path_buf(), 0o777);
}

fn open(path: &std::path::Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}
