//! The bumps that wait, as a planner lists them.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::ingest::FileError;

/// A bump that waits.
///
/// A file of them is TOML with a table `[[bump]]` for each, JSON (an array of objects or selectors, or an object
/// with such an array as `bump`), or a plain list of selectors, one a line, with lines of comments (`#`).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wish {
    /// What it is called: as given, else its first selector.
    pub name: String,
    /// What is bumped.
    pub selectors: Vec<String>,
    /// The version before, as the planner has it.
    pub from: Option<String>,
    /// The version after.
    pub to: Option<String>,
    /// Bumps of one group move together.
    pub group: Option<String>,
    /// Names of bumps that it is to follow.
    pub after: Vec<String>,
    /// Whether it mends a security hole.
    pub security: bool,
    /// Which bumps' old versions its derivations go on building with.
    pub pin: Pin,
    /// How urgent it is, by thousandths: among plans that are equal otherwise, the sum over bumps of this times
    /// the wave's number is least.
    pub weight: u64,
    /// Only what a bare word names, not its other instances.
    pub only: bool,
}

/// Which bumps a package does not take.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Pin {
    /// It takes them all.
    #[default]
    Nothing,
    /// It goes on with the old version of every other bump.
    All,
    /// It goes on with the old versions of these.
    These(Vec<String>),
}

/// A weight of 1.
const ONE: u64 = 1_000;

/// More is a slip.
const HEAVIEST: f64 = 1_000_000.0;

/// More bumps than any distribution has packages.
const MOST: usize = 1_000_000;

impl Wish {
    /// A bump of this selector and nothing else.
    #[must_use]
    pub fn of(selector: &str) -> Self {
        Self { name: selector.to_owned(), selectors: vec![selector.to_owned()], weight: ONE, ..Self::default() }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, is none of the forms, or what it says of a bump cannot be.
    pub fn read(file: &Path) -> Result<Vec<Self>, FileError> {
        Self::parse(&FileError::read(file)?, file)
    }

    /// The same out of a text; `file` is what errors name, and its ending tells the form where there is one.
    ///
    /// # Errors
    /// As of [`Wish::read`].
    pub fn parse(text: &str, file: &Path) -> Result<Vec<Self>, FileError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let malformed = |message: String| FileError::malformed(file, message);
        let entries = match Form::of(text, file) {
            Form::Toml => toml::from_str::<File>(text).map_err(|error| malformed(error.to_string()))?.bump,
            Form::Json => {
                let Entries(entries) = serde_json::from_str(text).map_err(|error| malformed(error.to_string()))?;
                entries
            }
            Form::List => {
                let lines = text.lines().map(|line| line.split(" #").next().unwrap_or(line).trim());
                let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
                lines.map(|line| Entry { selector: vec![line.to_owned()], ..Entry::default() }).collect()
            }
        };
        if entries.is_empty() {
            return Err(malformed("no bump; expected a selector a line, or [[bump]] tables".to_owned()));
        }
        if entries.len() > MOST {
            return Err(malformed(format!("{} bumps, expected at most {MOST}", entries.len())));
        }
        let wishes = (1..).zip(entries).map(|(number, entry)| entry.wish(number).map_err(malformed));
        wishes.collect()
    }
}

/// A weight by thousandths; none where it is no number from 0 to [`HEAVIEST`].
pub(super) fn thousandths(weight: f64) -> Option<u64> {
    (0.0..=HEAVIEST).contains(&weight).then(|| (weight * ONE as f64).round() as u64)
}

/// The names that more than one bump has, each once.
pub(super) fn twice(wishes: &[Wish]) -> BTreeSet<&str> {
    let mut seen = BTreeSet::new();
    wishes.iter().map(|wish| wish.name.as_str()).filter(|name| !seen.insert(*name)).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Toml,
    Json,
    List,
}

impl Form {
    fn of(text: &str, file: &Path) -> Self {
        match file.extension().and_then(|ending| ending.to_str()) {
            Some("toml") => return Self::Toml,
            Some("json") => return Self::Json,
            _ => {}
        }
        let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
        match first.unwrap_or_default() {
            line if line.starts_with("[[") => Self::Toml,
            line if line.starts_with(['{', '[']) => Self::Json,
            line if line.split_once('=').is_some_and(|(key, _)| key.trim() == "bump") => Self::Toml,
            _ => Self::List,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    bump: Vec<Entry>,
}

/// A bump as a file has it.
#[derive(Default)]
struct Entry {
    selector: Vec<String>,
    name: Option<String>,
    from: Option<String>,
    to: Option<String>,
    group: Option<String>,
    after: Vec<String>,
    security: bool,
    pin: Pin,
    weight: Option<f64>,
    only: bool,
}

impl Entry {
    fn wish(self, number: usize) -> Result<Wish, String> {
        let shown = self.name.as_ref().or(self.selector.first()).map(|name| format!(" ('{name}')"));
        let place = format!("bump {number}{}", shown.unwrap_or_default());
        let Some(first) = self.selector.first() else {
            return Err(format!("{place}: expected a selector"));
        };
        let name = self.name.unwrap_or_else(|| first.clone());
        let is_empty = |word: &String| word.trim().is_empty();
        if self.selector.iter().chain([&name]).chain(&self.after).chain(&self.group).any(is_empty) {
            return Err(format!("{place}: an empty word; expected a selector, name or group"));
        }
        if let Some(file) = self.selector.iter().find(|selector| selector.starts_with('@')) {
            return Err(format!("{place}: '{file}' is a file of selectors; expected selectors of this bump"));
        }
        let weight = self.weight.unwrap_or(1.0);
        let Some(weight) = thousandths(weight) else {
            return Err(format!("{place}: weight = {weight}; expected from 0 to 1,000,000"));
        };
        Ok(Wish {
            name,
            selectors: self.selector,
            from: self.from,
            to: self.to,
            group: self.group,
            after: self.after,
            security: self.security,
            pin: self.pin,
            weight,
            only: self.only,
        })
    }
}

/// One word or several.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a string or a list of strings")]
enum Words {
    One(String),
    Several(Vec<String>),
}

impl From<Words> for Vec<String> {
    fn from(words: Words) -> Self {
        match words {
            Words::One(word) => vec![word],
            Words::Several(words) => words,
        }
    }
}

/// `true`, or names.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected true, false, or names of bumps")]
enum PinEntry {
    All(bool),
    These(Words),
}

/// The members of a table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    selector: Words,
    name: Option<String>,
    from: Option<String>,
    to: Option<String>,
    group: Option<String>,
    after: Option<Words>,
    #[serde(default)]
    security: bool,
    pin: Option<PinEntry>,
    weight: Option<f64>,
    #[serde(default)]
    only: bool,
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyEntry;

        impl<'de> Visitor<'de> for AnyEntry {
            type Value = Entry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a bump: a selector, or a table with one")
            }

            fn visit_str<E: de::Error>(self, selector: &str) -> Result<Entry, E> {
                Ok(Entry { selector: vec![selector.to_owned()], ..Entry::default() })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Entry, A::Error> {
                let members = Members::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Entry {
                    selector: members.selector.into(),
                    name: members.name,
                    from: members.from,
                    to: members.to,
                    group: members.group,
                    after: members.after.map(Vec::from).unwrap_or_default(),
                    security: members.security,
                    pin: match members.pin {
                        None | Some(PinEntry::All(false)) => Pin::Nothing,
                        Some(PinEntry::All(true)) => Pin::All,
                        Some(PinEntry::These(words)) => Pin::These(words.into()),
                    },
                    weight: members.weight,
                    only: members.only,
                })
            }
        }

        deserializer.deserialize_any(AnyEntry)
    }
}

/// An array, or an object that holds one.
struct Entries(Vec<Entry>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyFile;

        impl<'de> Visitor<'de> for AnyFile {
            type Value = Entries;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of bumps, or an object with one as 'bump'")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = seq.next_element()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Entries, A::Error> {
                Ok(Entries(File::deserialize(MapAccessDeserializer::new(map))?.bump))
            }
        }

        deserializer.deserialize_any(AnyFile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Vec<Wish>, String> {
        Wish::parse(text, Path::new("bumps")).map_err(|error| error.to_string())
    }

    #[test]
    fn all_forms_say_the_same() {
        let toml = "# waiting\n[[bump]]\nselector = 'curl'\n[[bump]]\nselector = ['pname:llvm', 'pname:clang']\n\
            name = 'llvm'\nfrom = '14'\nto = '15'\ngroup = 'g'\nafter = 'curl'\nsecurity = true\npin = ['curl']\n\
            weight = 2.5\nonly = true\n";
        let json = r#"{"bump": ["curl", {"selector": ["pname:llvm", "pname:clang"], "name": "llvm", "from": "14",
            "to": "15", "group": "g", "after": ["curl"], "security": true, "pin": "curl", "weight": 2.5, "only": true}]}"#;
        let llvm = Wish {
            name: "llvm".to_owned(),
            selectors: vec!["pname:llvm".to_owned(), "pname:clang".to_owned()],
            from: Some("14".to_owned()),
            to: Some("15".to_owned()),
            group: Some("g".to_owned()),
            after: vec!["curl".to_owned()],
            security: true,
            pin: Pin::These(vec!["curl".to_owned()]),
            weight: 2_500,
            only: true,
        };
        for text in [toml, json] {
            assert_eq!(parse(text).unwrap(), [Wish::of("curl"), llvm.clone()], "{text}");
        }
        let plain = [Wish::of("curl"), Wish::of("attr:python3Packages.*")];
        for text in [
            "# a list\ncurl # the first\n\n  attr:python3Packages.*\r\n",
            r#"["curl", "attr:python3Packages.*"]"#,
            "bump = ['curl', 'attr:python3Packages.*']",
            "\u{feff}curl\nattr:python3Packages.*",
        ] {
            assert_eq!(parse(text).unwrap(), plain, "{text}");
        }
        assert_eq!(parse("[[bump]]\nselector='x'\npin=true").unwrap()[0].pin, Pin::All);
    }

    #[test]
    fn what_is_no_bump_is_told_with_its_place() {
        for (text, expect) in [
            ("", "no bump; expected a selector a line"),
            ("# nothing\n", "no bump"),
            ("[]", "no bump"),
            ("[[bump]]\nname = 'x'", "missing field `selector`"),
            ("[[bump]]\nselector = 'x'\ncolour = 'red'", "unknown field `colour`"),
            ("[[bumps]]\nselector = 'x'", "unknown field `bumps`"),
            ("[[bump]]\nselector = []", "bump 1: expected a selector"),
            ("[[bump]]\nselector = ' '", "bump 1 (' '): an empty word"),
            ("[[bump]]\nselector = 'x'\nweight = -1", "bump 1 ('x'): weight = -1; expected from 0 to 1,000,000"),
            ("[[bump]]\nselector = 'x'\nweight = nan", "weight = NaN"),
            ("[[bump]]\nselector = 'x'\nafter = 3", "expected a string or a list of strings"),
            ("[[bump]]\nselector = 'x'\npin = 3", "expected true, false, or names of bumps"),
            (r#"[{"selector": "x"}, 3]"#, "expected a bump: a selector, or a table with one"),
            (r#"["x""#, "EOF while parsing"),
            ("{}", "no bump"),
            ("@other", "'@other' is a file of selectors"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.starts_with("bumps: ") && error.contains(expect), "{text}: {error}");
        }
    }
}
