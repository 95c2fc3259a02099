//! Env files.

use ecosystem_core::env_file::parse;

/// Whatever stands in an env file, it holds no more than it is long, and what node could not set is not in it.
pub fn env_file(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let variables = parse(&text);
    let held: usize = variables.iter().map(|(name, value)| name.len() + value.len() + 1).sum();
    assert!(held <= text.len(), "{held} bytes of variables in {}", text.len());
    for (name, value) in &variables {
        assert!(!name.is_empty() && !name.contains(['=', '\r']) && name != "__proto__", "{name:?}");
        assert!(!value.contains('\r'), "{value:?}");
    }
    // A carriage return means nothing, wherever it stands.
    assert_eq!(parse(&text.replace('\r', "")), variables);
}
