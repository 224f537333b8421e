//! `nix derivation show` JSON: one derivation, in any of the five shapes.
//!
//! | Nix | inputs | outputs |
//! |---|---|---|
//! | ≤ 2.17 | `inputDrvs`: path → outputs; `inputSrcs` | `path`; fixed ones `hashAlgo` (`r:sha256`) and `hash` in base 16 |
//! | 2.18–2.31 | `inputDrvs`: path → `{outputs, dynamicOutputs}` | from 2.23 `method` stands apart |
//! | 2.30 and later | as before | beside, a `structuredAttrs` object |
//! | 2.32 (`version` 3) | base names instead of paths | fixed ones without `path` |
//! | ≥ 2.33 (`version` 4) | `inputs`: `{srcs, drvs}` | fixed ones `method` and `hash` (SRI) |
//!
//! Which of them it is shows in the text itself, so any mix is read. What surrounds the
//! derivations (a map, or `{version, derivations}`) is taken apart by `ingest`, which streams.

use std::borrow::Cow;
use std::fmt;

use data_encoding::{BASE64, HEXLOWER, HEXLOWER_PERMISSIVE};
use rustc_hash::FxHashSet;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::{Map, Value};

use super::aterm::MAX_DYNAMIC_DEPTH;
use super::derivation::{Derivation, Events, OwnedAssembler, Text};
use super::hash::{fixed_output_digest, output_path_name};
use super::nixbase32;

pub use super::json_error::JsonError;
use super::json_error::WHOLE;

/// Reads one derivation, `{"outputs": …, …}`, and tells `events` of it. Paths that are base names
/// (`version` 3 and later) are told with `store_dir` before them; `drv_name` is the derivation's
/// name without `.drv`, needed for the paths that newer shapes leave out.
///
/// # Errors
/// With the byte offset in `text`.
pub fn parse_events<E: for<'x> Events<'x>>(
    text: &[u8],
    store_dir: &str,
    drv_name: &str,
    events: &mut E,
) -> Result<(), JsonError> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let seed = DerivationSeed { context: Context { store_dir, drv_name, buffer: Vec::new() }, events };
    seed.deserialize(&mut deserializer)
        .and_then(|()| deserializer.end())
        .map_err(|error| JsonError::from_serde(text, &error))
}

/// Reads one derivation; see [`parse_events`]. Its parts come in the order of the text.
///
/// # Errors
/// As [`parse_events`].
pub fn parse(text: &[u8], store_dir: &str, drv_name: &str) -> Result<Derivation<'static>, JsonError> {
    let mut assembler = OwnedAssembler::default();
    parse_events(text, store_dir, drv_name, &mut assembler)?;
    Ok(assembler.finish())
}

struct Context<'c> {
    store_dir: &'c str,
    drv_name: &'c str,
    buffer: Vec<u8>,
}

impl Context<'_> {
    /// The absolute form of a path or base name.
    fn absolute<'s>(&'s mut self, path: &'s str) -> &'s [u8] {
        if path.starts_with('/') {
            return path.as_bytes();
        }
        self.buffer.clear();
        self.buffer.extend_from_slice(self.store_dir.as_bytes());
        self.buffer.push(b'/');
        self.buffer.extend_from_slice(path.as_bytes());
        &self.buffer
    }
}

/// Calls `told` with a string, wherever the deserializer holds it.
struct Told<'s, F>(&'s str, F);

impl<'de, F: FnMut(&str)> DeserializeSeed<'de> for Told<'_, F> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<F: FnMut(&str)> Visitor<'_> for Told<'_, F> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
    fn visit_str<E>(mut self, text: &str) -> Result<(), E> {
        (self.1)(text);
        Ok(())
    }
}

/// Calls `item` for every element of an array.
struct Array<'s, F>(&'s str, F);

impl<'de, F: FnMut(&str)> DeserializeSeed<'de> for Array<'_, F> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(&str)> Visitor<'de> for Array<'_, F> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an array of {}s", self.0)
    }
    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(Told(self.0, &mut self.1))?.is_some() {}
        Ok(())
    }
}

/// Calls `entry` with every key of an object, to read its value.
struct Object<'s, F>(&'s str, F);

trait Entry<'de> {
    fn entry<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error>;

    /// After the last entry: what is wrong with the object as a whole.
    fn finish(&mut self) -> Result<(), String> {
        Ok(())
    }
}

/// The keys of an object so far. They stand in order in what Nix prints, so that each needs to be
/// compared with the one before it only; a set is made when one does not.
#[derive(Default)]
struct Keys {
    text: String,
    ends: Vec<usize>,
    last: usize,
    unordered: Option<FxHashSet<Box<str>>>,
}

impl Keys {
    fn insert(&mut self, key: &str) -> bool {
        if let Some(set) = &mut self.unordered {
            return set.insert(key.into());
        }
        if self.ends.is_empty() || &self.text[self.last..] < key {
            self.last = self.text.len();
            self.text.push_str(key);
            self.ends.push(self.text.len());
            return true;
        }
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let mut set: FxHashSet<Box<str>> =
            starts.zip(&self.ends).map(|(start, &end)| self.text[start..end].into()).collect();
        let new = set.insert(key.into());
        self.unordered = Some(set);
        new
    }
}

impl<'de, F: Entry<'de>> DeserializeSeed<'de> for Object<'_, F> {
    type Value = F;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<F, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, F: Entry<'de>> Visitor<'de> for Object<'_, F> {
    type Value = F;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<F, A::Error> {
        let (mut key, mut keys) = (String::new(), Keys::default());
        while map
            .next_key_seed(Told("a string", |k: &str| {
                key.clear();
                key.push_str(k);
            }))?
            .is_some()
        {
            if !keys.insert(&key) {
                return Err(A::Error::custom(format_args!("'{key}' stands twice in {}", self.0)));
            }
            self.1.entry(&key, &mut map)?;
        }
        self.1.finish().map_err(|message| A::Error::custom(format_args!("{WHOLE}{message}")))?;
        Ok(self.1)
    }
}

/// The keys of a derivation; which were seen is kept as bits.
const KEYS: [&str; 11] = [
    "args",
    "builder",
    "env",
    "inputDrvs",
    "inputSrcs",
    "inputs",
    "name",
    "outputs",
    "structuredAttrs",
    "system",
    "version",
];

struct DerivationSeed<'c, 'e, E> {
    context: Context<'c>,
    events: &'e mut E,
}

impl<'de, E: for<'x> Events<'x>> DeserializeSeed<'de> for DerivationSeed<'_, '_, E> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let fields = Fields {
            context: self.context,
            events: self.events,
            seen: 0,
            outputs: Vec::new(),
            json_in_env: false,
            structured: None,
        };
        deserializer.deserialize_map(Object("a derivation: an object", fields)).map(drop)
    }
}

struct Fields<'c, 'e, E> {
    context: Context<'c>,
    events: &'e mut E,
    seen: u16,
    outputs: Vec<OutputFields>,
    json_in_env: bool,
    /// What the derivation holds as a text in `__json`.
    structured: Option<Vec<u8>>,
}

impl<'de, E: for<'x> Events<'x>> Entry<'de> for Fields<'_, '_, E> {
    fn entry<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let Some(bit) = KEYS.iter().position(|k| *k == key) else {
            return map.next_value::<IgnoredAny>().map(|_| ());
        };
        self.seen |= 1 << bit;
        let events = &mut *self.events;
        match key {
            "args" => map.next_value_seed(Array("string", |s: &str| events.argument(Text::plain(s.as_bytes())))),
            "builder" => map.next_value_seed(Told("a string", |s: &str| events.builder(Text::plain(s.as_bytes())))),
            "system" => map.next_value_seed(Told("a string", |s: &str| events.system(Text::plain(s.as_bytes())))),
            "env" => {
                let env = map
                    .next_value_seed(Object("an object of strings", Environment { events, value: (), json: false }))?;
                self.json_in_env = env.json;
                Ok(())
            }
            "inputSrcs" => {
                let context = &mut self.context;
                map.next_value_seed(Array("store path", |s: &str| {
                    events.input_source(Text::plain(context.absolute(s)))
                }))
            }
            "inputDrvs" => map
                .next_value_seed(Object(
                    "an object of input derivations",
                    Inputs { context: &mut self.context, events },
                ))
                .map(drop),
            "inputs" => map
                .next_value_seed(Object(
                    "an object with 'srcs' and 'drvs'",
                    BothInputs { context: &mut self.context, events, seen: 0 },
                ))
                .map(drop),
            "outputs" => {
                self.outputs = map.next_value_seed(Object("an object of outputs", Outputs(Vec::new())))?.0;
                Ok(())
            }
            "structuredAttrs" => {
                // keys sorted, without blanks, as in `__json`; only floating point numbers that
                // need an exponent are written otherwise than Nix writes them
                let object = map.next_value::<Option<Map<String, Value>>>()?;
                let text = object.map(|object| serde_json::to_vec(&object)).transpose();
                self.structured = text.map_err(A::Error::custom)?;
                Ok(())
            }
            "version" => match map.next_value::<Value>()? {
                Value::Number(n) if matches!(n.as_u64(), Some(3 | 4)) => Ok(()),
                other => Err(A::Error::custom(format_args!(
                    "unknown version {other} of the derivation format; versions 3, 4 and those without a number are read"
                ))),
            },
            _ => map.next_value::<IgnoredAny>().map(|_| ()),
        }
    }

    fn finish(&mut self) -> Result<(), String> {
        let seen = |key: &str| KEYS.iter().position(|k| *k == key).is_some_and(|bit| self.seen & (1 << bit) != 0);
        for key in ["outputs", "system", "builder", "args", "env"] {
            if !seen(key) {
                return Err(format!("a derivation without '{key}'"));
            }
        }
        if seen("inputs") == (seen("inputDrvs") || seen("inputSrcs")) || seen("inputDrvs") != seen("inputSrcs") {
            return Err("expected either 'inputs' or 'inputDrvs' and 'inputSrcs'".to_owned());
        }
        if let Some(text) = self.structured.take_if(|_| !self.json_in_env) {
            self.events.variable(Text::plain(b"__json"), Text::plain(&text));
        }
        self.tell_outputs();
        Ok(())
    }
}

struct Environment<'e, E, V> {
    events: &'e mut E,
    value: V,
    json: bool,
}

impl<'de, E: for<'x> Events<'x>> Entry<'de> for Environment<'_, E, ()> {
    fn entry<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let events = &mut *self.events;
        self.json |= key == "__json";
        let () = self.value;
        map.next_value_seed(Told("a string, as in every version of the format up to 4", |s: &str| {
            events.variable(Text::plain(key.as_bytes()), Text::plain(s.as_bytes()))
        }))
    }
}

struct BothInputs<'b, 'c, 'e, E> {
    context: &'b mut Context<'c>,
    events: &'e mut E,
    seen: u8,
}

impl<'de, E: for<'x> Events<'x>> Entry<'de> for BothInputs<'_, '_, '_, E> {
    fn entry<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let (context, events) = (&mut *self.context, &mut *self.events);
        self.seen += 1;
        match key {
            "srcs" => map
                .next_value_seed(Array("store path", |s: &str| events.input_source(Text::plain(context.absolute(s))))),
            "drvs" => {
                map.next_value_seed(Object("an object of input derivations", Inputs { context, events })).map(drop)
            }
            other => {
                Err(A::Error::custom(format_args!("unknown key '{other}' in 'inputs'; expected 'srcs' and 'drvs'")))
            }
        }
    }

    fn finish(&mut self) -> Result<(), String> {
        if self.seen == 2 { Ok(()) } else { Err("'inputs' without 'srcs' or 'drvs'".to_owned()) }
    }
}

struct Inputs<'b, 'c, 'e, E> {
    context: &'b mut Context<'c>,
    events: &'e mut E,
}

impl<'de, E: for<'x> Events<'x>> Entry<'de> for Inputs<'_, '_, '_, E> {
    fn entry<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        self.events.input_derivation(Text::plain(self.context.absolute(key)));
        map.next_value_seed(Used { events: self.events, depth: 0, of: "" })
    }
}

/// `[outputs]`, or `{outputs: […], dynamicOutputs: {output: {…}}}`. Recursion is bounded by
/// [`MAX_DYNAMIC_DEPTH`].
struct Used<'e, 'o, E> {
    events: &'e mut E,
    depth: u32,
    of: &'o str,
}

impl<E: for<'x> Events<'x>> Used<'_, '_, E> {
    fn tell(&mut self, name: &str) {
        let name = Text::plain(name.as_bytes());
        if self.depth == 0 {
            self.events.input_output(name);
        } else {
            self.events.dynamic_output(self.depth, Text::plain(self.of.as_bytes()), Some(name));
        }
    }
}

impl<'de, E: for<'x> Events<'x>> DeserializeSeed<'de> for Used<'_, '_, E> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, E: for<'x> Events<'x>> Visitor<'de> for Used<'_, '_, E> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of output names, or an object with 'outputs' and 'dynamicOutputs'")
    }
    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(Told("an output name", |name: &str| self.tell(name)))?.is_some() {}
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut keys = Keys::default();
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            if !keys.insert(&key) {
                return Err(A::Error::custom(format_args!("'{key}' stands twice in an input")));
            }
            match key.as_ref() {
                "outputs" => map.next_value_seed(Array("output name", |name: &str| self.tell(name)))?,
                "dynamicOutputs" => {
                    let deeper = Dynamic { events: &mut *self.events, depth: self.depth + 1 };
                    map.next_value_seed(Object("an object of dynamic outputs", deeper))?;
                }
                other => {
                    return Err(A::Error::custom(format_args!(
                        "unknown key '{other}' of an input; expected 'outputs' and 'dynamicOutputs'"
                    )));
                }
            }
        }
        Ok(())
    }
}

struct Dynamic<'e, E> {
    events: &'e mut E,
    depth: u32,
}

impl<'de, E: for<'x> Events<'x>> Entry<'de> for Dynamic<'_, E> {
    fn entry<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        if self.depth > MAX_DYNAMIC_DEPTH {
            return Err(A::Error::custom("dynamic derivations nest more than 16 deep"));
        }
        self.events.dynamic_output(self.depth, Text::plain(key.as_bytes()), None);
        map.next_value_seed(Used { events: self.events, depth: self.depth, of: key })
    }
}

#[derive(Default)]
struct OutputFields {
    name: String,
    path: Option<String>,
    algorithm: Option<String>,
    method: Option<String>,
    hash: Option<String>,
    impure: bool,
    /// Algorithm and hash as an ATerm has them.
    normal: (String, String),
}

struct Outputs(Vec<OutputFields>);

impl<'de> Entry<'de> for Outputs {
    fn entry<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let output = OutputFields { name: key.to_owned(), ..OutputFields::default() };
        self.0.push(map.next_value_seed(Object("an output: an object", output))?);
        Ok(())
    }
}

impl<'de> Entry<'de> for OutputFields {
    fn entry<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "path" => self.path = map.next_value()?,
            "hashAlgo" => self.algorithm = map.next_value()?,
            "method" => self.method = map.next_value()?,
            "hash" => self.hash = map.next_value()?,
            "impure" => self.impure = map.next_value()?,
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), String> {
        self.normal = self.normalise().map_err(|what| format!("output '{}': {what}", self.name))?;
        Ok(())
    }
}

impl OutputFields {
    fn normalise(&self) -> Result<(String, String), String> {
        if self.path.as_deref() == Some("") {
            return Err("an empty path".to_owned());
        }
        let (prefix, stated) = match self.algorithm.as_deref().map(|text| (text, text.split_once(':'))) {
            None => (None, None),
            Some((plain, None)) => (None, Some(plain)),
            Some((_, Some(("r", plain)))) => (Some("r:"), Some(plain)),
            Some((_, Some(("text", plain)))) => (Some("text:"), Some(plain)),
            Some((_, Some(("git", plain)))) => (Some("git:"), Some(plain)),
            Some((text, Some(_))) => return Err(format!("a hash algorithm with an unknown method: '{text}'")),
        };
        let method = match self.method.as_deref() {
            None => prefix,
            Some("flat") => Some(""),
            Some("nar" | "recursive") => Some("r:"),
            Some("text") => Some("text:"),
            Some("git") => Some("git:"),
            Some(other) => {
                return Err(format!("an unknown method '{other}'; expected flat, nar, text or git"));
            }
        };
        if prefix.is_some() && prefix != method {
            return Err("'method' contradicts 'hashAlgo'".to_owned());
        }
        let sri = self.hash.as_deref().and_then(|hash| hash.split_once('-'));
        let plain = match (stated, sri) {
            (Some(stated), Some((algorithm, _))) if stated != algorithm => {
                return Err("'hash' contradicts 'hashAlgo'".to_owned());
            }
            (Some(algorithm), _) | (None, Some((algorithm, _))) => algorithm,
            (None, None) if self.hash.is_some() => return Err("a hash without an algorithm".to_owned()),
            (None, None) if self.method.is_some() || self.impure => {
                return Err("a method without a hash algorithm".to_owned());
            }
            (None, None) => return Ok((String::new(), String::new())),
        };
        let Some(len) = hash_len(plain) else {
            return Err(format!("an unknown hash algorithm '{plain}'"));
        };
        let hash = match (&self.hash, sri) {
            (Some(_), _) if self.impure => return Err("impure, and yet with a hash".to_owned()),
            (None, _) if self.impure => "impure".to_owned(),
            (None, _) => String::new(),
            (Some(_), Some((_, digits))) => match BASE64.decode(digits.as_bytes()) {
                Ok(bytes) if bytes.len() == len => HEXLOWER.encode(&bytes),
                _ => return Err(format!("a hash that is no {plain} in base 64")),
            },
            (Some(hash), None) => {
                to_base16(hash, len).ok_or_else(|| format!("a hash that is no {plain} in base 16 or base 32"))?
            }
        };
        Ok((format!("{}{plain}", method.unwrap_or_default()), hash))
    }
}

/// Bytes of the hashes that Nix knows.
fn hash_len(algorithm: &str) -> Option<usize> {
    match algorithm {
        "md5" => Some(16),
        "sha1" => Some(20),
        "sha256" | "blake3" => Some(32),
        "sha512" => Some(64),
        _ => None,
    }
}

/// Base 16 of a hash of `len` bytes, from base 16 or Nix's base 32. (Only with the length known can
/// the two be told apart: an md5 in base 16 is as long as a sha1 in base 32.)
fn to_base16(hash: &str, len: usize) -> Option<String> {
    let text = hash.as_bytes();
    if text.len() == 2 * len {
        return HEXLOWER_PERMISSIVE.decode(text).ok().map(|raw| HEXLOWER.encode(&raw));
    }
    match len {
        16 => nixbase32::decode::<16>(text).map(|raw| HEXLOWER.encode(&raw)),
        20 => nixbase32::decode::<20>(text).map(|raw| HEXLOWER.encode(&raw)),
        32 => nixbase32::decode::<32>(text).map(|raw| HEXLOWER.encode(&raw)),
        64 => nixbase32::decode::<64>(text).map(|raw| HEXLOWER.encode(&raw)),
        _ => None,
    }
}

impl<E: for<'x> Events<'x>> Fields<'_, '_, E> {
    fn tell_outputs(&mut self) {
        self.outputs.sort_by(|a, b| a.name.cmp(&b.name));
        for output in &self.outputs {
            let (algorithm, hash) = &output.normal;
            let fixed = !hash.is_empty() && hash != "impure";
            let path = match &output.path {
                Some(path) => String::from_utf8_lossy(self.context.absolute(path)).into_owned(),
                None if fixed => {
                    let (store_dir, drv_name) = (self.context.store_dir, self.context.drv_name);
                    let name = output_path_name(drv_name, &output.name);
                    let digest = fixed_output_digest(store_dir, &name, algorithm, hash);
                    format!("{store_dir}/{}-{name}", digest.as_str())
                }
                None => String::new(),
            };
            self.events.output(
                Text::plain(output.name.as_bytes()),
                Text::plain(path.as_bytes()),
                Text::plain(algorithm.as_bytes()),
                Text::plain(hash.as_bytes()),
            );
        }
    }
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
