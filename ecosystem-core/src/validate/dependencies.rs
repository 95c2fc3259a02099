//! What only the whole tree shows of `:depends_on`: names that no app has, and cycles.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use similar::get_close_matches;

use crate::diagnostic::{Diagnostic, Origin};
use crate::model::{AppName, Broken};

use super::codes;
use super::draft::Spanned;
use super::report::problem;
use super::tree::{Blamed, Placed};

/// What a tree may have besides the apps that could be read.
#[derive(Default)]
pub(super) struct Besides<'d> {
    /// Apps that are switched off.
    pub(super) switched_off: BTreeSet<&'d str>,
    /// Sources with errors, each with the number of its daemon.
    pub(super) broken: Vec<(usize, Broken)>,
    /// Whether there is something that could not be looked at.
    pub(super) unseen: bool,
}

impl Besides<'_> {
    /// Whether there may be an app of this name. What a daemon says of its own apps could be read, or nothing of it was.
    fn may_declare(&self, name: &str, daemon: usize) -> bool {
        self.unseen || self.broken.iter().any(|(other, text)| *other != daemon && text.mentions(name))
    }
}

/// Everything that is wrong with what apps depend on.
pub(super) fn check(apps: &[Placed<'_>], besides: &Besides<'_>) -> Vec<Blamed> {
    let by_name = by_name(apps);
    let mut blamed: Vec<Blamed> = apps.iter().flat_map(|app| unknown(app, &by_name, besides)).collect();
    let mut graph = Graph::of(&by_name);
    while let Some(cycle) = graph.cycle() {
        blamed.extend(told(&cycle, &by_name));
        graph.without(&cycle);
    }
    blamed
}

type ByName<'d> = BTreeMap<&'d str, Placed<'d>>;

/// Of those of one name, which is an error of its own, the first.
fn by_name<'d>(apps: &[Placed<'d>]) -> ByName<'d> {
    let mut by_name = ByName::new();
    for app in apps {
        if let Some(name) = &app.app.name {
            by_name.entry(&name.value).or_insert(*app);
        }
    }
    by_name
}

fn unknown(app: &Placed<'_>, by_name: &ByName<'_>, besides: &Besides<'_>) -> Vec<Blamed> {
    let name = app.app.name.as_ref().map_or("", |name| name.value.as_str());
    let missing = app.app.dependencies.iter().filter(|it| {
        let needed = it.value.as_str();
        !by_name.contains_key(needed) && !besides.may_declare(needed, app.daemon)
    });
    let blame = |it: &Spanned<AppName>| {
        let needed = &it.value;
        let off = besides.switched_off.contains(needed.as_str());
        let (what, label) = match off {
            true => ("is switched off", "has `:enabled false`"),
            false => ("no app of the tree is", "no such app"),
        };
        let message = format!("\"{name}\" depends on \"{needed}\", which {what}");
        let hint = if off { SWITCHED_OFF.to_owned() } else { suggestion(name, needed.as_str(), by_name) };
        let diagnostic = problem(codes::UNKNOWN_DEPENDENCY, &app.origin(it.span), message, label, hint);
        Blamed { daemon: app.daemon, diagnostic }
    };
    missing.map(blame).collect()
}

const SWITCHED_OFF: &str = "switch it on, or take it out of `:depends_on`";

/// How near a name must be to be suggested: as for keys.
const CUTOFF: f32 = 0.6;

fn suggestion(own: &str, needed: &str, by_name: &ByName<'_>) -> String {
    let names: Vec<&str> = by_name.keys().copied().filter(|name| *name != own).collect();
    match get_close_matches(needed, &names, 1, CUTOFF).first() {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => {
            "write the `:name` of an app of this tree; what runs elsewhere cannot be waited for".to_owned()
        }
    }
}

/// Which app names which.
struct Graph<'d>(BTreeMap<&'d str, BTreeSet<&'d str>>);

impl<'d> Graph<'d> {
    fn of(by_name: &ByName<'d>) -> Self {
        let needs = |app: &Placed<'d>| {
            let named = app.app.dependencies.iter().map(|it| it.value.as_str());
            named.filter(|name| by_name.contains_key(name)).collect()
        };
        Self(by_name.iter().map(|(name, app)| (*name, needs(app))).collect())
    }

    /// One of the shortest cycles through the first app that is on one; each app once, the first one first.
    fn cycle(&mut self) -> Option<Vec<&'d str>> {
        self.trim();
        self.0.keys().find_map(|start| self.shortest_from(start))
    }

    /// Leaves out what is on no cycle for certain: it names nothing that is left. What is left at last is on a cycle or
    /// names, over others, what is on one.
    fn trim(&mut self) {
        let mut needed_by: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, needs) in &self.0 {
            needs.iter().for_each(|it| needed_by.entry(it).or_default().push(name));
        }
        let mut free: Vec<&str> =
            self.0.iter().filter(|(_, needs)| needs.is_empty()).map(|(name, _)| *name).collect();
        while let Some(name) = free.pop() {
            self.0.remove(name);
            for other in needed_by.get(name).into_iter().flatten() {
                let Some(needs) = self.0.get_mut(other) else { continue };
                if needs.remove(name) && needs.is_empty() {
                    free.push(other);
                }
            }
        }
    }

    fn shortest_from(&self, start: &'d str) -> Option<Vec<&'d str>> {
        let mut came_from: BTreeMap<&str, &'d str> = BTreeMap::new();
        let mut next = VecDeque::from([start]);
        while let Some(name) = next.pop_front() {
            for needed in self.0.get(name).into_iter().flatten() {
                if *needed == start {
                    return Some(way(name, start, &came_from));
                }
                came_from.entry(needed).or_insert_with(|| {
                    next.push_back(needed);
                    name
                });
            }
        }
        None
    }

    fn without(&mut self, cycle: &[&str]) {
        self.0.retain(|name, _| !cycle.contains(name));
        self.0.values_mut().for_each(|needs| needs.retain(|name| !cycle.contains(name)));
    }
}

/// From the start to the end of what a search went through.
fn way<'d>(end: &'d str, start: &str, came_from: &BTreeMap<&str, &'d str>) -> Vec<&'d str> {
    let mut back = vec![end];
    let mut at = end;
    while at != start {
        let Some(before) = came_from.get(at) else { break };
        back.push(before);
        at = before;
    }
    back.reverse();
    back
}

/// One error for each source that a cycle leads through, so that each is seen to be wrong, and shows the others.
fn told(cycle: &[&str], by_name: &ByName<'_>) -> Vec<Blamed> {
    let edges = cycle.iter().zip(cycle.iter().cycle().skip(1));
    let edges: Vec<Edge> = edges.filter_map(|(from, to)| Edge::of(by_name.get(from)?, from, to)).collect();
    let mut daemons = BTreeSet::new();
    let firsts = edges.iter().enumerate().filter(|(_, edge)| daemons.insert(edge.daemon));
    let blame = |(index, first): (usize, &Edge)| {
        let message = match cycle {
            [own] => format!("\"{own}\" depends on itself"),
            _ => format!("apps depend on one another in a circle: {}", drawn(cycle)),
        };
        let hint = "nothing of it could be started first: take one of these out";
        let error = problem(codes::DEPENDENCY_CYCLE, &first.origin, message, first.label.clone(), hint);
        let others = edges.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, edge)| edge);
        let also =
            |error: Diagnostic, it: &Edge| error.also(&it.origin.path, it.origin.span, it.label.clone());
        Blamed { daemon: first.daemon, diagnostic: others.fold(error, also) }
    };
    firsts.map(blame).collect()
}

/// One app naming the next one.
struct Edge {
    daemon: usize,
    origin: Origin,
    label: String,
}

impl Edge {
    fn of(app: &Placed<'_>, from: &str, to: &str) -> Option<Self> {
        let named = app.app.dependencies.iter().find(|it| it.value.as_str() == to)?;
        let label = format!("{from} depends on {to}");
        Some(Self { daemon: app.daemon, origin: app.origin(named.span), label })
    }
}

/// As many apps of a cycle as a sentence can hold.
const DRAWN: usize = 12;

/// `web → api → db → web`; of very many, the first.
fn drawn(cycle: &[&str]) -> String {
    let mut names: Vec<String> = cycle.iter().take(DRAWN).map(|name| (*name).to_owned()).collect();
    if cycle.len() > DRAWN {
        names.push(format!("({} more)", cycle.len() - DRAWN));
    }
    names.extend(cycle.first().map(|name| (*name).to_owned()));
    names.join(" → ")
}

#[cfg(test)]
mod tests;
