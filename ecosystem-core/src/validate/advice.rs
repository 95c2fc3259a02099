//! What can be said of one app once its keys are read: right for PM2, but hardly what is meant.

use serde_json::Value as Json;

use super::codes;
use super::draft::AppDraft;
use super::report::Reporter;

/// Warns of what is hardly meant in one app.
pub(super) fn report(app: &AppDraft, reporter: &mut Reporter<'_>) {
    shell_script(app, reporter);
    script_repeated(app, reporter);
    cluster_needs_node(app, reporter);
    cwd_repeated(app, reporter);
}

/// PM2 hands a script with a space to `bash -c` and puts that in place of `:args` (`verifyConfs`).
fn shell_script(app: &AppDraft, reporter: &mut Reporter<'_>) {
    let Some(script) = app.script.as_ref().filter(|script| script.value.contains(' ')) else { return };
    match app.setting("args").filter(|args| args.value.as_array().is_some_and(|words| !words.is_empty())) {
        Some(args) => reporter.report_with(
            codes::ARGS_LOST,
            (args.span, "PM2 drops these"),
            (script.span, "PM2 hands this to a shell, for its spaces"),
            "`:args` are lost when `:script` holds a space",
            "put the program alone into :script and every argument into :args",
        ),
        None => reporter.report(
            codes::SHELL_SCRIPT,
            script.span,
            "`:script` holds a space, so that PM2 hands it to a shell",
            "run as bash -c",
            "put the program alone into :script and its arguments into :args",
        ),
    }
}

fn script_repeated(app: &AppDraft, reporter: &mut Reporter<'_>) {
    let (Some(script), Some(args)) = (&app.script, app.setting("args")) else { return };
    if args.value.get(0).and_then(Json::as_str) == Some(script.value.as_str()) {
        reporter.report(
            codes::SCRIPT_REPEATED,
            args.span,
            format!("the first of `:args` is the script again, \"{}\"", script.value),
            "the script gets its own name as an argument",
            "remove it: :args begins with what comes after the program",
        );
    }
}

/// Node's cluster module forks node, whatever the interpreter says.
fn cluster_needs_node(app: &AppDraft, reporter: &mut Reporter<'_>) {
    let (Some("cluster"), Some(interpreter)) = (app.text("exec_mode"), app.setting("exec_interpreter"))
    else {
        return;
    };
    let runs_node = |name: &str| name.ends_with("node") || name.ends_with("bun");
    if let Some(name) = interpreter.value.as_str().filter(|name| !runs_node(name)) {
        reporter.report(
            codes::CLUSTER_NEEDS_NODE,
            interpreter.span,
            format!("cluster mode runs node, not {name:?}"),
            "not used in cluster mode",
            "use :exec_mode \"fork\", or leave the interpreter out",
        );
    }
}

/// PM2 looks for watched paths below the app's working folder (`God.watch` in `lib/Watcher.js`), and says nothing
/// where there is no such path.
fn cwd_repeated(app: &AppDraft, reporter: &mut Reporter<'_>) {
    let (Some(cwd), Some(watch)) = (app.text("cwd").map(plain), app.setting("watch")) else { return };
    let below_itself = |path: &str| {
        !cwd.is_empty()
            && plain(path).strip_prefix(cwd).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let paths = watch.value.as_array().into_iter().flatten().filter_map(Json::as_str);
    if let Some(path) = paths.filter(|path| !path.starts_with('/')).find(|path| below_itself(path)) {
        reporter.report(
            codes::CWD_REPEATED,
            watch.span,
            format!("PM2 looks for {path:?} below `:cwd`, as {:?}", format!("{cwd}/{}", plain(path))),
            "relative to :cwd already",
            "write watched paths as seen from :cwd, such as [\".\"]",
        );
    }
}

/// A relative path without what means nothing at its ends.
fn plain(path: &str) -> &str {
    match path.trim_start_matches("./").trim_end_matches('/').trim_end_matches("/.") {
        "." => "",
        path => path,
    }
}
