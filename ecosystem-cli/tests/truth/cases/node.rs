//! What PM2 does inside of node before the app's own program runs, and what it only keeps.

use crate::case::{Case, case};
use crate::subject::{Look, Subject};

const MAPS: Look = |it| both(it, "maps", &["source_map_support", "disable_source_map_support"]);
const MODULE: Look = |it| both(it, "module", &["pmx", "automation"]);
const TRACE: Look = |it| it.variables(&["trace"]);
const V8: Look = |it| it.variables(&["v8"]);
const EVENT_LOOP: Look = |it| it.variables(&["event_loop_inspector"]);
const DEEP: Look = |it| it.variables(&["deep_monitoring"]);
const IO: Look = |it| it.variables(&["io"]);
const WINDOWS_HIDE: Look = |it| it.variables(&["windowsHide"]);
const INSTALL_URL: Look = |it| it.variables(&["install_url"]);
const NAME_PREFIX: Look = |it| it.variables(&["name_prefix"]);
const FORCE: Look = |it| it.variables(&["force"]);
const WRITE: Look = |it| it.variables(&["write"]);
const APPEND: Look = |it| it.variables(&["append_env_to_name"]);
const USERNAME: Look = |it| it.variables(&["username"]);
const POST_UPDATE: Look = |it| it.record("post_update");

fn both(it: &Subject<'_>, what: &str, variables: &[&str]) -> String {
    format!("{what} {} {}", it.says(what), it.variables(variables))
}

const INSTALLS: &str = "it makes the `pm2` program install packages from npm";

pub(crate) const CASES: &[Case] = &[
    case("source_map_support", "set", "", ":source_map_support true", MAPS).both(),
    case("source_map_support", "remove", ":source_map_support true", "", MAPS).both(),
    case("source_map_support", "to false", ":source_map_support true", ":source_map_support false", MAPS)
        .both(),
    case("disable_source_map_support", "set", "", ":disable_source_map_support true", MAPS).both(),
    case("disable_source_map_support", "remove", ":disable_source_map_support true", "", MAPS).both(),
    case(
        "disable_source_map_support",
        "to false",
        ":disable_source_map_support true",
        ":disable_source_map_support false",
        MAPS,
    )
    .both(),
    case("pmx", "set", "", ":pmx false", MODULE).both(),
    case("pmx", "change", ":pmx false", ":pmx true", MODULE).both(),
    case("pmx", "remove", ":pmx false", "", MODULE).both(),
    case("automation", "set", "", ":automation false", MODULE).both(),
    case("automation", "to true", ":automation false", ":automation true", MODULE).both(),
    case("automation", "remove", ":automation false", "", MODULE).both(),
    case("io", "set", "", ":io {:conf {:a 1}}", IO).both(),
    case("io", "change", ":io {:conf {:a 1}}", ":io {:conf {:a 2}}", IO).both(),
    case("io", "remove", ":io {:conf {:a 1}}", "", IO).both(),
    case("trace", "set", "", ":trace true", TRACE).both().unfit(7, INSTALLS),
    case("trace", "to false", ":trace true", ":trace false", TRACE).both().unfit(7, INSTALLS),
    case("trace", "remove", ":trace true", "", TRACE).both().unfit(7, INSTALLS),
    case("disable_trace", "set", ":trace true", ":trace true :disable_trace true", TRACE)
        .both()
        .unfit(7, INSTALLS),
    case("disable_trace", "remove", ":trace true :disable_trace true", ":trace true", TRACE)
        .both()
        .unfit(7, INSTALLS),
    case("v8", "set", "", ":v8 true", V8).both(),
    case("v8", "to false", ":v8 true", ":v8 false", V8).both(),
    case("v8", "remove", ":v8 true", "", V8).both(),
    case("event_loop_inspector", "set", "", ":event_loop_inspector true", EVENT_LOOP).both(),
    case("event_loop_inspector", "remove", ":event_loop_inspector true", "", EVENT_LOOP).both(),
    case("deep_monitoring", "set", "", ":deep_monitoring true", DEEP).both().unfit(7, INSTALLS),
    case("deep_monitoring", "remove", ":deep_monitoring true", "", DEEP).both().unfit(7, INSTALLS),
    case("windowsHide", "set", "", ":windowsHide false", WINDOWS_HIDE).both(),
    case("windowsHide", "remove", ":windowsHide false", "", WINDOWS_HIDE).both(),
    case("install_url", "set", "", r#":install_url "a""#, INSTALL_URL).both(),
    case("install_url", "change", r#":install_url "a""#, r#":install_url "b""#, INSTALL_URL).both(),
    case("install_url", "remove", r#":install_url "a""#, "", INSTALL_URL).both(),
    case("name_prefix", "set", "", r#":name_prefix "a""#, NAME_PREFIX).both(),
    case("name_prefix", "change", r#":name_prefix "a""#, r#":name_prefix "b""#, NAME_PREFIX).both(),
    case("name_prefix", "remove", r#":name_prefix "a""#, "", NAME_PREFIX).both(),
    case("force", "set", "", ":force true", FORCE).both(),
    case("force", "remove", ":force true", "", FORCE).both(),
    case("write", "set", "", ":write true", WRITE).both(),
    case("write", "remove", ":write true", "", WRITE).both(),
    case("append_env_to_name", "set", "", ":append_env_to_name true", APPEND).both(),
    case("append_env_to_name", "remove", ":append_env_to_name true", "", APPEND).both(),
    case("post_update", "set", "", r#":post_update ["a"]"#, POST_UPDATE).both(),
    case("post_update", "change", r#":post_update ["a"]"#, r#":post_update ["b" "c"]"#, POST_UPDATE).both(),
    case("post_update", "remove", r#":post_update ["a"]"#, "", POST_UPDATE).both(),
    case("username", "set", "", r#":username "eve""#, USERNAME).both().never(ITS_OWN_USER),
    case("username", "change", r#":username "eve""#, r#":username "bob""#, USERNAME)
        .both()
        .never(ITS_OWN_USER),
    case("username", "remove", r#":username "eve""#, "", USERNAME).both().never(ITS_OWN_USER),
];

const ITS_OWN_USER: &str = "PM2 replaces it by the name of the user that runs `pm2`";
