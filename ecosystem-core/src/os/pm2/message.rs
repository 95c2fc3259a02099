//! What is inside frames: requests and replies of PM2's remote calls.
//!
//! An argument is `j:` and JSON, `s:` and text, or raw bytes (`amp-message` 0.1.2). A request is the call and an
//! id; a reply is the results or an error, and the same id (`pm2-axon-rpc` 0.7.1).

#[cfg(test)]
mod tests;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::frame::{self, FrameError};

/// One argument of a frame.
#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    /// A JSON value.
    Json(Json),
    /// Text.
    Text(String),
    /// Bytes with neither prefix.
    Bytes(Vec<u8>),
}

impl Argument {
    /// The bytes as they stand in a frame.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Json(value) => format!("j:{value}").into_bytes(),
            Self::Text(text) => format!("s:{text}").into_bytes(),
            Self::Bytes(bytes) => bytes.clone(),
        }
    }

    /// Reads the bytes as they stood in a frame.
    ///
    /// # Errors
    /// What is wrong with them, if they announce JSON or text and are not.
    pub fn decode(bytes: &[u8]) -> Result<Self, String> {
        if let Some(json) = bytes.strip_prefix(b"j:") {
            return parse_json(json).map(Self::Json);
        }
        let Some(text) = bytes.strip_prefix(b"s:") else { return Ok(Self::Bytes(bytes.to_vec())) };
        let text = str::from_utf8(text).map_err(|error| format!("an argument is not UTF-8: {error}"))?;
        Ok(Self::Text(text.to_owned()))
    }
}

/// JavaScript's strings may hold half of a surrogate pair, which is no text; `JSON.stringify` writes it as an
/// escape. Any app can put one into PM2's process list, and must not keep us from reading the list.
pub(super) fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let refused = match serde_json::from_slice(bytes) {
        Ok(value) => return Ok(value),
        Err(error) => format!("an argument cannot be read: {error}"),
    };
    let text = str::from_utf8(bytes).map_err(|_| refused.clone())?;
    serde_json::from_str(&without_lone_surrogates(text)).map_err(|_| refused)
}

/// The same JSON with U+FFFD in place of each escaped half of a surrogate pair that has no other half.
fn without_lone_surrogates(json: &str) -> String {
    let mut clean = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        clean.push_str(before);
        let (text, length) = match (surrogate(escape), escape.get(6..).and_then(surrogate)) {
            (Some(Half::High), Some(Half::Low)) => (escape.get(..12), 12),
            (Some(_), _) => (Some("\\ufffd"), 6),
            // A backslash and what it escapes, which may be another backslash.
            (None, _) => (escape.get(..2), 2),
        };
        let Some(text) = text else { break };
        clean.push_str(text);
        rest = escape.get(length..).unwrap_or_default();
    }
    clean.push_str(rest);
    clean
}

#[derive(Clone, Copy)]
enum Half {
    High,
    Low,
}

/// Which half of a surrogate pair the text begins with as an escape, if any.
fn surrogate(text: &str) -> Option<Half> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    match u16::from_str_radix(digits, 16).ok()? {
        0xD800..=0xDBFF => Some(Half::High),
        0xDC00..=0xDFFF => Some(Half::Low),
        _ => None,
    }
}

/// The frame that asks for a call.
///
/// Private to the link, with the arguments coming from [`super::call::Call`] alone: PM2's daemon does not
/// survive arguments of the wrong number or kind.
///
/// # Errors
/// [`FrameError`] if the arguments are too large.
pub(super) fn request(id: &str, method: &str, args: &[Json]) -> Result<Vec<u8>, FrameError> {
    #[derive(Serialize)]
    struct Request<'a> {
        r#type: &'static str,
        method: &'a str,
        args: &'a [Json],
    }
    let call = serde_json::to_value(Request { r#type: "call", method, args }).unwrap_or_default();
    let (call, id) = (Argument::Json(call).encode(), Argument::Text(id.to_owned()).encode());
    frame::encode(&[&call, &id])
}

/// What PM2 answered to one request, whose results are read as `T`.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply<T = Json> {
    /// The id of the request.
    pub id: String,
    /// The results in order, or PM2's error message.
    pub outcome: Result<Vec<T>, String>,
}

impl<T: DeserializeOwned> Reply<T> {
    /// Reads a reply from the arguments of its frame.
    ///
    /// # Errors
    /// What is wrong with them, if they are no reply.
    pub fn decode<Bytes: AsRef<[u8]>>(arguments: &[Bytes]) -> Result<Self, String> {
        let [body, id] = arguments else {
            return Err(format!("a reply has 2 arguments, this one has {}", arguments.len()));
        };
        let Argument::Text(id) = Argument::decode(id.as_ref())? else {
            return Err("the id of a reply is not text".into());
        };
        let body = body.as_ref().strip_prefix(b"j:").ok_or("the body of a reply is not JSON")?;
        // Straight to what is wanted of it: PM2's list can be megabytes, of which little is kept.
        let body: Body<T> = parse_json(body)?;
        Ok(Self { id, outcome: body.outcome() })
    }
}

#[derive(Deserialize)]
struct Body<T> {
    args: Option<Vec<T>>,
    error: Option<Json>,
}

impl<T> Body<T> {
    /// An error need not be text: PM2 passes on whatever a handler gave as error.
    fn outcome(self) -> Result<Vec<T>, String> {
        match self.error {
            None | Some(Json::Null) => Ok(self.args.unwrap_or_default()),
            Some(Json::String(message)) => Err(message),
            Some(other) => Err(other.to_string()),
        }
    }
}
