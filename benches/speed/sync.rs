//! A `sync` that finds nothing to do, beside the one call to PM2 that it cannot do without, and beside `pm2 jlist`,
//! which is that call by PM2's own program.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;

use ecosystem_core::os::pm2::frame::{Decoder, encode};

use crate::figures::table::{Table, Way};
use crate::figures::{full_or_trial, rounds};
use crate::support::world::World;

const APPS: &[usize] = &[12, 100, 500];
/// Apps of one daemon.
const TOGETHER: usize = 4;

pub(crate) fn measure() {
    let mut table = Table::new("A sync with nothing to do", "apps");
    for apps in full_or_trial(APPS, &[12]) {
        let world = World::new();
        world.program("idle.sh", "exec sleep 100000\n");
        for daemon in 0..apps / TOGETHER {
            world.daemon(&format!("group-{}/daemon-{daemon}", daemon % 10), &daemon_of(daemon));
        }
        world.command(&["sync", "--pressure", "off"]).succeeds();
        world.nothing_to_do();
        let ways = vec![
            Way::new("one list call", || assert!(bare_list(&world) > 0)),
            Way::new("ecosystem-cli sync", || drop(world.sync().succeeds())),
            Way::new("pm2 jlist", || {
                assert!(world.pm2.pm2().arg("jlist").output().unwrap().status.success());
            }),
        ];
        table.measure(*apps, rounds(31), ways);
    }
    table.finish("sync");
}

fn daemon_of(number: usize) -> String {
    let mut apps = String::new();
    for app in 0..TOGETHER {
        write!(
            apps,
            r#"{{:name "app-{number}-{app}" :script "idle.sh" :interpreter "sh" :min-uptime 100 :env {{:PORT {}}}}}"#,
            20_000 + number * TOGETHER + app
        )
        .unwrap();
    }
    format!("{{:apps [{apps}]}}\n")
}

/// Asks PM2 for its list, and takes the answer without looking into it: its length.
fn bare_list(world: &World) -> usize {
    let mut stream = UnixStream::connect(world.pm2.path().join("rpc.sock")).unwrap();
    let call = br#"j:{"type":"call","method":"getMonitorData","args":[{}]}"#;
    stream.write_all(&encode(&[call, b"s:1"]).unwrap()).unwrap();
    let (mut decoder, mut buffer) = (Decoder::default(), vec![0; 64 * 1024]);
    loop {
        if let Some(reply) = decoder.next_borrowed().unwrap() {
            return reply.iter().map(|it| it.len()).sum();
        }
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "PM2 has hung up");
        decoder.push(&buffer[..read]);
    }
}
