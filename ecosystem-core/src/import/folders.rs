//! Which daemon an app comes to.

use super::Grouping;
use super::convert::Draft;
use crate::model::DaemonId;

/// Spreads apps over daemons, in their order.
pub(super) fn spread(
    drafts: Vec<Draft>,
    grouping: &Grouping,
    skipped: &[&str],
) -> Vec<(DaemonId, Vec<Draft>)> {
    let mut groups: Vec<(String, Vec<Draft>)> = Vec::new();
    for draft in drafts {
        let namespace = draft.namespace.as_deref();
        let wanted = match grouping {
            Grouping::One(name) => folder(name, skipped),
            Grouping::Namespaces => folder(namespace.unwrap_or("default"), skipped),
            Grouping::Apps => {
                let group = namespace.map(|namespace| format!("{}/", folder(namespace, skipped)));
                format!("{}{}", group.unwrap_or_default(), folder(&draft.name, skipped))
            }
        };
        let shared = *grouping != Grouping::Apps;
        match groups.iter().position(|(id, _)| *id == wanted) {
            Some(at) if shared => {
                groups.get_mut(at).into_iter().for_each(|(_, apps)| apps.push(draft.clone()));
            }
            Some(_) => groups.push((free(&wanted, &groups), vec![draft])),
            None => groups.push((wanted, vec![draft])),
        }
    }
    groups.into_iter().map(|(id, apps)| (DaemonId::new(id), apps)).collect()
}

/// A name as the name of a folder in which sources are looked for.
fn folder(name: &str, skipped: &[&str]) -> String {
    let kept = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let name: String = name.chars().map(kept).collect();
    match name.trim_matches(['-', '.']) {
        "" => "app".to_owned(),
        taken if skipped.contains(&taken) => format!("{taken}-app"),
        free => free.to_owned(),
    }
}

fn free(wanted: &str, groups: &[(String, Vec<Draft>)]) -> String {
    let taken = |id: &String| groups.iter().any(|(other, _)| other == id);
    let numbered = (2..).map(|number: u32| format!("{wanted}-{number}"));
    numbered.into_iter().find(|id| !taken(id)).unwrap_or_else(|| wanted.to_owned())
}
