//! Which files are written, and what their lines look like.

use crate::case::{Case, Modes, case};
use crate::subject::Look;

const LOGS: Look = |it| it.logs();
const PID_FILES: Look = |it| it.pid_files();

pub(crate) const CASES: &[Case] = &[
    case("out_file", "set", "", r#":out_file "o1.log""#, LOGS).both(),
    case("out_file", "change", r#":out_file "o1.log""#, r#":out_file "o2.log""#, LOGS).both(),
    case("out_file", "remove", r#":out_file "o1.log""#, "", LOGS).both(),
    case("out_file", "to /dev/null", r#":out_file "o1.log""#, r#":out_file "/dev/null""#, LOGS).both(),
    case("error_file", "set", "", r#":error_file "e1.log""#, LOGS).both(),
    case("error_file", "change", r#":error_file "e1.log""#, r#":error_file "e2.log""#, LOGS).both(),
    case("error_file", "remove", r#":error_file "e1.log""#, "", LOGS).both(),
    case("log_file", "set", "", r#":log_file "l1.log""#, LOGS).both(),
    case("log_file", "change", r#":log_file "l1.log""#, r#":log_file "l2.log""#, LOGS).both(),
    case("log_file", "remove", r#":log_file "l1.log""#, "", LOGS).both(),
    case("log_file", "to true", r#":log_file "l1.log""#, ":log_file true", LOGS).both(),
    case("log_file", "to false", ":log_file true", ":log_file false", LOGS).both(),
    case("disable_logs", "set", "", ":disable_logs true", LOGS).both(),
    case("disable_logs", "remove", ":disable_logs true", "", LOGS).both(),
    case("disable_logs", "to false", ":disable_logs true", ":disable_logs false", LOGS).both(),
    case("log_type", "set", "", r#":log_type "json""#, LOGS).both(),
    case("log_type", "change", r#":log_type "json""#, r#":log_type "raw""#, LOGS).both(),
    case("log_type", "remove", r#":log_type "json""#, "", LOGS).both(),
    case("log_date_format", "set", "", r#":log_date_format "HH:mm""#, LOGS).both(),
    case("log_date_format", "change", r#":log_date_format "HH:mm""#, r#":log_date_format "YYYY""#, LOGS)
        .both(),
    case("log_date_format", "remove", r#":log_date_format "HH:mm""#, "", LOGS).both(),
    case("time", "set", "", ":time true", LOGS).both(),
    case("time", "remove", ":time true", "", LOGS).both(),
    case("time", "to false", ":time true", ":time false", LOGS).both(),
    // In fork mode one process has its logs for itself by default: with a count it does not.
    case("merge_logs", "set", ":instances 2", ":instances 2 :merge_logs true", LOGS).both(),
    case("merge_logs", "remove", ":instances 2 :merge_logs true", ":instances 2", LOGS).both(),
    case("merge_logs", "to false", ":merge_logs true", ":merge_logs false", LOGS).both(),
    case("pid_file", "set", "", r#":pid_file "pid-file-set-a.pid""#, PID_FILES).both(),
    case(
        "pid_file",
        "change",
        r#":pid_file "pid-file-change-a.pid""#,
        r#":pid_file "pid-file-change-b.pid""#,
        PID_FILES,
    )
    .modes(Modes::Both),
    case("pid_file", "remove", r#":pid_file "pid-file-remove-a.pid""#, "", PID_FILES).both(),
];
