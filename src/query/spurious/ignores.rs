//! Pairs that are not to be told.

use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};
use serde::Deserialize;

use super::answer::StaleIgnore;
use crate::ingest::FileError;

/// Pairs that somebody has looked at and wants to hear no more of, each with the reason.
///
/// A file of them is TOML: `[[ignore]]` with `input` and `consumer`, globs of pnames in lower case without the
/// prefix of an interpreter; where wanted `rule`, the id of the rule that flags the pair; and `reason`.
#[derive(Debug, Clone, Default)]
pub struct Ignores {
    entries: Vec<Ignore>,
}

#[derive(Debug, Clone)]
struct Ignore {
    written: Entry,
    input: GlobMatcher,
    consumer: GlobMatcher,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    ignore: Vec<Entry>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    input: String,
    consumer: String,
    rule: Option<String>,
    reason: String,
}

impl Ignores {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, is no such TOML, or an entry has no reason or a malformed glob.
    pub fn read(file: &Path) -> Result<Self, FileError> {
        Self::parse(&FileError::read(file)?, file)
    }

    /// The same out of a text; `file` is what errors name.
    ///
    /// # Errors
    /// As of [`Ignores::read`].
    pub fn parse(text: &str, file: &Path) -> Result<Self, FileError> {
        let read: File = toml::from_str(text).map_err(|error| FileError::malformed(file, error.to_string()))?;
        let mut entries = Vec::new();
        for (at, written) in read.ignore.into_iter().enumerate() {
            let fault = |message: String| {
                let (entry, input, consumer) = (at + 1, &written.input, &written.consumer);
                FileError::malformed(file, format!("entry {entry} ({input} -> {consumer}): {message}"))
            };
            if written.reason.trim().is_empty() {
                return Err(fault("its reason is empty; say why the pair is not to be told".to_owned()));
            }
            let glob = |field: &str, text: &str| {
                let glob = GlobBuilder::new(text).literal_separator(false).build();
                glob.map(|glob| glob.compile_matcher())
                    .map_err(|error| fault(format!("{field} is no glob: {}", error.kind())))
            };
            let (input, consumer) = (glob("input", &written.input)?, glob("consumer", &written.consumer)?);
            entries.push(Ignore { input, consumer, written });
        }
        Ok(Self { entries })
    }

    /// The places of the entries that fit a pair, by what the packages are called, and a rule.
    pub(super) fn fitting(&self, input: &str, consumer: &str, rule: Option<&str>) -> impl Iterator<Item = usize> {
        let fits = move |entry: &Ignore| {
            entry.written.rule.as_deref().is_none_or(|wanted| Some(wanted) == rule)
                && entry.input.is_match(input)
                && entry.consumer.is_match(consumer)
        };
        self.entries.iter().enumerate().filter(move |(_, entry)| fits(entry)).map(|(at, _)| at)
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The entries that are not needed.
    pub(super) fn stale(&self, needed: &[bool]) -> Vec<StaleIgnore> {
        let stale = self.entries.iter().zip(1..).zip(needed).filter(|(_, needed)| !**needed);
        stale
            .map(|((Ignore { written, .. }, entry), _)| StaleIgnore {
                entry,
                input: written.input.clone(),
                consumer: written.consumer.clone(),
                rule: written.rule.clone(),
                reason: written.reason.clone(),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Ignores, String> {
        Ignores::parse(text, Path::new("ignore.toml")).map_err(|error| error.to_string())
    }

    const ONE: &str = "[[ignore]]\ninput = 'pytest*'\nconsumer = 'curl'\nrule = 'check'\nreason = 'looked at'\n";

    #[test]
    fn entries_fit_by_globs_and_rule() {
        let ignores = parse(&format!("{ONE}[[ignore]]\ninput = 'x'\nconsumer = '*'\nreason = 'y'")).unwrap();
        let fitting = |input, consumer, rule| ignores.fitting(input, consumer, rule).collect::<Vec<_>>();
        assert_eq!(fitting("pytest-cov", "curl", Some("check")), [0]);
        for (input, consumer, rule) in
            [("pytest", "curl", None), ("pytest", "curl", Some("other")), ("pytest", "wget", Some("check"))]
        {
            assert_eq!(fitting(input, consumer, rule), [0; 0]);
        }
        assert_eq!(fitting("x", "a/b", None), [1]);
        let stale = ignores.stale(&[true, false]);
        assert_eq!((stale.len(), stale[0].entry, stale[0].reason.as_str()), (1, 2, "y"));
    }

    #[test]
    fn what_is_no_entry_is_told() {
        for (text, expect) in [
            (ONE.replace("'looked at'", "' '"), "entry 1 (pytest* -> curl): its reason is empty"),
            (ONE.replace("'curl'", "'c[url'"), "entry 1 (pytest* -> c[url): consumer is no glob"),
            (ONE.replace("reason = 'looked at'", ""), "missing field `reason`"),
            (ONE.replace("rule", "rules"), "unknown field `rules`"),
            ("x".to_owned(), "line 1"),
        ] {
            let error = parse(&text).expect_err(&text);
            assert!(error.starts_with("ignore.toml: ") && error.contains(expect), "{text}: {error}");
        }
    }
}
