//! Package names and versions out of derivation names.

/// Splits a derivation name as Nix's `builtins.parseDrvName` does: the version starts after the
/// first dash that a non-letter follows. Without such a dash the version is empty.
///
/// Over- and underestimates: names such as `foo-0ad` or `nix-2.8pre` follow the rule, not the
/// intent; a `pname` in the environment is preferred where there is one.
#[must_use]
pub fn parse_drv_name(name: &str) -> (&str, &str) {
    let bytes = name.as_bytes();
    let dash = bytes.windows(2).position(|pair| pair[0] == b'-' && !pair[1].is_ascii_alphabetic());
    match dash {
        Some(at) => (&name[..at], &name[at + 1..]),
        None => (name, ""),
    }
}

/// The pname by which instances of one package are compared: lower case, without an interpreter
/// prefix such as `python3.6-`, `perl5.24.3-`, `ruby2.3.6-`, `lua5.2-`, `ocaml4.05.0-` (a version
/// must stand in the prefix, except for `python-`).
///
/// ```
/// use nix_ripple::nix::normalise_pname;
/// assert_eq!(normalise_pname("python3.6-Pillow"), "pillow");
/// assert_eq!(normalise_pname("perl-URI"), "perl-uri");
/// ```
#[must_use]
pub fn normalise_pname(pname: &str) -> String {
    strip_interpreter(pname).to_ascii_lowercase()
}

/// Interpreters whose package sets prefix the names of their packages with name and version.
const INTERPRETERS: [&str; 8] = ["python", "pypy", "perl", "ruby", "lua", "luajit", "ocaml", "php"];

/// Whether a pname is that of an interpreter, with or without its version: `python3`, `perl`.
pub(crate) fn is_interpreter(pname: &str) -> bool {
    INTERPRETERS.contains(&pname.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.'))
}

/// The language of a module, by the prefix that its package set gives its name: `python3.6-`, `pypy3.7-`,
/// `ruby2.4.4-`, `perl5.32.0-`, and `perl-`, `python-` of older ones. None for the interpreters themselves.
///
/// ```
/// use nix_ripple::nix::language_of;
/// assert_eq!(language_of("python3.6-Pillow-5.1.0"), Some("python"));
/// assert_eq!(language_of("perl-URI-1.73"), Some("perl"));
/// assert_eq!(language_of("python3-3.6.5"), None);
/// assert_eq!(language_of("perl-5.24.3"), None);
/// ```
#[must_use]
pub fn language_of(name: &str) -> Option<&'static str> {
    let (pname, _) = parse_drv_name(name);
    let named = INTERPRETERS.iter().find(|interpreter| named_after(pname, interpreter));
    let plain = || UNVERSIONED.iter().find(|interpreter| module_of(pname, interpreter).is_some());
    named.or_else(plain).map(|interpreter| language(interpreter))
}

/// The language that an interpreter runs, by its pname; `None` for what is none.
pub(crate) fn language_of_interpreter(pname: &str) -> Option<&'static str> {
    let bare = pname.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    INTERPRETERS.iter().find(|known| **known == bare).map(|known| language(known))
}

/// The pname of a module in lower case, without any prefix of [`language_of`], however many there are
/// (`python3.6-python-dateutil`).
///
/// ```
/// use nix_ripple::nix::module_pname;
/// assert_eq!(module_pname("python3.6-Python-fontconfig"), "fontconfig");
/// assert_eq!(module_pname("perl-URI"), "uri");
/// ```
#[must_use]
pub fn module_pname(pname: &str) -> String {
    let lower = pname.to_ascii_lowercase();
    let mut bare = lower.as_str();
    loop {
        let plain = UNVERSIONED.iter().find_map(|interpreter| module_of(bare, interpreter));
        match plain.unwrap_or_else(|| strip_interpreter(bare)) {
            less if less.len() < bare.len() => bare = less,
            _ => return bare.to_owned(),
        }
    }
}

/// What a package is called whatever its version and interpreter: its pname in lower case without any prefix of an
/// interpreter and its version (a perl module of old keeps its `perl-`). `python3.6-python-dateutil` has two, and
/// where a recipe names its pname itself it has one.
///
/// ```
/// use nix_ripple::nix::called;
/// assert_eq!(called("python3.6-python-Dateutil"), "dateutil");
/// assert_eq!(called("perl-URI"), "perl-uri");
/// ```
#[must_use]
pub fn called(pname: &str) -> String {
    let lower = pname.to_ascii_lowercase();
    let mut bare = lower.as_str();
    loop {
        match strip_interpreter(bare) {
            less if less.len() < bare.len() => bare = less,
            _ => return bare.to_owned(),
        }
    }
}

/// Interpreters whose modules have been named after them without a version.
const UNVERSIONED: [&str; 2] = ["perl", "python"];

fn language(interpreter: &str) -> &'static str {
    match interpreter {
        "pypy" => "python",
        "luajit" => "lua",
        other => INTERPRETERS.iter().find(|known| **known == other).copied().unwrap_or_default(),
    }
}

/// Whether an interpreter with its version stands before a pname.
fn named_after(pname: &str, interpreter: &str) -> bool {
    let rest = pname.strip_prefix(interpreter).unwrap_or_default();
    let version = rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
    version > 0 && rest.get(version..).and_then(|rest| rest.strip_prefix('-')).is_some_and(|module| !module.is_empty())
}

/// What stands after an interpreter without a version.
fn module_of<'p>(pname: &'p str, interpreter: &str) -> Option<&'p str> {
    pname.strip_prefix(interpreter)?.strip_prefix('-').filter(|module| !module.is_empty())
}

/// `pname` without its interpreter prefix.
#[must_use]
pub fn strip_interpreter(pname: &str) -> &str {
    for interpreter in INTERPRETERS {
        let Some(rest) = pname.strip_prefix(interpreter) else { continue };
        let version = rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        let named = version > 0 || interpreter == "python";
        if let Some(stripped) = rest[version..].strip_prefix('-')
            && named
            && !stripped.is_empty()
        {
            return stripped;
        }
    }
    pname
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_like_nix() {
        // each pair as `builtins.parseDrvName` of Nix 2.8.0 answers
        for (name, pname, version) in [
            ("curl-7.59.0", "curl", "7.59.0"),
            ("python3.6-Pillow-5.1.0", "python3.6-Pillow", "5.1.0"),
            ("cmake-cursesUI-qt5UI-3.10.2", "cmake-cursesUI-qt5UI", "3.10.2"),
            ("stdenv-linux", "stdenv-linux", ""),
            ("hook", "hook", ""),
            ("a--1", "a", "-1"),
            ("foo-", "foo-", ""),
            ("", "", ""),
            ("-", "-", ""),
            ("-1", "", "1"),
            ("a-é", "a", "é"),
            ("x-_1", "x", "_1"),
            ("gcc-4-wrapper-5", "gcc", "4-wrapper-5"),
        ] {
            assert_eq!(parse_drv_name(name), (pname, version), "{name}");
        }
    }

    #[test]
    fn interpreters_themselves() {
        assert!(["python3", "python", "perl", "lua5.2"].into_iter().all(is_interpreter));
        assert!(!["python3.6-x", "pythonx", "", "3"].into_iter().any(is_interpreter));
    }

    #[test]
    fn interpreters() {
        for (pname, plain) in [
            ("python3.6-Pillow", "pillow"),
            ("python-pillow", "pillow"),
            ("perl5.24.3-URI", "uri"),
            ("perl-URI", "perl-uri"),
            ("python3", "python3"),
            ("python3.6-", "python3.6-"),
            ("lua5.2-lpeg", "lpeg"),
        ] {
            assert_eq!(normalise_pname(pname), plain, "{pname}");
        }
    }
}
