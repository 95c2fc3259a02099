//! The recording stub holds what it promises: what `pm2 start <file>` tells PM2, and nothing started.

use serde_json::json;

use crate::support::pm2_program::VERSIONS;
use crate::support::recording_stub::prepared_by_pm2;

#[test]
fn pm2_start_is_recorded_without_starting_anything() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("app.js");
    std::fs::write(&script, "throw new Error('was run')").unwrap();
    let config =
        json!({ "apps": [{ "name": "one", "script": script, "args": "a 'b c'", "env": { "K": 1 } }] });
    for &version in VERSIONS {
        let prepared = prepared_by_pm2(version, &config.to_string());
        assert_eq!(prepared.len(), 1, "{version}");
        assert_eq!(prepared[0]["name"], "one", "{version}");
        assert_eq!(prepared[0]["args"], json!(["a", "b c"]), "{version}");
        assert_eq!(prepared[0]["env"]["K"], 1, "{version}");
        assert_eq!(prepared[0]["pm_exec_path"], json!(script), "{version}");
    }
}
