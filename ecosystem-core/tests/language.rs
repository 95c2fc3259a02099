//! The description of the language names what the schema has.

use ecosystem_core::model::schema::Key;

const LANGUAGE: &str = include_str!("../../docs/language.md");

#[test]
fn every_key_of_the_schema_is_described() {
    let missing: Vec<String> =
        Key::all().map(kebab).filter(|key| !LANGUAGE.contains(&format!("| `{key}`"))).collect();
    assert_eq!(missing, Vec::<String>::new(), "not described in docs/language.md");
}

#[test]
fn every_alias_of_the_schema_is_described() {
    let missing: Vec<&str> = Key::all()
        .flat_map(Key::aliases)
        // The camelCase of another alias.
        .filter(|alias| **alias != "interpreterArgs")
        .filter(|alias| !LANGUAGE.contains(&format!("`{alias}`")))
        .copied()
        .collect();
    assert_eq!(missing, Vec::<&str>::new(), "not described in docs/language.md");
}

fn kebab(key: Key) -> String {
    format!(":{}", key.name().replace('_', "-"))
}
