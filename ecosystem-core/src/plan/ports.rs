//! Ports that an app's old processes hold, and its new ones would ask for.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::pm2::Attributes;
use crate::pm2::observed::{Listening, Process, text_of};

/// A port that an old process holds and a new one would ask for as well, as far as can be seen.
///
/// In fork mode that is any `PORT` that both are given. And it is any port on which the old one listens, unless it was
/// told to, in its arguments or environment, and the new one is not: a port that is written in a program stays what it
/// is. Workers of a cluster listen through PM2, which shares its sockets among them, and none of these is to be seen
/// there.
pub(super) fn shared(old: &Process, wanted: &Attributes, listening: &Listening) -> Option<u16> {
    let given = |text: Option<String>| text?.trim().parse().ok().filter(|port: &u16| *port != 0);
    let (before, now) = (given(old.variable(PORT)), given(wanted.variable(PORT)));
    if !wanted.is_cluster() && before.is_some() && before == now {
        return before;
    }
    let held = listening.get(&old.pid?)?;
    let (told, tells) = (numbers_of(old), numbers_in(wanted));
    // Whoever is given none by number is given one by the system.
    let any = |text: Option<String>| text.is_some_and(|text| text.trim() == "0");
    let chosen_by_system = any(old.variable(PORT)) && any(wanted.variable(PORT));
    let stays = |port: &&u16| tells.contains(*port) || !(told.contains(*port) || chosen_by_system);
    held.iter().find(stays).copied()
}

const PORT: &str = "PORT";

fn numbers_of(process: &Process) -> BTreeSet<u16> {
    let words = process.attribute("args").map(words).unwrap_or_default();
    let env = process.env().map(|(_, value)| text_of(value));
    words.into_iter().chain(env).flat_map(|text| numbers(&text)).collect()
}

fn numbers_in(app: &Attributes) -> BTreeSet<u16> {
    let words = app.get("args").map(words).unwrap_or_default();
    let declared = app.env().filter(|(name, _)| app.declared_env_names().contains(*name));
    let env = declared.map(|(_, value)| text_of(value));
    words.into_iter().chain(env).flat_map(|text| numbers(&text)).collect()
}

fn words(args: &Json) -> Vec<String> {
    args.as_array().map_or_else(|| vec![text_of(args)], |words| words.iter().map(text_of).collect())
}

/// Every number in a text that may be a port: of `--listen=127.0.0.1:8080` it is 127, 0, 1 and 8080.
fn numbers(text: &str) -> Vec<u16> {
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}
