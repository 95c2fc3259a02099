//! How fast a tree is read: 10, 100 and 1000 daemons, beside two other readers on the same text in the same run.
//!
//! `cargo bench -p ecosystem-core --bench compile`
//!
//! The others do less: they give values without places, take what is not EDN, and validate nothing. They are here as a
//! measure of what reading alone may cost.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use ecosystem_core::compile;
use ecosystem_core::diagnostic::Source;

const DAEMONS: &[usize] = &[10, 100, 1000];

fn main() {
    divan::main();
}

/// Ours: nodes with spans, validated to an ecosystem.
#[divan::bench(args = DAEMONS)]
fn read_and_validate(bencher: Bencher<'_, '_>, daemons: usize) {
    let texts = tree(daemons);
    let sources: Vec<Source> = texts.iter().enumerate().map(|(index, text)| source(index, text)).collect();
    assert!(!compile(&sources).has_errors(), "the generated tree is meant to be valid");
    bencher.counter(bytes(&texts)).bench(|| compile(black_box(&sources)));
}

/// edn-rs, values only.
#[divan::bench(args = DAEMONS)]
fn edn_rs(bencher: Bencher<'_, '_>, daemons: usize) {
    each_text(bencher, daemons, |text| text.parse::<edn_rs::Edn>().is_ok());
}

/// clojure-reader, values only.
#[divan::bench(args = DAEMONS)]
fn clojure_reader(bencher: Bencher<'_, '_>, daemons: usize) {
    each_text(bencher, daemons, |text| clojure_reader::edn::read_string(text).is_ok());
}

fn each_text(bencher: Bencher<'_, '_>, daemons: usize, is_read: impl Fn(&str) -> bool + Sync) {
    let texts = tree(daemons);
    assert!(texts.iter().all(|text| is_read(text)), "the generated tree is meant to be read by all");
    bencher.counter(bytes(&texts)).bench(|| texts.iter().filter(|text| is_read(black_box(text))).count());
}

/// One text per daemon, as long as people write them: some 700 bytes, comments included.
fn tree(daemons: usize) -> Vec<String> {
    (0..daemons).map(daemon).collect()
}

fn daemon(index: usize) -> String {
    let port = 20_000 + index;
    format!(
        r#";; Daemon {index}: a service and the worker that belongs to it.
{{:apps [{{:name "service-{index}"
         :description "Answers on port {port}"
         :cwd "services/service-{index}"
         :script "dist/server.js"
         :args ["--port" {port} "--log-level" "info"]
         :env {{:NODE_ENV "production" :PORT {port} :GREETING "hello\n"}}
         :max-memory-restart "300M"
         :max-restarts 10
         :min-uptime "10s"
         :autorestart true}}

        ;; Starts later and is given more time to end.
        {{:name "worker-{index}"
         :cwd "services/service-{index}"
         :script "dist/worker.js"
         :instances 2
         :exec-mode "cluster"
         :kill-timeout 8000
         :restart-delay 1000
         :env {{:QUEUE "jobs-{index}"}}}}]}}
"#
    )
}

fn source(index: usize, text: &str) -> Source {
    Source::new(format!("services/service-{index}/ecosystem.edn"), text)
}

fn bytes(texts: &[String]) -> BytesCount {
    BytesCount::new(texts.iter().map(String::len).sum::<usize>())
}
