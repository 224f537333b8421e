//! Who owns which attributes and files, by a map of globs.

use std::path::Path;

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

/// Rules of a map file, as in CODEOWNERS: of those that match, the last one holds.
#[derive(Debug, Clone)]
pub struct OwnerRules {
    attributes: Globs,
    files: Globs,
    /// Owners by rule; none where the rule says that nobody owns it.
    owners: Vec<Vec<String>>,
}

/// Globs, and the rule of each: the rules are in ascending order.
#[derive(Debug, Clone)]
struct Globs {
    set: GlobSet,
    rules: Vec<usize>,
}

impl Globs {
    fn new(globs: Vec<(Glob, usize)>) -> Result<Self, globset::Error> {
        let mut set = GlobSetBuilder::new();
        let mut rules = Vec::with_capacity(globs.len());
        for (glob, rule) in globs {
            set.add(glob);
            rules.push(rule);
        }
        Ok(Self { set: set.build()?, rules })
    }

    /// The last rule that matches.
    fn last(&self, text: &str) -> Option<usize> {
        self.set.matches(text).into_iter().max().and_then(|at| self.rules.get(at)).copied()
    }
}

/// A map file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OwnersError {
    /// The operating system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// Its answer.
        source: std::io::Error,
    },
    /// A line is no rule.
    #[error("{path}: line {line}: {message}; expected 'GLOB OWNER [OWNER…]'")]
    Malformed {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// The file has no rule, or its rules are too large together.
    #[error("{path}: {message}")]
    Unusable {
        /// The file.
        path: String,
        /// What is wrong.
        message: String,
    },
}

impl OwnerRules {
    /// Reads a map file, see [`OwnerRules::parse`].
    ///
    /// # Errors
    /// When it cannot be read, a line is malformed, or it has no rule.
    pub fn read(path: &Path) -> Result<Self, OwnersError> {
        let shown = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, &shown),
            Err(source) => Err(OwnersError::Io { path: shown, source }),
        }
    }

    /// A rule a line: a glob and its owners, parted by blanks; none means that nobody owns it. `#`
    /// at the start or after a blank begins a comment. A glob with a `/` is matched with the file of
    /// `meta.position`, relative to anywhere: a folder means all below it, `*` stays within a folder,
    /// `**` does not; a `/` at its start says nothing. Any other glob is matched with attributes,
    /// where dots are like other characters.
    ///
    /// # Errors
    /// When a line is malformed, or there is no rule. `shown` stands in messages.
    pub fn parse(text: &str, shown: &str) -> Result<Self, OwnersError> {
        let (mut attributes, mut files, mut owners) = (Vec::new(), Vec::new(), Vec::new());
        for (number, line) in text.lines().enumerate() {
            let mut words = line.split_whitespace().take_while(|word| !word.starts_with('#'));
            let Some(glob) = words.next() else { continue };
            let malformed = |error: globset::Error| OwnersError::Malformed {
                path: shown.to_owned(),
                line: number + 1,
                message: format!("the glob '{glob}' is malformed: {}", error.kind()),
            };
            let rule = owners.len();
            if glob.contains('/') {
                for form in file_forms(glob) {
                    let built = GlobBuilder::new(&form).literal_separator(true).build().map_err(malformed)?;
                    files.push((built, rule));
                }
            } else {
                let built = GlobBuilder::new(glob).literal_separator(false).build().map_err(malformed)?;
                attributes.push((built, rule));
            }
            owners.push(words.map(str::to_owned).collect());
        }
        let unusable = |message: String| OwnersError::Unusable { path: shown.to_owned(), message };
        if owners.is_empty() {
            return Err(unusable("has no rule; expected lines of 'GLOB OWNER [OWNER…]'".to_owned()));
        }
        let globs = |globs| Globs::new(globs).map_err(|error| unusable(error.to_string()));
        Ok(Self { attributes: globs(attributes)?, files: globs(files)?, owners })
    }

    /// The owners of an attribute: those of the last rule that matches its name or its position
    /// (`FILE` or `FILE:LINE`). O(length of both) for the common shapes of globs.
    #[must_use]
    pub fn of(&self, attribute: &str, position: Option<&str>) -> &[String] {
        let file = position.and_then(|position| self.files.last(file_of(position)));
        let last = self.attributes.last(attribute).max(file);
        last.and_then(|rule| self.owners.get(rule)).map_or(&[], Vec::as_slice)
    }
}

/// The file of a position.
fn file_of(position: &str) -> &str {
    match position.rsplit_once(':') {
        Some((file, line)) if line.bytes().all(|byte| byte.is_ascii_digit()) => file,
        _ => position,
    }
}

/// The globs that a glob of files stands for: itself below any folder, and all below it where it can
/// mean a folder.
fn file_forms(glob: &str) -> Vec<String> {
    let bare = glob.trim_start_matches('/');
    let anywhere = if bare.starts_with("**/") { bare.to_owned() } else { format!("**/{bare}") };
    if let Some(folder) = anywhere.strip_suffix('/') {
        return vec![format!("{folder}/**")];
    }
    if anywhere.ends_with('*') && anywhere.rsplit('/').next().is_some_and(|last| last.bytes().all(|b| b == b'*')) {
        return vec![anywhere];
    }
    vec![format!("{anywhere}/**"), anywhere]
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = "\
# comment
*                                 everyone
python3*Packages.*                sig-python  second # and a comment
kdeApplications.*\t@kde
pkgs/development/python-modules/** files
/pkgs/kde                         kde-files
/lib/path/*                       flat
python3Packages.zope.interface    zope
pkgs/os/                          os
abandoned.*
";

    fn check(attribute: &str, position: Option<&str>, expect: &str) {
        let rules = OwnerRules::parse(RULES, "owners").unwrap();
        assert_eq!(rules.of(attribute, position).join(" "), expect, "{attribute} {position:?}");
    }

    #[test]
    fn the_last_match_holds() {
        check("hello", None, "everyone");
        check("python3Packages.torch", None, "sig-python second");
        check("python311Packages.a.b", None, "sig-python second");
        check("python2Packages.torch", None, "everyone");
        check("python3Packages", None, "everyone");
        check("python3Packages.zope.interface", Some("/x/pkgs/development/python-modules/z.nix:3"), "zope");
        check("kdeApplications.kate", Some("pkgs/kde/kate.nix:1"), "kde-files");
        check("kdeApplications.kate", None, "@kde");
        check("abandoned.x", Some("pkgs/kde/x.nix"), "");
    }

    #[test]
    fn files_lie_anywhere() {
        for root in ["", "/", "/nix/store/0-source/", "./", "/home/me/nixpkgs/"] {
            check("a", Some(&format!("{root}pkgs/development/python-modules/x/default.nix:12")), "files");
            check("a", Some(&format!("{root}pkgs/kde/frameworks/a/default.nix")), "kde-files");
            check("a", Some(&format!("{root}pkgs/kde")), "kde-files");
            check("a", Some(&format!("{root}pkgs/os/x.nix:1")), "os");
            check("a", Some(&format!("{root}lib/path/a.nix:1")), "flat");
            check("a", Some(&format!("{root}lib/path/deep/a.nix:1")), "everyone");
            check("a", Some(&format!("{root}mypkgs/kdex/a.nix:1")), "everyone");
        }
        check("a", Some("pkgs/kde2/a.nix:1"), "everyone");
        check("a", Some("xpkgs/kde/a.nix:1"), "everyone");
    }

    #[test]
    fn errors_name_the_line() {
        let error = |text: &str| OwnerRules::parse(text, "map").unwrap_err().to_string();
        let malformed = error("a b\n\n[x owner\n");
        assert!(malformed.starts_with("map: line 3: the glob '[x' is malformed: "), "{malformed}");
        assert!(malformed.ends_with("expected 'GLOB OWNER [OWNER…]'"), "{malformed}");
        assert!(error("a/{b owner").starts_with("map: line 1: "));
        assert!(error("# nothing\n\n").contains("has no rule"));
        assert!(OwnerRules::read(Path::new("/none/such")).unwrap_err().to_string().starts_with("/none/such: "));
    }
}
