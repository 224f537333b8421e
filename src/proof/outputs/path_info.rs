//! What `nix path-info --json` prints, of all versions.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, MapAccess, SeqAccess, Visitor};

use super::MetadataError;

/// The references of paths, by base names.
pub(super) type Listed = BTreeMap<String, Vec<String>>;

/// An entry; other fields tell other things.
#[derive(Deserialize)]
struct Entry {
    path: Option<String>,
    /// A path that is not valid has none.
    references: Option<Vec<String>>,
}

/// All shapes: a list of entries with their paths (up to Nix 2.18), a map from paths to entries or null
/// (2.19 and later, format 1), and `{version, storeDir, info: {base name: entry}}` (format 2).
enum Shape {
    List(Vec<Entry>),
    Map(BTreeMap<String, Option<Entry>>),
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shapes;
        impl<'de> Visitor<'de> for Shapes {
            type Value = Shape;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of store paths with their references, or a map of them")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Shape, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = list.next_element()? {
                    entries.push(entry);
                }
                Ok(Shape::List(entries))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
                let mut entries = BTreeMap::new();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "version" => match map.next_value::<u64>()? {
                            1 | 2 => {}
                            other => {
                                return Err(de::Error::custom(format!("version {other} is not known, only 1 and 2")));
                            }
                        },
                        "storeDir" => drop(map.next_value::<String>()?),
                        "info" => entries.extend(map.next_value::<BTreeMap<String, Option<Entry>>>()?),
                        _ => drop(entries.insert(key, map.next_value()?)),
                    }
                }
                Ok(Shape::Map(entries))
            }
        }
        deserializer.deserialize_any(Shapes)
    }
}

/// Reads the references of all paths that it tells of; those that it calls not valid are left out.
///
/// # Errors
/// When it is no such JSON, with line and column, or names something that is no store path.
pub(super) fn parse(text: &[u8], shown: &str) -> Result<Listed, MetadataError> {
    let shape: Shape =
        serde_json::from_slice(text).map_err(|source| MetadataError::Json { path: shown.to_owned(), source })?;
    let damaged = |place: String, expected: &str| MetadataError::Damaged {
        path: shown.to_owned(),
        place,
        expected: expected.to_owned(),
    };
    let mut listed = Listed::new();
    let mut add = |path: &str, references: Option<Vec<String>>| {
        let Some(name) = super::base_name(path) else {
            return Err(damaged(format!("entry '{path}'"), "expected a store path"));
        };
        let Some(references) = references else { return Ok(()) };
        let mut names = Vec::with_capacity(references.len());
        for reference in references {
            let Some(name) = super::base_name(&reference) else {
                return Err(damaged(format!("entry '{path}', reference '{reference}'"), "expected a store path"));
            };
            names.push(name.to_owned());
        }
        names.sort();
        names.dedup();
        listed.insert(name.to_owned(), names);
        Ok(())
    };
    match shape {
        Shape::List(entries) => {
            for (nth, entry) in entries.into_iter().enumerate() {
                let Some(path) = entry.path else {
                    return Err(damaged(format!("entry {nth} of the list"), "expected a field 'path'"));
                };
                add(&path, entry.references)?;
            }
        }
        Shape::Map(entries) => {
            for (path, entry) in entries {
                add(&path, entry.and_then(|entry| entry.references))?;
            }
        }
    }
    Ok(listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "0001x39905jwpbxh95qbvxcka0llljcd-a";
    const B: &str = "1001x39905jwpbxh95qbvxcka0llljcd-b";

    #[test]
    fn every_shape() {
        let full = |name: &str| format!("/nix/store/{name}");
        let (a, b) = (full(A), full(B));
        let shapes = [
            format!(r#"[{{"path":"{a}","narSize":1,"references":["{b}","{a}"]}},{{"path":"{b}","references":[]}}]"#),
            format!(r#"[{{"path":"{b}","references":[]}},{{"path":"{a}","references":["{a}","{b}","{b}"]}}]"#),
            format!(r#"{{"{a}":{{"references":["{b}","{a}"],"ca":null}},"{b}":{{"references":[]}}}}"#),
            format!(
                r#"{{"{a}":{{"version":1,"storeDir":"/nix/store","references":["{b}","{a}"]}},"{b}":{{"version":1,"references":[]}}}}"#
            ),
            format!(
                r#"{{"version":2,"storeDir":"/nix/store","info":{{"{A}":{{"references":["{B}","{A}"]}},"{B}":{{"references":[]}}}}}}"#
            ),
            format!(r#"{{"info":{{"{B}":{{"references":[]}},"{A}":{{"references":["{B}","{A}"]}}}},"version":2}}"#),
        ];
        let expected = Listed::from([(A.to_owned(), vec![A.to_owned(), B.to_owned()]), (B.to_owned(), Vec::new())]);
        for shape in shapes {
            assert_eq!(parse(shape.as_bytes(), "x").unwrap(), expected, "{shape}");
        }
        // paths that are not valid
        for shape in [format!(r#"{{"{a}":null}}"#), format!(r#"[{{"path":"{a}","valid":false}}]"#), "{}".to_owned()] {
            assert_eq!(parse(shape.as_bytes(), "x").unwrap(), Listed::new());
        }
    }

    #[test]
    fn what_is_none() {
        for (text, told) in [
            ("", "x: EOF while parsing a value at line 1 column 0"),
            ("[", "EOF while parsing"),
            ("3", "expected a list of store paths"),
            ("[3]", "expected struct Entry"),
            ("[{}]", "entry 0 of the list: expected a field 'path'"),
            (r#"{"version":3}"#, "version 3 is not known"),
            (r#"{"/nix/store/x":null}"#, "entry '/nix/store/x': expected a store path"),
            (r#"[{"path":"/nix/store/0001x39905jwpbxh95qbvxcka0llljcd-a","references":["y"]}]"#, "reference 'y'"),
            (r#"{"0001x39905jwpbxh95qbvxcka0llljcd-a":{"references":{}}}"#, "invalid type: map"),
        ] {
            let error = parse(text.as_bytes(), "x").unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
