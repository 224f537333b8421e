//! Who stands behind attributes, as a file tells it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::attribute::looks_like_a_job;
use super::meta::{Meta, People};
use super::problem::{IngestError, Problem};
use super::system::split_system;
use crate::nix::json::JsonError;

/// The first bytes of a zstd frame.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Who stands behind an attribute.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owners {
    /// `@handle` where there is one, else a name, else an address.
    pub maintainers: BTreeSet<String>,
    /// Short names, else handles.
    pub teams: BTreeSet<String>,
}

impl Owners {
    fn join(&mut self, other: Self) {
        self.maintainers.extend(other.maintainers);
        self.teams.extend(other.teams);
    }
}

impl From<Meta> for Owners {
    fn from(meta: Meta) -> Self {
        Self { maintainers: meta.maintainers.into_iter().collect(), teams: meta.teams.into_iter().collect() }
    }
}

/// Maintainers and teams by attribute, without systems.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Maintainers(BTreeMap<String, Owners>);

impl Maintainers {
    /// Who is known to stand behind an attribute (its name without a system). O(log attributes).
    #[must_use]
    pub fn of(&self, attribute: &str) -> Option<&Owners> {
        self.0.get(attribute)
    }

    /// Takes over what another file says.
    pub fn join(&mut self, other: Self) {
        for (attribute, owners) in other.0 {
            self.0.entry(attribute).or_default().join(owners);
        }
    }

    /// Reads a file, plain or compressed with zstd. It is one of: `nix-env -qaP --json --meta`,
    /// lines of nix-eval-jobs with `meta`, a map of attributes to names (`{"hello": ["@x"]}`) or to
    /// `{"maintainers": [...], "teams": [...]}`. People of another shape than nixpkgs gives them are passed
    /// over. Entries of one attribute join what they say.
    ///
    /// # Errors
    /// When the file cannot be read, or is none of these.
    pub fn read(path: &Path) -> Result<(Self, Vec<Problem>), IngestError> {
        let shown = path.display().to_string();
        let mut text = std::fs::read(path).map_err(IngestError::io(&shown))?;
        if text.starts_with(&ZSTD_MAGIC) {
            let mut decoder = zstd::Decoder::new(text.as_slice()).map_err(IngestError::io(&shown))?;
            decoder.window_log_max(31).map_err(IngestError::io(&shown))?;
            let mut plain = Vec::new();
            decoder.read_to_end(&mut plain).map_err(IngestError::io(&shown))?;
            text = plain;
        }
        Self::parse(&text, &shown)
    }

    /// The same from a text; `shown` stands in messages. O(length of the text).
    ///
    /// # Errors
    /// As [`Maintainers::read`].
    pub fn parse(text: &[u8], shown: &str) -> Result<(Self, Vec<Problem>), IngestError> {
        let malformed = |error: &serde_json::Error| {
            let JsonError { offset, message } = JsonError::from_serde(text, error);
            IngestError::malformed(shown, offset as u64, format!("{message}; expected {FORMS}"))
        };
        let mut found = Self::default();
        if looks_like_a_job(text) {
            for job in serde_json::Deserializer::from_slice(text).into_iter::<Job<'_>>() {
                let job = job.map_err(|error| malformed(&error))?;
                found.add(&job.attr, job.meta.into());
            }
        } else {
            let entries: Entries = serde_json::from_slice(text).map_err(|error| malformed(&error))?;
            for (attribute, owners) in entries.0 {
                found.add(&attribute, owners);
            }
        }
        let mut problems = Vec::new();
        if found.0.values().all(|owners| *owners == Owners::default()) {
            let message = format!("{shown}: no attribute has maintainers or teams; nix-env tells them with --meta");
            problems.push(Problem::new("no-maintainers", message));
        }
        Ok((found, problems))
    }

    fn add(&mut self, attribute: &str, owners: Owners) {
        let name = split_system(attribute).0;
        match self.0.get_mut(name) {
            Some(known) => known.join(owners),
            None => {
                self.0.insert(name.to_owned(), owners);
            }
        }
    }
}

const FORMS: &str = "nix-env -qaP --json --meta, lines of nix-eval-jobs, or a map of attributes to lists of names";

/// A line of nix-eval-jobs.
#[derive(Deserialize)]
struct Job<'j> {
    #[serde(borrow)]
    attr: Cow<'j, str>,
    #[serde(default)]
    meta: Meta,
}

/// A map of attributes.
struct Entries(Vec<(String, Owners)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = Entries;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of attributes")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some((attribute, Entry(owners))) = map.next_entry()? {
                    entries.push((attribute, owners));
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Map)
    }
}

/// What a map has for an attribute: names, or an object that has them or their `meta`.
struct Entry(Owners);

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Entry;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of names, or an object with maintainers, teams or meta")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, names: A) -> Result<Entry, A::Error> {
                let people = People::deserialize(SeqAccessDeserializer::new(names))?;
                Ok(Entry(Owners { maintainers: people.maintainers().into_iter().collect(), ..Owners::default() }))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entry, A::Error> {
                let mut owners = Owners::default();
                while let Some(key) = map.next_key::<Cow<'_, str>>()? {
                    match key.as_ref() {
                        "meta" => owners.join(map.next_value::<Meta>()?.into()),
                        "maintainers" => owners.maintainers.extend(map.next_value::<People>()?.maintainers()),
                        "teams" => owners.teams.extend(map.next_value::<People>()?.teams()),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(Entry(owners))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Maintainers {
        Maintainers::parse(text.as_bytes(), "file").unwrap().0
    }

    /// `maintainers | teams` of an attribute.
    fn owners(text: &str, attribute: &str) -> String {
        let found = parse(text);
        let owners = found.of(attribute).cloned().unwrap_or_default();
        let words = |set: BTreeSet<String>| Vec::from_iter(set).join(" ");
        format!("{} | {}", words(owners.maintainers), words(owners.teams))
    }

    #[test]
    fn every_form_says_the_same() {
        let people = r#"[{"github":"b","name":"Bea","email":"b@x"},{"name":"Al","email":"a@x"},{"email":"c@x"},"@d"]"#;
        let teams = r#"[{"shortName":"SIG","github":"sig","members":[]},{"githubTeam":"gt"},"word"]"#;
        let meta = format!(r#"{{"position":"a.nix:1","maintainers":{people},"teams":{teams}}}"#);
        for text in [
            format!(r#"{{"hello":{{"name":"hello-1","meta":{meta}}}}}"#),
            format!(
                "{{\"attr\":\"hello\",\"drvPath\":\"/x\",\"meta\":{meta}}}\n{{\"attr\":\"other\",\"error\":\"no\"}}\n"
            ),
            format!(r#"{{"hello":{{"maintainers":{people},"teams":{teams}}}}}"#),
        ] {
            assert_eq!(owners(&text, "hello"), "@b @d Al c@x | SIG gt word", "{text}");
        }
        assert_eq!(owners(&format!(r#"{{"hello":{people}}}"#), "hello"), "@b @d Al c@x | ");
    }

    #[test]
    fn systems_are_joined() {
        let text =
            r#"{"a.b.x86_64-linux":["@x"],"a.b.aarch64-darwin":["@y"],"x86_64-linux.c":["@z"],"util-linux":["@u"]}"#;
        assert_eq!(owners(text, "a.b"), "@x @y | ");
        assert_eq!(owners(text, "c"), "@z | ");
        assert_eq!(owners(text, "util-linux"), "@u | ");
    }

    #[test]
    fn meta_of_another_shape_is_passed_over() {
        for meta in
            ["null", "5", "{}", r#"{"maintainers":5,"teams":{"x":1}}"#, r#"{"maintainers":[null,[],{"github":""}]}"#]
        {
            let text = format!(r#"{{"hello":{{"meta":{meta}}}}}"#);
            let (found, problems) = Maintainers::parse(text.as_bytes(), "file").unwrap();
            assert_eq!(found.of("hello"), Some(&Owners::default()), "{meta}");
            assert_eq!(problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), ["no-maintainers"], "{meta}");
        }
        assert_eq!(owners(r#"{"a":{"meta":{"maintainers":{"github":"one"}}}}"#, "a"), "@one | ");
    }

    #[test]
    fn errors_say_where_and_what() {
        for (text, message) in [
            ("{\"a\":5}", "at byte 5: invalid type: integer `5`, expected a list of names"),
            ("[]", "an object of attributes"),
            ("", "at byte 0: EOF"),
            ("{\"attr\":\"x\",\"drvPath\":\"y\"}\n{\"atr\":1}", "missing field `attr`"),
            ("{\"a\":[]} x", "trailing characters"),
        ] {
            let error = Maintainers::parse(text.as_bytes(), "file").unwrap_err().to_string();
            assert!(error.starts_with("file: at byte ") && error.contains(message), "{text}: {error}");
            assert!(error.contains("nix-env -qaP --json --meta"), "{error}");
        }
    }

    #[test]
    fn files_may_be_compressed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("m.zst");
        std::fs::write(&file, zstd::encode_all(&br#"{"a":["@x"]}"#[..], 3).unwrap()).unwrap();
        assert_eq!(Maintainers::read(&file).unwrap().0, parse(r#"{"a":["@x"]}"#));
        let error = Maintainers::read(&folder.path().join("none")).unwrap_err().to_string();
        assert!(error.contains("none"), "{error}");
    }
}
