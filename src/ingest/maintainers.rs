//! Who stands behind attributes, as a file tells it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;
use serde::de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::attribute::looks_like_a_job;
use super::problem::{IngestError, Problem};
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

/// Maintainers and teams by attribute, without systems.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Maintainers(BTreeMap<String, Owners>);

impl Maintainers {
    /// Who is known to stand behind an attribute (its name without a system). O(log attributes).
    #[must_use]
    pub fn of(&self, attribute: &str) -> Option<&Owners> {
        self.0.get(attribute)
    }

    /// Reads a file, plain or compressed with zstd. It is one of: `nix-env -qaP --json --meta`,
    /// lines of nix-eval-jobs with `meta`, a map of attributes to names (`{"hello": ["@x"]}`) or to
    /// `{"maintainers": [...], "teams": [...]}`. In `meta`, what has another shape is passed over; in
    /// such a map it is an error. Entries of one attribute join what they say.
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
                found.add(&job.attr, of_meta(&job.meta));
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
        let name = without_system(attribute);
        match self.0.get_mut(name) {
            Some(known) => known.join(owners),
            None => {
                self.0.insert(name.to_owned(), owners);
            }
        }
    }
}

const FORMS: &str = "nix-env -qaP --json --meta, lines of nix-eval-jobs, or a map of attributes to lists of names";

/// An attribute path without a system at its end or start.
fn without_system(attribute: &str) -> &str {
    match (attribute.rsplit_once('.'), attribute.split_once('.')) {
        (Some((name, system)), _) if crate::ingest::is_system(system) => name,
        (_, Some((system, name))) if crate::ingest::is_system(system) => name,
        _ => attribute,
    }
}

/// A line of nix-eval-jobs.
#[derive(Deserialize)]
struct Job<'j> {
    #[serde(borrow)]
    attr: Cow<'j, str>,
    #[serde(default)]
    meta: Value,
}

/// What `meta` of a package says, which can have any shape.
fn of_meta(meta: &Value) -> Owners {
    let all = |key: &str, name: fn(&Value) -> Option<String>| match meta.get(key) {
        Some(Value::Array(list)) => list.iter().filter_map(name).collect(),
        one => one.and_then(name).into_iter().collect(),
    };
    Owners { maintainers: all("maintainers", maintainer), teams: all("teams", team) }
}

fn field(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn word(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A maintainer: `@github`, else name, else address.
fn maintainer(value: &Value) -> Option<String> {
    let handle = || field(value, "github").map(|handle| format!("@{handle}"));
    word(value).or_else(handle).or_else(|| field(value, "name")).or_else(|| field(value, "email"))
}

/// A team: its short name, else its handle.
fn team(value: &Value) -> Option<String> {
    ["shortName", "githubTeam", "github"].into_iter().find_map(|key| field(value, key)).or_else(|| word(value))
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
            fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<Entry, A::Error> {
                let mut owners = Owners::default();
                while let Some(Maintainer(name)) = names.next_element()? {
                    owners.maintainers.insert(name);
                }
                Ok(Entry(owners))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entry, A::Error> {
                let mut owners = Owners::default();
                while let Some(key) = map.next_key::<Cow<'_, str>>()? {
                    match key.as_ref() {
                        "meta" => owners.join(of_meta(&map.next_value()?)),
                        "maintainers" => {
                            let names: Vec<Maintainer> = map.next_value()?;
                            owners.maintainers.extend(names.into_iter().map(|name| name.0));
                        }
                        "teams" => {
                            let names: Vec<Team> = map.next_value()?;
                            owners.teams.extend(names.into_iter().map(|name| name.0));
                        }
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

struct Maintainer(String);

impl<'de> Deserialize<'de> for Maintainer {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let wrong = || de::Error::custom("a maintainer is a name, or an object with github, name or email");
        maintainer(&value).map(Self).ok_or_else(wrong)
    }
}

struct Team(String);

impl<'de> Deserialize<'de> for Team {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        team(&value)
            .map(Self)
            .ok_or_else(|| de::Error::custom("a team is a name, or an object with shortName or github"))
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
            ("{\"a\":[5]}", "a maintainer is a name"),
            ("{\"a\":{\"teams\":[{}]}}", "a team is a name"),
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
