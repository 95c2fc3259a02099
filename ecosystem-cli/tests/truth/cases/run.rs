//! What is run, where, with what, under which name and as whom.

use crate::case::{Case, Modes, case};
use crate::subject::Look;

const COMMAND: Look = |it| it.command_line();
const FOLDER: Look = |it| it.working_folder();
const ACCOUNT: Look = |it| it.account();
const ARGS: Look = |it| it.says("args");
const NODE_ARGS: Look = |it| it.says("nodeArgs");
const NAMES: Look = |it| it.names_like("name-change");
const NAMESPACE: Look = |it| it.variables(&["namespace"]);

/// A worker of a cluster opens its logs itself, as the user it runs as: it cannot write on in those of another user, and
/// would end at once.
macro_rules! no_logs {
    ($members:literal) => {
        concat!($members, r#" :out_file "/dev/null" :error_file "/dev/null""#)
    };
}

const fn as_worker(
    field: &'static str,
    change: &'static str,
    before: &'static str,
    after: &'static str,
) -> Case {
    case(field, change, before, after, ACCOUNT).modes(Modes::Cluster)
}

pub(crate) const CASES: &[Case] = &[
    case("script", "change", r#":script "app.cjs""#, r#":script "other.cjs""#, COMMAND).both(),
    case("name", "change", r#":name "name-change""#, r#":name "name-changed""#, NAMES).both(),
    case("namespace", "set", "", r#":namespace "n1""#, NAMESPACE).both(),
    case("namespace", "change", r#":namespace "n1""#, r#":namespace "n2""#, NAMESPACE).both(),
    case("namespace", "remove", r#":namespace "n1""#, "", NAMESPACE).both(),
    case("cwd", "set", "", r#":cwd "w1""#, FOLDER).both(),
    case("cwd", "change", r#":cwd "w1""#, r#":cwd "w2""#, FOLDER).both(),
    case("cwd", "remove", r#":cwd "w1""#, "", FOLDER).both(),
    // The kernel shows a shell's arguments. Over its own, node writes a title.
    case("args", "set", "", r#":args ["a" "b c"]"#, COMMAND).running("shell.sh"),
    case("args", "change", r#":args ["a"]"#, r#":args "b 'c d'""#, COMMAND).running("shell.sh"),
    case("args", "remove", r#":args ["a"]"#, "", COMMAND).running("shell.sh"),
    case("args", "to []", r#":args ["a"]"#, ":args []", COMMAND).running("shell.sh"),
    case("args", "set", "", r#":args ["a" "b c"]"#, ARGS).modes(Modes::Cluster),
    case("args", "change", r#":args ["a"]"#, r#":args "b 'c d'""#, ARGS).modes(Modes::Cluster),
    case("args", "remove", r#":args ["a"]"#, "", ARGS).modes(Modes::Cluster),
    case("args", "to []", r#":args ["a"]"#, ":args []", ARGS).modes(Modes::Cluster),
    case("exec_interpreter", "set", "", r#":interpreter "sh""#, COMMAND).running("shell.sh"),
    case("exec_interpreter", "change", r#":interpreter "sh""#, r#":interpreter "bash""#, COMMAND)
        .running("shell.sh"),
    case("exec_interpreter", "remove", r#":interpreter "sh""#, "", COMMAND).running("shell.sh"),
    case("node_args", "set", "", r#":node_args ["--no-warnings"]"#, NODE_ARGS).both(),
    case(
        "node_args",
        "change",
        r#":node_args ["--no-warnings"]"#,
        r#":node_args "--no-deprecation""#,
        NODE_ARGS,
    )
    .both(),
    case("node_args", "remove", r#":node_args ["--no-warnings"]"#, "", NODE_ARGS).both(),
    case("node_args", "to []", r#":node_args ["--no-warnings"]"#, ":node_args []", NODE_ARGS).both(),
    case("uid", "set", "", ":uid 65534", ACCOUNT),
    case("uid", "change", ":uid 65534", ":uid 1", ACCOUNT),
    case("uid", "remove", ":uid 65534", "", ACCOUNT),
    case("gid", "set", ":uid 65534", ":uid 65534 :gid 1", ACCOUNT),
    case("gid", "change", ":uid 65534 :gid 2", ":uid 65534 :gid 1", ACCOUNT),
    case("gid", "remove", ":uid 65534 :gid 1", ":uid 65534", ACCOUNT),
    as_worker("uid", "set", no_logs!(""), no_logs!(":uid 65534")),
    as_worker("uid", "change", no_logs!(":uid 65534"), no_logs!(":uid 1")),
    as_worker("uid", "remove", no_logs!(":uid 65534"), no_logs!("")),
    as_worker("gid", "set", no_logs!(":uid 65534"), no_logs!(":uid 65534 :gid 1")),
    as_worker("gid", "change", no_logs!(":uid 65534 :gid 2"), no_logs!(":uid 65534 :gid 1")),
    as_worker("gid", "remove", no_logs!(":uid 65534 :gid 1"), no_logs!(":uid 65534")),
];
