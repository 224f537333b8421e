//! What `nix path-info --json` prints, of all versions.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, MapAccess, SeqAccess, Visitor};

use super::{MetadataError, Recorded, recorded};

/// What is recorded of paths, by their base names.
pub(super) type Listed = BTreeMap<String, Recorded>;

/// An entry; other fields tell other things.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    path: Option<String>,
    /// A path that is not valid has none.
    references: Option<Vec<String>>,
    nar_size: Option<u64>,
    /// Only of a binary cache.
    download_size: Option<u64>,
    /// A text, or an object from 2.33 on.
    ca: Option<de::IgnoredAny>,
}

/// All shapes: a list of entries with their paths (up to Nix 2.18), a map from paths to entries or null
/// (2.19 and later, format 1), and `{version, storeDir, info: {base name: entry}}` (format 2).
enum Shape {
    List(Vec<Entry>),
    Map(Vec<(String, Option<Entry>)>),
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
                let mut entries = Vec::new();
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
                        _ => entries.push((key, map.next_value()?)),
                    }
                }
                Ok(Shape::Map(entries))
            }
        }
        deserializer.deserialize_any(Shapes)
    }
}

/// Reads what is recorded of all paths; those that it calls not valid are left out.
///
/// # Errors
/// When it is no such JSON, with line and column, names something that is no store path, or a size that is none.
pub(super) fn parse(text: &[u8], shown: &str) -> Result<Listed, MetadataError> {
    let shape: Shape =
        serde_json::from_slice(text).map_err(|source| MetadataError::Json { path: shown.to_owned(), source })?;
    let damaged = |place: String, expected: &str| MetadataError::Damaged {
        path: shown.to_owned(),
        place,
        expected: expected.to_owned(),
    };
    let mut listed = Vec::new();
    let mut add = |path: &str, entry: Entry| {
        let Some(name) = super::base_name(path) else {
            return Err(damaged(format!("entry '{path}'"), "expected a store path"));
        };
        if entry.references.is_none() && entry.nar_size.is_none() {
            return Ok(());
        }
        let mut references = entry.references;
        for reference in references.iter_mut().flatten() {
            let Some(name) = super::base_name(reference).map(str::to_owned) else {
                return Err(damaged(format!("entry '{path}', reference '{reference}'"), "expected a store path"));
            };
            *reference = name;
        }
        if let Some(names) = &mut references {
            names.sort();
            names.dedup();
        }
        let size = |field: &str, size: Option<u64>| {
            recorded::size(size).map_err(|expected| damaged(format!("entry '{path}', {field}"), &expected))
        };
        let nar = size("narSize", entry.nar_size)?;
        let download = size("downloadSize", entry.download_size)?;
        listed.push((name.to_owned(), Recorded { references, nar, download, by_content: entry.ca.is_some() }));
        Ok(())
    };
    match shape {
        Shape::List(entries) => {
            for (nth, mut entry) in entries.into_iter().enumerate() {
                let Some(path) = entry.path.take() else {
                    return Err(damaged(format!("entry {nth} of the list"), "expected a field 'path'"));
                };
                add(&path, entry)?;
            }
        }
        Shape::Map(entries) => {
            for (path, entry) in entries {
                let none = Entry { path: None, references: None, nar_size: None, download_size: None, ca: None };
                add(&path, entry.unwrap_or(none))?;
            }
        }
    }
    // sorted once: of a path that stands there twice, the last counts
    Ok(listed.into_iter().collect())
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
        let expected =
            BTreeMap::from([(A.to_owned(), Some(vec![A.to_owned(), B.to_owned()])), (B.to_owned(), Some(Vec::new()))]);
        for shape in shapes {
            let listed = parse(shape.as_bytes(), "x").unwrap().into_iter();
            let references: BTreeMap<_, _> = listed.map(|(path, recorded)| (path, recorded.references)).collect();
            assert_eq!(references, expected, "{shape}");
        }
        // paths that are not valid
        for shape in [format!(r#"{{"{a}":null}}"#), format!(r#"[{{"path":"{a}","valid":false}}]"#), "{}".to_owned()] {
            assert_eq!(parse(shape.as_bytes(), "x").unwrap(), Listed::new());
        }
    }

    /// Sizes: of a store, of a binary cache, unknown (0); content addresses as a text and as an object.
    #[test]
    fn sizes() {
        let check = |fields: &str, nar: Option<u64>, download: Option<u64>, by_content: bool| {
            let text = format!(r#"[{{"path":"/nix/store/{A}",{fields}}}]"#);
            let recorded = parse(text.as_bytes(), "x").unwrap().remove(A).unwrap();
            assert_eq!((recorded.nar, recorded.download, recorded.by_content), (nar, download, by_content), "{text}");
        };
        check(r#""narSize":17"#, Some(17), None, false);
        check(r#""narSize":0,"references":[]"#, None, None, false);
        check(r#""narSize":1099511627776,"downloadSize":5,"ca":null"#, Some(1 << 40), Some(5), false);
        check(r#""narSize":1,"ca":"fixed:r:sha256:0""#, Some(1), None, true);
        check(r#""narSize":1,"ca":{"method":"nar","hash":"sha256-0"},"url":"nar/x""#, Some(1), None, true);
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
            (r#"{"0001x39905jwpbxh95qbvxcka0llljcd-a":{"narSize":-1}}"#, "invalid value: integer `-1`, expected u64"),
            (r#"{"0001x39905jwpbxh95qbvxcka0llljcd-a":{"narSize":1.5}}"#, "invalid type: floating point"),
            (
                r#"{"0001x39905jwpbxh95qbvxcka0llljcd-a":{"narSize":1,"downloadSize":1099511627777}}"#,
                "downloadSize: expected at most 1099511627776 bytes (1 TiB), found 1099511627777",
            ),
        ] {
            let error = parse(text.as_bytes(), "x").unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
