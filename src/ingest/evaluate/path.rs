//! Attribute paths, as Nix writes them.

/// The names of an attribute's path, as Nix splits them: at dots outside double quotes. `None` when a
/// quote is not closed.
pub(crate) fn split_path(attribute: &str) -> Option<Vec<String>> {
    let mut names = vec![String::new()];
    let mut within = false;
    for c in attribute.chars() {
        match (c, names.last_mut()) {
            ('"', _) => within = !within,
            ('.', _) if !within => names.push(String::new()),
            (_, Some(name)) => name.push(c),
            (_, None) => {}
        }
    }
    (!within).then_some(names)
}

/// The names joined with dots; one with a dot in it is quoted.
pub(crate) fn join_path<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let mut path = String::new();
    for name in names {
        if !path.is_empty() {
            path.push('.');
        }
        if name.contains('.') {
            path.extend(["\"", name, "\""]);
        } else {
            path.push_str(name);
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_attributes() {
        let check = |attribute: &str, expect: Option<&[&str]>| {
            let path = split_path(attribute);
            assert_eq!(path.as_ref().map(|path| path.iter().map(String::as_str).collect()), expect.map(Vec::from));
        };
        check("hello", Some(&["hello"]));
        check("a.b.c", Some(&["a", "b", "c"]));
        check(r#"a."b.c".d"#, Some(&["a", "b.c", "d"]));
        check(r#"a."b"#, None);
        check("", Some(&[""]));
    }

    #[test]
    fn paths_are_joined_as_they_are_split() {
        for names in [&["a"][..], &["a", "b-c"], &["a", "b.c", "d"], &["1.2", "x"]] {
            let joined = join_path(names.iter().copied());
            assert_eq!(split_path(&joined).unwrap(), names, "{joined}");
        }
    }
}
