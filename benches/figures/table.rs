//! Medians of things that are done in turn, by size.

use std::time::{Duration, Instant};

use super::{chart, machine};

/// One way to do something, which says how long it took.
pub(crate) struct Way<'a> {
    name: &'static str,
    once: Box<dyn FnMut() -> Duration + 'a>,
}

impl<'a> Way<'a> {
    /// All of what it does is measured.
    pub(crate) fn new(name: &'static str, mut once: impl FnMut() + 'a) -> Self {
        Self::timed(name, move || {
            let began = Instant::now();
            once();
            began.elapsed()
        })
    }

    /// It measures itself: there is something to do before or after that does not count.
    pub(crate) fn timed(name: &'static str, once: impl FnMut() -> Duration + 'a) -> Self {
        Self { name, once: Box::new(once) }
    }
}

/// What one way took at one size.
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) median: Duration,
    /// The median of what it took, each time as a multiple of what the first way took in the same round.
    pub(crate) ratio: f64,
}

/// What all ways took, by size.
pub(crate) struct Table {
    title: &'static str,
    /// What there are so many of.
    of: &'static str,
    /// How many bytes there are of so many, where it is about them.
    bytes: Option<fn(usize) -> usize>,
    rows: Vec<(usize, Vec<Figure>)>,
}

impl Table {
    pub(crate) fn new(title: &'static str, of: &'static str) -> Self {
        println!("\n{title}\n{}", machine::line());
        Self { title, of, bytes: None, rows: Vec::new() }
    }

    /// Says of each way how many bytes it takes in a second, too.
    pub(crate) fn of_bytes(self, bytes: fn(usize) -> usize) -> Self {
        Self { bytes: Some(bytes), ..self }
    }

    /// Does everything in turn, so that whatever else the machine is busy with falls on all of them alike, and prints
    /// what came of it. The first way is what the others are compared with.
    pub(crate) fn measure(&mut self, size: usize, rounds: usize, mut ways: Vec<Way<'_>>) {
        let mut times: Vec<Vec<f64>> = vec![Vec::new(); ways.len()];
        for _ in 0..rounds {
            for (way, times) in ways.iter_mut().zip(&mut times) {
                times.push((way.once)().as_secs_f64());
            }
        }
        let figure = |(way, own): (&Way<'_>, &Vec<f64>)| Figure {
            name: way.name,
            median: Duration::from_secs_f64(median(own.clone())),
            ratio: median(own.iter().zip(&times[0]).map(|(own, first)| own / first).collect()),
        };
        let figures: Vec<Figure> = ways.iter().zip(&times).map(figure).collect();
        let rate = |it: &Figure| {
            let bytes = self.bytes.map(|bytes| bytes(size) as f64 / it.median.as_secs_f64() / 1e6);
            bytes.map_or_else(String::new, |rate| format!(", {rate:.0} MB/s"))
        };
        let texts = figures.iter().enumerate().map(|(index, it)| match index {
            0 => format!("{} {}{}", it.name, shown(it.median), rate(it)),
            _ => format!("{} {}{} (× {:.2})", it.name, shown(it.median), rate(it), it.ratio),
        });
        println!("{size:>7} {}: {}", self.of, texts.collect::<Vec<_>>().join("; "));
        self.rows.push((size, figures));
    }

    /// Prints how each way grows, and draws it where that is asked for.
    pub(crate) fn finish(self, file: &str) {
        let lines: Vec<chart::Line> = (0..self.rows.first().map_or(0, |(_, figures)| figures.len()))
            .map(|way| chart::Line {
                name: self.rows[0].1[way].name,
                points: self
                    .rows
                    .iter()
                    .map(|(size, figures)| (*size as f64, ms(figures[way].median)))
                    .collect(),
            })
            .collect();
        chart::growth(&lines);
        chart::draw(file, self.title, self.of, "milliseconds", &lines);
    }
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

pub(crate) fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn shown(duration: Duration) -> String {
    match ms(duration) {
        ms if ms < 10.0 => format!("{ms:.2} ms"),
        ms if ms < 100.0 => format!("{ms:.1} ms"),
        ms => format!("{ms:.0} ms"),
    }
}
