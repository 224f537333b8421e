//! Pairs of derivations that an evaluation made: a package, and the same with its checks off.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::Deserialize;
use serde::de::{Deserializer as _, Error as _, IgnoredAny, MapAccess, Visitor};

use super::texts::open_json;
use crate::ingest::IngestError;

/// A package both ways.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Pair {
    /// The derivation's path.
    pub base: String,
    /// That with the checks off; the same when nothing changes.
    pub without_checks: String,
}

/// The pairs of a file `{"derivations": {path: derivation}, "pairs": {attribute: {base, without_checks}}}`,
/// plain or compressed with zstd, by attribute.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pairs(pub BTreeMap<String, Pair>);

impl Pairs {
    /// Reads a file's pairs; `None` when it is no file of pairs but, say, a closure.
    ///
    /// # Errors
    /// When it cannot be read, or its pairs are none.
    pub fn read(file: &Path) -> Result<Option<Self>, IngestError> {
        if !file.is_file() {
            return Ok(None);
        }
        let Some(reader) = open_json(file)? else { return Ok(None) };
        let mut top = Top::default();
        let mut deserializer = serde_json::Deserializer::from_reader(reader);
        match deserializer.deserialize_map(&mut top).and_then(|()| deserializer.end()) {
            Ok(()) => Ok(top.pairs.map(Self)),
            // what is wrong with a closure is told when it is read
            Err(_) if !top.inside => Ok(None),
            Err(error) => Err(IngestError::Unrecognised {
                path: file.display().to_string(),
                message: format!("{error}; expected 'pairs': {{attribute: {{base, without_checks}}}}"),
            }),
        }
    }
}

#[derive(Default)]
struct Top {
    pairs: Option<BTreeMap<String, Pair>>,
    /// Whether the pairs were reached.
    inside: bool,
}

impl<'de> Visitor<'de> for &mut Top {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "pairs" => {
                    self.inside = true;
                    self.pairs = Some(map.next_value()?);
                }
                "derivations" | "version" => {
                    map.next_value::<IgnoredAny>()?;
                }
                // a map of derivations or attributes: no need to read on
                _ if self.pairs.is_none() => return Err(A::Error::custom("no pairs")),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}
