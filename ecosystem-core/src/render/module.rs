//! One daemon's module.

use askama::Template;

use super::app::AppView;
use super::header::{self, HeaderView};
use super::javascript::{self, Code};
use super::{GeneratedBy, Layout, references};
use crate::model::{Daemon, DaemonId};

/// The text of a daemon's generated file.
///
/// Total and byte-stable: equal arguments give equal bytes. What JavaScript could not hold exactly (validated
/// daemons have none of it) becomes an expression that throws when the file is loaded, never another value.
///
/// `:inherit_env` has no counterpart in the text: PM2's own command line passes its whole environment on to
/// what it starts from a file.
#[must_use]
pub fn render(daemon: &Daemon, by: &GeneratedBy) -> String {
    header::seal(&text_of(&ModuleView::new(daemon, by)))
}

#[derive(Template)]
#[template(path = "ecosystem.config.mjs")]
struct ModuleView {
    header: HeaderView,
    reads_env_files: bool,
    has_references: bool,
    refers_for_folder: bool,
    root: Code,
    base: Code,
    owner: Code,
    source: Code,
    apps: Vec<AppView>,
    deploy: Option<Code>,
}

impl ModuleView {
    fn new(daemon: &Daemon, by: &GeneratedBy) -> Self {
        Self {
            header: HeaderView::new(&daemon.id.source_path(), by),
            has_references: daemon.apps.iter().any(references::has_any),
            refers_for_folder: daemon.apps.iter().any(references::has_folder),
            reads_env_files: daemon.apps.iter().any(|app| !app.env_files.is_empty()),
            root: javascript::string(&up_to_root(&daemon.id)),
            base: base(&by.layout),
            owner: by
                .layout
                .owner
                .as_deref()
                .map_or_else(|| javascript::verbatim("root"), javascript::string),
            source: javascript::string(daemon.id.as_str()),
            apps: daemon.apps.iter().enumerate().map(|(index, app)| AppView::new(index, app)).collect(),
            deploy: daemon.deploy.as_ref().map(|deploy| javascript::value(deploy, 0)),
        }
    }
}

/// The root as seen from the `dist` folder; a URL reference, in which `..` needs no escaping.
fn up_to_root(id: &DaemonId) -> String {
    let folders = id.as_str().split('/').filter(|folder| !folder.is_empty()).count();
    vec![".."; folders + 1].join("/")
}

fn base(layout: &Layout) -> Code {
    let root = javascript::verbatim("root");
    match layout.root_to_base.as_str() {
        "" => root,
        path => javascript::call("resolve", &[root, javascript::string(path)]),
    }
}

/// A template writes into memory and holds [`Code`] alone, so it does not fail; were it to, loading the file
/// says so instead of telling PM2 that there are no apps.
pub(super) fn text_of(template: &impl Template) -> String {
    template.render().unwrap_or_else(|error| format!("{};\n", javascript::throwing(&error.to_string())))
}
