//! Whether a file is a program or text: the same answer as PM2's own.

use std::process::{Command, Stdio};

use ecosystem_core::pm2::looks_binary;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use crate::support::pm2_program::{VERSIONS, pm2_program};

#[test]
fn programs_and_text_are_told_apart_as_pm2_does() {
    let samples = samples(4000);
    let ours: Vec<bool> = samples.iter().map(|bytes| looks_binary(bytes)).collect();
    assert!(ours.contains(&true) && ours.contains(&false), "samples of both kinds");
    for &version in VERSIONS {
        let theirs = as_pm2_says(version, &samples);
        for ((bytes, ours), theirs) in samples.iter().zip(&ours).zip(theirs) {
            assert_eq!(*ours, theirs, "PM2 {version}: {bytes:?}");
        }
    }
}

/// Mostly text, with whole and broken UTF-8 and some bytes of any kind, of lengths around the limits.
fn samples(count: usize) -> Vec<Vec<u8>> {
    let piece = prop_oneof![
        60 => "[ -~\t\n]{1,8}".prop_map(String::into_bytes),
        4 => "[à-ÿ日-本🦆]".prop_map(String::into_bytes),
        2 => prop::collection::vec(0x80..=0xFF_u8, 1..3),
        1 => prop::collection::vec(any::<u8>(), 1..3),
    ];
    let start = prop_oneof![9 => Just(Vec::new()), 1 => Just(b"\xEF\xBB\xBF".to_vec())];
    let file = (start, prop::collection::vec(piece, 0..160))
        .prop_map(|(start, pieces)| [start, pieces.concat()].concat());
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| file.new_tree(&mut runner).unwrap().current()).collect()
}

fn as_pm2_says(version: &str, samples: &[Vec<u8>]) -> Vec<bool> {
    let script = "const isBinary = require(process.argv[1] + '/lib/tools/isbinaryfile.js');
        const samples = JSON.parse(require('fs').readFileSync(0)).map((bytes) => Buffer.from(bytes));
        console.log(JSON.stringify(samples.map((bytes) => isBinary(bytes, Math.min(bytes.length, 512)))));";
    let pm2 = pm2_program(version).parent().unwrap().parent().unwrap().to_owned();
    let mut child = Command::new("node")
        .args(["-e", script, pm2.as_str()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    serde_json::to_writer(child.stdin.take().unwrap(), samples).unwrap();
    serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap()
}
