//! `:uid` and `:gid`: whom a process runs as.

use serde_json::Value as Json;

use super::settings::truthy;
use super::{Machine, Unresolvable};
use crate::model::App;

/// Whom a process runs as, and the home folder PM2 sets for it (over any `HOME` in `:env`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) home: String,
}

/// The account an app asks for; none if it asks for none.
///
/// The number 0 counts as not asking, as in PM2, which then leaves `HOME` as it is.
pub(super) fn look_up(app: &App, machine: &Machine) -> Result<Option<Account>, Unresolvable> {
    let uid = app.setting("uid");
    let gid = app.setting("gid");
    if (uid.is_some() || gid.is_some()) && !machine.is_root {
        return Err(Unresolvable::AccountNeedsRoot {
            app: app.name.clone(),
            daemon: machine.username.clone(),
        });
    }
    let (uid, gid) = (uid.filter(|uid| truthy(uid)), gid.filter(|gid| truthy(gid)));
    match (uid, gid) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(Unresolvable::GroupWithoutUser { app: app.name.clone() }),
        (Some(uid), gid) => account(app, &text(uid), gid.map(text), machine).map(Some),
    }
}

fn account(app: &App, uid: &str, gid: Option<String>, machine: &Machine) -> Result<Account, Unresolvable> {
    let Some(user) = machine.users.get(uid) else {
        return Err(Unresolvable::UserUnknown { app: app.name.clone(), user: uid.to_owned() });
    };
    let gid = match gid {
        None => user.gid,
        Some(group) => match machine.groups.get(&group) {
            Some(gid) => *gid,
            None => return Err(Unresolvable::GroupUnknown { app: app.name.clone(), group }),
        },
    };
    Ok(Account { uid: user.uid, gid, home: user.home.clone() })
}

/// A name, or the digits of a number.
fn text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
