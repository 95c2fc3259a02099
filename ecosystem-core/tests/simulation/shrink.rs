//! The least of a script that still breaks the same law.

use crate::script::{Event, Script};

/// Takes events out, and what goes wrong in them, for as long as it `fails`.
pub fn shrink(script: Script, fails: impl Fn(&Script) -> bool) -> Script {
    let mut least = script;
    loop {
        let before = least.clone();
        least = without_events(least, &fails);
        least = without_upsets(least, &fails);
        if least == before {
            return least;
        }
    }
}

fn without_events(mut least: Script, fails: &impl Fn(&Script) -> bool) -> Script {
    let mut size = least.len().max(1);
    while size > 0 {
        let mut at = 0;
        while at < least.len() {
            let mut less = least.clone();
            less.drain(at..(at + size).min(least.len()));
            if fails(&less) {
                least = less;
            } else {
                at += size;
            }
        }
        size /= 2;
    }
    least
}

fn without_upsets(mut least: Script, fails: &impl Fn(&Script) -> bool) -> Script {
    for index in 0..least.len() {
        let mut at = 0;
        loop {
            let mut less = least.clone();
            let Some(Event::Sync(_, upsets) | Event::Wait(_, upsets)) = less.get_mut(index) else { break };
            if at >= upsets.len() {
                break;
            }
            upsets.remove(at);
            if fails(&less) {
                least = less;
            } else {
                at += 1;
            }
        }
    }
    least
}
