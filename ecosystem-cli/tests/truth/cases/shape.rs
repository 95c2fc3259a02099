//! How many processes there are, and of what kind.

use crate::case::{Case, Modes, case};
use crate::subject::Look;

const COUNT: Look = |it| it.count();
const COUNT_BY_CORES: Look = |it| it.count_by_cores();
const WORKER: Look = |it| it.says("worker");

pub(crate) const CASES: &[Case] = &[
    case("instances", "set", "", ":instances 3", COUNT).both(),
    case("instances", "change", ":instances 1", ":instances 3", COUNT).both(),
    case("instances", "change to less", ":instances 3", ":instances 1", COUNT).both(),
    case("instances", "change to max", ":instances 1", r#":instances "max""#, COUNT_BY_CORES).both(),
    case("instances", "remove", ":instances 3", "", COUNT).both(),
    case("exec_mode", "set", "", r#":exec_mode "cluster""#, WORKER),
    case("exec_mode", "change", r#":exec_mode "fork""#, r#":exec_mode "cluster""#, WORKER),
    case("exec_mode", "change back", r#":exec_mode "cluster""#, r#":exec_mode "fork""#, WORKER),
    case("exec_mode", "remove", r#":exec_mode "cluster""#, "", WORKER),
    case("execute_command", "set", "", ":execute_command true", WORKER).modes(Modes::Cluster),
    case("execute_command", "remove", ":execute_command true", "", WORKER).modes(Modes::Cluster),
    case("execute_command", "set", "", ":execute_command true", WORKER)
        .never("PM2 takes it out again, and makes the app one of fork mode, which it is"),
];
