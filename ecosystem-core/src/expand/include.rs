//! Where an `#include` leads.

/// The path of an included file as seen from the root, from the file that includes it and what it says.
///
/// The base is the root and `root_to_base`; both paths are looked at as texts, so that links are for whoever reads the
/// file to judge.
///
/// # Errors
/// Why it is refused, to complete "it …".
pub(super) fn target(from: &str, written: &str, root_to_base: &str) -> Result<String, &'static str> {
    if written.starts_with(['/', '~']) {
        return Err("is not relative to the file that includes it");
    }
    if !written.ends_with(".edn") {
        return Err("is not named as an .edn file");
    }
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let path = plain([folder, written]);
    let base = plain([root_to_base, ""]);
    if inside(&base, &path) { Ok(path) } else { Err("leads out of the base") }
}

/// Parts of a path joined, with `..` at its beginning alone.
fn plain<const N: usize>(paths: [&str; N]) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in paths.into_iter().flat_map(|path| path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Whether a path is inside a folder, both as seen from the root.
///
/// A base beside the root (`../other`) is seen as what they have in common: a file of the tree may be included.
fn inside(base: &str, path: &str) -> bool {
    let up = |path: &str| path.split('/').take_while(|part| *part == "..").count();
    up(path) <= up(base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn includes_stay_inside_the_base() {
        let check = |from: &str, written: &str, base: &str, expected: Result<&str, &'static str>| {
            assert_eq!(
                target(from, written, base).as_deref().map_err(|why| *why),
                expected,
                "{from} {written}"
            );
        };
        check("web/ecosystem.edn", "shared.edn", "", Ok("web/shared.edn"));
        check("web/ecosystem.edn", "../shared.edn", "", Ok("shared.edn"));
        check("web/ecosystem.edn", "./a/../../x.edn", "", Ok("x.edn"));
        check("web/ecosystem.edn", "../../shared.edn", "", Err("leads out of the base"));
        check("web/ecosystem.edn", "../../shared.edn", "../..", Ok("../shared.edn"));
        check("../lib/a.edn", "../../b.edn", "../..", Ok("../../b.edn"));
        check("../lib/a.edn", "../../../b.edn", "../..", Err("leads out of the base"));
        check("ecosystem.edn", "/etc/x.edn", "../..", Err("is not relative to the file that includes it"));
        check("ecosystem.edn", ".env", "", Err("is not named as an .edn file"));
    }
}
