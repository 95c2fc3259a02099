//! The real node, for tests: the judge of everything that is said about JavaScript here.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests ask the real node")]

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value as Json;

/// Runs a module (ECMAScript) that finds its argument as `input`, and gives what it passes to `answer`.
///
/// One process answers many questions: starting node takes forty milliseconds.
pub(crate) fn ask(script: &str, input: &Json) -> Json {
    let module = format!(
        "import {{ readFileSync }} from 'node:fs';
         const input = JSON.parse(readFileSync(0, 'utf8'));
         const answer = (value) => process.stdout.write(JSON.stringify(value));
         {script}"
    );
    let output = run(&module, input.to_string());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "node failed: {errors}");
    assert_eq!(errors, "", "node complained");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Such as `v20.20.2`.
pub(crate) fn version() -> String {
    ask("answer(process.version)", &Json::Null).as_str().unwrap().to_owned()
}

fn run(module: &str, input: String) -> std::process::Output {
    let mut child = Command::new("node")
        .args(["--input-type=module", "--eval", module])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // From a thread of its own, as both pipes may fill up.
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    output
}
