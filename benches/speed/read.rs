//! Texts to values, beside two other readers of EDN on the same text; and what comes after reading.
//!
//! The others do less: they give values without places, take what is not EDN, and stop at the first mistake.

use std::hint::black_box;

use ecosystem_core::diagnostic::Source;
use ecosystem_core::{compile, edn};

use super::render::daemons;
use crate::figures::table::{Table, Way};
use crate::figures::{full_or_trial, rounds};

const DAEMONS: &[usize] = &[10, 100, 1000, 10_000];

pub(crate) fn measure() {
    let mut table = Table::new("Texts are read", "daemons")
        .of_bytes(|daemons| tree(daemons).iter().map(|it| it.contents.len()).sum());
    for daemons in full_or_trial(DAEMONS, &[10]) {
        let sources = tree(*daemons);
        assert!(!compile(&sources).has_errors(), "the generated tree is meant to be valid");
        let each = |read: fn(&Source) -> bool| {
            let sources = &sources;
            move || {
                assert!(
                    sources.iter().all(|it| read(black_box(it))),
                    "all texts are meant to be read by all"
                );
            }
        };
        let ways = vec![
            Way::new("our reader", each(|it| edn::read(it).output.is_some())),
            Way::new("clojure-reader", each(|it| clojure_reader::edn::read_string(it.readable()).is_ok())),
            Way::new("edn-rs", each(|it| it.readable().parse::<edn_rs::Edn>().is_ok())),
            Way::new("our reader and everything up to the model", || drop(black_box(compile(&sources)))),
        ];
        table.measure(*daemons, rounds(31), ways);
    }
    table.finish("read");
}

fn tree(daemons: usize) -> Vec<Source> {
    (0..daemons)
        .map(|it| Source::new(format!("{}/ecosystem.edn", daemons::place(it)), daemons::text(it)))
        .collect()
}
