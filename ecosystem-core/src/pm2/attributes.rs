//! From a definition to what PM2 is told: the object that `pm2 start <config>` would send to `prepare`.

use serde_json::{Map, Value as Json};

/// The attributes of one app as PM2's daemon takes them: the argument of its `prepare` call.
///
/// Source: `lib/Common.js` and `lib/API.js` of PM2 7.0.4; compared with what the real program sends in
/// `ecosystem-cli/tests`.
#[derive(Debug, Clone, PartialEq)]
pub struct Attributes(Map<String, Json>);
