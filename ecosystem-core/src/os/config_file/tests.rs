#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use assert_fs::TempDir;
use serde_json::json;

use super::*;

fn read(name: &str, text: &str) -> Result<Evaluated, HostError> {
    let folder = TempDir::new().unwrap();
    let folder = Utf8Path::from_path(folder.path()).unwrap().canonicalize_utf8().unwrap();
    fs::write(folder.join(name), text).unwrap();
    evaluate(&folder.join(name), None)
}

#[test]
fn every_kind_of_module() {
    let check = |name: &str, text: &str| {
        assert_eq!(
            read(name, text).unwrap().value,
            json!({ "apps": [{ "script": "a.js" }] }),
            "{name}: {text}"
        );
    };
    check("ecosystem.config.cjs", "module.exports = { apps: [{ script: 'a.js' }] }");
    check("ecosystem.config.js", "console.log('{}'); module.exports = { apps: [{ script: 'a.js' }] }");
    check("ecosystem.config.mjs", "export const apps = [{ script: 'a.js' }]");
    check("ecosystem.config.mjs", "export default { apps: [{ script: 'a.js' }] }");
    check("pm2.json", "// as PM2 reads it\n{ apps: [{ 'script': \"a.js\", },], } // end");
    // What would keep node from ending, ends with it.
    check("ecosystem.config.js", "setInterval(() => {}, 9); module.exports = { apps: [{ script: 'a.js' }] }");
}

#[test]
fn what_is_no_data_is_named() {
    let text = "const app = { wait: () => 1, ignore_watch: [/x/, 'y'], env: { TOKEN: process.env.TOKEN } };
        app.self = app; module.exports = { apps: [app], at: new Date(0), big: 1n, not: 0 / 0 }";
    let evaluated = read("ecosystem.config.js", text).unwrap();
    assert_eq!(
        evaluated.value,
        json!({ "apps": [{ "ignore_watch": ["y"], "env": {} }], "at": "1970-01-01T00:00:00.000Z" })
    );
    let odd: Vec<String> =
        evaluated.odd.iter().map(|odd| format!("{}: {}", odd.path.join("."), odd.kind)).collect();
    let expected = [
        "apps.0.wait: a function",
        "apps.0.ignore_watch.0: a regular expression",
        "apps.0.env.TOKEN: undefined",
        "apps.0.self: part of itself",
        "big: a BigInt",
        "not: no number that JSON can hold",
    ];
    assert_eq!(odd, expected);
    assert!(evaluated.unset.contains("TOKEN"));
}

#[test]
fn a_file_that_cannot_be_read_says_why() {
    let check = |name: &str, text: &str, expected: &str| {
        let error = read(name, text).unwrap_err();
        assert!(error.message.contains(expected), "{error}");
    };
    check("ecosystem.config.js", "throw new Error('no database')", "no database");
    check("ecosystem.config.js", "module.exports = {", "Unexpected end of input");
    check("ecosystem.config.js", "console.log('so long'); process.exit(7)", "so long");
    check("ecosystem.config.js", "for (;;);", "still at work");
    check("x.yaml", "apps: []", "js-yaml");
}
