//! Attribute paths: their parts, and the sets that they go through.

/// The parts of an attribute path, of which one with dots stands in quotes; `None` where it is
/// malformed.
pub(super) fn components(path: &str) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    let mut rest = path;
    loop {
        let (part, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => rest.split_at(rest.find('.').unwrap_or(rest.len())),
        };
        if part.is_empty() {
            return None;
        }
        parts.push(part.to_owned());
        if after.is_empty() {
            return Some(parts);
        }
        rest = after.strip_prefix('.')?;
    }
}

/// Whether a set is one of python's: `python3Packages`, `python311Packages`, `pypy310Packages`.
pub(crate) fn is_python(set: &str) -> bool {
    let digits = set
        .strip_suffix("Packages")
        .and_then(|set| ["python", "pypy"].into_iter().find_map(|interpreter| set.strip_prefix(interpreter)));
    digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The version of a package's interpreter: from the package's name (`python3.11-pillow-9.4.0`), else
/// from that of its set (`python311Packages`).
pub(super) fn interpreter(set: &str, name: &str) -> Option<String> {
    let is_version = |text: &&str| {
        text.contains('.') && text.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
    };
    let of_name = ["python", "pypy"].into_iter().find_map(|prefix| {
        let (version, _) = name.strip_prefix(prefix)?.split_once('-')?;
        Some(version).filter(is_version)
    });
    if let Some(version) = of_name {
        return Some(version.to_owned());
    }
    let digits: String = set.chars().filter(char::is_ascii_digit).collect();
    (digits.len() > 1).then(|| format!("{}.{}", &digits[..1], &digits[1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attribute_paths() {
        let parts = |path| components(path).map(|parts| parts.join("|")).unwrap_or_default();
        assert_eq!(parts("zlib"), "zlib");
        assert_eq!(parts("python3Packages.zope.interface"), "python3Packages|zope|interface");
        assert_eq!(parts("nodePackages.\"@a/b.c\""), "nodePackages|@a/b.c");
        assert_eq!(parts("\"a.b\".c"), "a.b|c");
        assert_eq!(parts("a\"b"), "a\"b");
        for malformed in ["", "a.", ".a", "a..b", "\"a", "\"a\"b", "\"\""] {
            assert_eq!(components(malformed), None, "{malformed}");
        }
    }

    #[test]
    fn interpreters() {
        let of = |set, name| interpreter(set, name).unwrap_or_default();
        assert_eq!(of("python3Packages", "python3.11-pillow-9.4.0"), "3.11");
        assert_eq!(of("python27Packages", "hook"), "2.7");
        assert_eq!(of("pypy310Packages", "x"), "3.10");
        assert_eq!(of("python3Packages", "python3-tools-1"), "");
        assert!(is_python("pythonPackages") && is_python("python311Packages"));
        assert!(!is_python("perlPackages") && !is_python("pythonXPackages") && !is_python("python3"));
    }
}
