//! What a plan is made on, besides the tree's sources and PM2's list.

use serde::{Deserialize, Serialize};

/// What a plan is made on: who makes it, of which tree, for which PM2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grounds {
    /// The version of the program that makes the plan: another one may plan differently.
    pub program: String,
    /// The tree's root, absolute.
    pub root: String,
    /// What relative paths resolve against, absolute.
    pub base: String,
    /// Whose apps the tree's are.
    pub owner: String,
    /// The profile that the tree is read with.
    pub profile: Option<String>,
    /// PM2's home, absolute.
    pub pm2_home: String,
    /// The version of PM2's daemon, if it is up.
    pub pm2_version: Option<String>,
    /// When PM2's daemon was started, in milliseconds since 1970; 0 where it is not up.
    pub pm2_started_at: u64,
}

impl Grounds {
    /// What is not as it was when a plan was made on these grounds, each in a sentence without a full stop.
    ///
    /// Where PM2 was not up, it may be now: somebody has to start it before anything can be done, and what it runs by
    /// then shows in the steps.
    #[must_use]
    pub fn differences(&self, now: &Self) -> Vec<String> {
        // Exhaustive on purpose: a new member must be decided on here.
        let Self { program, root, base, owner, profile, pm2_home, pm2_version: _, pm2_started_at } = self;
        let profile_of = |it: &Option<String>| it.clone().unwrap_or_else(|| "none".to_owned());
        let named = [
            ("this program's version", program.clone(), now.program.clone()),
            ("the tree", root.clone(), now.root.clone()),
            ("the tree's base", base.clone(), now.base.clone()),
            ("the tree's owner", owner.clone(), now.owner.clone()),
            ("the profile", profile_of(profile), profile_of(&now.profile)),
            ("PM2's home", pm2_home.clone(), now.pm2_home.clone()),
        ];
        let other_pm2 = match (*pm2_started_at, now.pm2_started_at) {
            _ if *pm2_home != now.pm2_home => None,
            (0, _) => None,
            (then, now) if then == now => None,
            (_, 0) => Some("PM2 does not run any more".to_owned()),
            (_, _) => Some("PM2 has been started anew".to_owned()),
        };
        let named = named.into_iter().filter(|(_, then, now)| then != now);
        named.map(|(what, then, now)| format!("{what} is {now}, and was {then}")).chain(other_pm2).collect()
    }
}
