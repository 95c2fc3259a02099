//! What processes find in their environment.

use crate::case::{Case, Modes, case};
use crate::subject::Look;

const AB: Look = |it| it.variables(&["A", "B"]);
const HOME: Look = |it| it.variables(&["HOME"]);
const PORT: Look = |it| it.variables(&["PORT"]);
const COUNTED: Look = |it| it.variables(&["P", "Q"]);
const INSTANCE: Look = |it| it.variables(&["MINE", "YOURS", "NODE_APP_INSTANCE"]);

pub(crate) const CASES: &[Case] = &[
    case("env", "set", "", r#":env {:A "1"}"#, AB).both(),
    case("env", "add", r#":env {:A "1"}"#, r#":env {:A "1" :B "2"}"#, AB).both(),
    case("env", "change", r#":env {:A "1"}"#, r#":env {:A "2"}"#, AB).both(),
    case("env", "change type", r#":env {:A "1" :B "x"}"#, r#":env {:A false :B {:x [1 "ü"]}}"#, AB).both(),
    case("env", "remove a variable", r#":env {:A "1" :B "2"}"#, r#":env {:A "1"}"#, AB).both(),
    case("env", "rename a variable", r#":env {:A "1"}"#, r#":env {:B "1"}"#, AB).both(),
    case("env", "to an empty text", r#":env {:A "1"}"#, r#":env {:A ""}"#, AB).both(),
    case("env", "to {}", r#":env {:A "1"}"#, ":env {}", AB).both(),
    case("env", "remove", r#":env {:A "1" :B "2"}"#, "", AB).both(),
    case("env", "of env_production", "", r#":env_production {:A "1"}"#, AB)
        .never("PM2 reads such a block only for `pm2 start FILE --env production`"),
    case("filter_env", "set", "", r#":filter_env ["HOM"]"#, HOME),
    case("filter_env", "change", r#":filter_env ["HOM"]"#, r#":filter_env ["LANG"]"#, HOME),
    case("filter_env", "remove", r#":filter_env ["HOM"]"#, "", HOME),
    case("filter_env", "set", "", r#":filter_env ["HOM"]"#, HOME).modes(Modes::Cluster).never(WORKERS),
    case("filter_env", "change", r#":filter_env ["HOM"]"#, r#":filter_env ["LANG"]"#, HOME)
        .modes(Modes::Cluster)
        .never(WORKERS),
    case("filter_env", "remove", r#":filter_env ["HOM"]"#, "", HOME).modes(Modes::Cluster).never(WORKERS),
    case("port", "set", "", ":port 4001", PORT).both(),
    case("port", "change", ":port 4001", ":port 4002", PORT).both(),
    case("port", "remove", ":port 4001", "", PORT).both(),
    case(
        "increment_var",
        "set",
        ":instances 2 :env {:P 30 :Q 40}",
        r#":instances 2 :env {:P 30 :Q 40} :increment_var "P""#,
        COUNTED,
    )
    .both(),
    case(
        "increment_var",
        "change",
        r#":instances 2 :env {:P 30 :Q 40} :increment_var "P""#,
        r#":instances 2 :env {:P 30 :Q 40} :increment_var "Q""#,
        COUNTED,
    )
    .both(),
    case(
        "increment_var",
        "remove",
        r#":instances 2 :env {:P 30 :Q 40} :increment_var "P""#,
        ":instances 2 :env {:P 30 :Q 40}",
        COUNTED,
    )
    .both(),
    case(
        "increment_var",
        "kept, its variable changed",
        r#":instances 2 :env {:P 30 :Q 40} :increment_var "P""#,
        r#":instances 2 :env {:P 50 :Q 40} :increment_var "P""#,
        COUNTED,
    )
    .both(),
    case(
        "increment_var",
        "kept, another variable changed",
        r#":instances 2 :env {:P 30 :Q 40} :increment_var "P""#,
        r#":instances 2 :env {:P 30 :Q 60} :increment_var "P""#,
        COUNTED,
    )
    .both(),
    case("instance_var", "set", ":instances 2", r#":instances 2 :instance_var "MINE""#, INSTANCE).both(),
    case(
        "instance_var",
        "change",
        r#":instances 2 :instance_var "MINE""#,
        r#":instances 2 :instance_var "YOURS""#,
        INSTANCE,
    )
    .both(),
    case("instance_var", "remove", r#":instances 2 :instance_var "MINE""#, ":instances 2", INSTANCE).both(),
];

const WORKERS: &str = "a worker of a cluster is given all of the environment of PM2's daemon by node, besides what PM2 gives it";
