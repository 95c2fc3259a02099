//! The aggregate: one config that holds the apps of all daemons, by importing their files.

use askama::Template;

use super::header::{self, HeaderView};
use super::javascript::{self, Code};
use super::module::text_of;
use super::{GeneratedBy, config_path};
use crate::model::DaemonId;

/// The name of the aggregate unless another is asked for.
///
/// `ecosystem.config.enhanced.mjs` would be the other order of words, and PM2 would start it as an app.
pub const DEFAULT_AGGREGATE: &str = "ecosystem.enhanced.config.mjs";

/// The text of a config that concatenates the apps of these daemons' generated files.
///
/// `to_root` is the relative path from the aggregate's folder to the root with `/` as separator, empty if it
/// lies in the root. The per-daemon files stay the one truth: this one imports them when it is loaded.
///
/// A folder with `\` in its name cannot be imported: node refuses module specifiers with an encoded `\`.
#[must_use]
pub fn render_aggregate<'a>(
    daemons: impl IntoIterator<Item = &'a DaemonId>,
    to_root: &str,
    by: &GeneratedBy,
) -> String {
    let imports =
        daemons.into_iter().enumerate().map(|(index, id)| Import::new(index, id, to_root)).collect();
    let header = HeaderView::new("the generated files imported here", by);
    header::seal(&text_of(&AggregateView { header, imports }))
}

/// Why PM2 would not read the apps from a file of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigNameError {
    /// PM2 would run the file as an app.
    #[error(
        "PM2 would start `{name}` as an app of that name: it takes a file for a config only if the name \
         contains `.config.mjs`; `{suggestion}` does"
    )]
    RunAsApp {
        /// The name asked for.
        name: String,
        /// A name near it that PM2 takes for a config.
        suggestion: String,
    },
    /// PM2 or node would read the file as another language.
    #[error("`{name}` would be read as {language}, and it holds an ECMAScript module; take `{suggestion}`")]
    ReadAs {
        /// The name asked for.
        name: String,
        /// What it would be read as.
        language: &'static str,
        /// A name near it that is read as a module.
        suggestion: String,
    },
}

/// Checks that PM2 takes a file of this name for a config, and node for a module.
///
/// PM2 looks for certain parts anywhere in the name, in the order `.json`, `.yml`, `.yaml`, `.config.js`,
/// `.config.cjs`, `.config.mjs`, and goes by the first it finds. Source: `isConfigFile` in `lib/Common.js` of
/// PM2 7.0.4, the same in 6.0.14 and 5.4.3. Node goes by the end of the name.
///
/// # Errors
/// Says what would become of the file, and a name to take instead.
pub fn check_config_name(name: &str) -> Result<(), ConfigNameError> {
    let holds = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    let language = if holds(&[".json"]) {
        "JSON"
    } else if holds(&[".yml", ".yaml"]) {
        "YAML"
    } else if !holds(&[".config.js", ".config.cjs", ".config.mjs"]) {
        return Err(ConfigNameError::RunAsApp { name: name.to_owned(), suggestion: suggestion(name) });
    } else if name.ends_with(".mjs") {
        return Ok(());
    } else {
        "CommonJS (unless a package.json says otherwise)"
    };
    Err(ConfigNameError::ReadAs { name: name.to_owned(), language, suggestion: suggestion(name) })
}

/// The same name with `.config.mjs` in place of all that PM2 and node go by.
fn suggestion(name: &str) -> String {
    let endings = [".json", ".yaml", ".yml", ".config", ".mjs", ".cjs", ".js"];
    let stem = endings.iter().fold(name.to_owned(), |name, ending| name.replace(ending, ""));
    format!("{stem}.config.mjs")
}

#[derive(Template)]
#[template(path = "aggregate.config.mjs")]
struct AggregateView {
    header: HeaderView,
    imports: Vec<Import>,
}

struct Import {
    name: Code,
    specifier: Code,
}

impl Import {
    fn new(index: usize, daemon: &DaemonId, to_root: &str) -> Self {
        let root = if to_root.is_empty() { ".".to_owned() } else { format!("./{to_root}") };
        let path = format!("{root}/{}", config_path(daemon));
        Self {
            name: javascript::numbered("apps", index),
            specifier: javascript::string(&percent_encoded(&path)),
        }
    }
}

/// A relative import specifier is a URL: what means something there, or is dropped there, is encoded.
fn percent_encoded(path: &str) -> String {
    let mut url = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
    url
}
