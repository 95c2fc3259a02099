//! In place of PM2's daemon: answers what the `pm2` program asks before it starts an app, and keeps what it
//! is told to start. So `pm2 start <file>` tells exactly what it makes of a file, and nothing runs.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use ecosystem_core::os::pm2::frame::{self, Arguments, Decoder};
use serde_json::{Value as Json, json};

use super::hermetic;
use super::pm2_program::pm2_program;

/// The arguments of `prepare`, one per app, that `pm2 start` of `version` sends for this configuration (the
/// text of an `ecosystem.json`), in the order sent.
///
/// PM2 sees nothing but PATH, HOME, PM2_HOME and PM2_DISABLE_VERSION_CHECK of the environment.
pub(crate) fn prepared_by_pm2(version: &str, config: &str) -> Vec<Json> {
    let home = hermetic::short_temp_dir();
    let file = home.path().join("ecosystem.json");
    fs::write(&file, config).unwrap();
    prepared_by_pm2_from(version, home.path(), &file)
}

/// The same for a configuration file of any kind that PM2 knows, with `home` as PM2_HOME and working folder.
pub(crate) fn prepared_by_pm2_from(version: &str, home: &Path, file: &Path) -> Vec<Json> {
    prepared_by_pm2_with(&[], version, home, file)
}

/// The same with these variables besides.
pub(crate) fn prepared_by_pm2_with(
    env: &[(&str, &str)],
    version: &str,
    home: &Path,
    file: &Path,
) -> Vec<Json> {
    let stub = RecordingStub::listen(home, version);
    let mut command = hermetic::command(pm2_program(version), home);
    let output = command.envs(env.iter().copied()).arg("start").arg(file).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    stub.prepared()
}

/// A stub that listens until the test program ends. PM2_HOME belongs to the test alone.
pub(crate) struct RecordingStub {
    prepared: Arc<Mutex<Vec<Json>>>,
}

impl RecordingStub {
    /// Listens on `rpc.sock` in `home` and claims to be of that version.
    pub(crate) fn listen(home: &Path, version: &str) -> Self {
        let listener = UnixListener::bind(home.join("rpc.sock")).unwrap();
        let prepared = Arc::new(Mutex::new(Vec::new()));
        let (version, recorded) = (version.to_owned(), Arc::clone(&prepared));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (version, recorded) = (version.clone(), Arc::clone(&recorded));
                thread::spawn(move || serve(stream, &version, &recorded));
            }
        });
        Self { prepared }
    }

    /// What was recorded so far.
    pub(crate) fn prepared(&self) -> Vec<Json> {
        self.prepared.lock().unwrap().clone()
    }
}

/// Answers one client until it goes away.
fn serve(mut stream: UnixStream, version: &str, prepared: &Mutex<Vec<Json>>) {
    let mut decoder = Decoder::default();
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        decoder.push(&buffer[..read]);
        while let Some(request) = decoder.next_frame().unwrap() {
            if stream.write_all(&reply(&request, version, prepared)).is_err() {
                return;
            }
        }
    }
}

/// The reply frame: what the daemon would give, for a daemon without apps.
fn reply(request: &Arguments, version: &str, prepared: &Mutex<Vec<Json>>) -> Vec<u8> {
    let [call, id] = request.as_slice() else { panic!("a request has two arguments: {request:?}") };
    let call: Json = serde_json::from_slice(call.strip_prefix(b"j:").unwrap()).unwrap();
    let result = match call["method"].as_str().unwrap() {
        "getVersion" => json!(version),
        "prepare" => {
            prepared.lock().unwrap().push(call["args"][0].clone());
            json!([])
        }
        "getMonitorData" => json!([]),
        _ => json!({}),
    };
    frame::encode(&[format!("j:{}", json!({ "args": [result] })).as_bytes(), id]).unwrap()
}
