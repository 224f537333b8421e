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
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::Value;

use super::aterm::MAX_DYNAMIC_DEPTH;
use super::derivation::{Derivation, Events, OwningAssembler, Text};
use super::hash::{fixed_output_digest, output_path_name};
use super::nixbase32;

/// Where and why a text is no derivation in JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at byte {offset}: {message}")]
pub struct JsonError {
    /// Byte offset in the text.
    pub offset: usize,
    /// What is wrong, and what was expected.
    pub message: String,
}

impl JsonError {
    /// From serde_json's line and column, which count from 1 and from 0 or 1.
    pub(crate) fn from_serde(text: &[u8], error: &serde_json::Error) -> Self {
        let line_start = match error.line() {
            0 | 1 => 0,
            n => memchr::memchr_iter(b'\n', text).nth(n - 2).map_or(text.len(), |at| at + 1),
        };
        let offset = (line_start + error.column().saturating_sub(1)).min(text.len());
        let mut message = error.to_string();
        if let Some(at) = message.rfind(" at line ") {
            message.truncate(at);
        }
        Self { offset, message }
    }
}

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

/// Reads one derivation as a value; arguments as in [`parse_events`]. Lists are in the order of the
/// text, outputs sorted by name.
///
/// # Errors
/// As [`parse_events`].
pub fn parse(text: &[u8], store_dir: &str, drv_name: &str) -> Result<Derivation<'static>, JsonError> {
    let mut assembler = OwningAssembler::default();
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
        let mut key = String::new();
        while map
            .next_key_seed(Told("a string", |k: &str| {
                key.clear();
                key.push_str(k);
            }))?
            .is_some()
        {
            self.1.entry(&key, &mut map)?;
        }
        Ok(self.1)
    }
}

/// The keys of a derivation, as bits of what was seen.
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
        let fields =
            Fields { context: self.context, events: self.events, seen: 0, outputs: Vec::new(), json_in_env: false };
        let mut fields = deserializer.deserialize_map(Object("a derivation: an object", fields))?;
        let seen = |key: &str| KEYS.iter().position(|k| *k == key).is_some_and(|bit| fields.seen & (1 << bit) != 0);
        for key in ["outputs", "system", "builder", "args", "env"] {
            if !seen(key) {
                return Err(D::Error::custom(format_args!("a derivation without '{key}'")));
            }
        }
        if seen("inputs") == (seen("inputDrvs") || seen("inputSrcs")) || seen("inputDrvs") != seen("inputSrcs") {
            return Err(D::Error::custom("expected either 'inputs' or 'inputDrvs' and 'inputSrcs'"));
        }
        fields.tell_outputs().map_err(D::Error::custom)
    }
}

struct Fields<'c, 'e, E> {
    context: Context<'c>,
    events: &'e mut E,
    seen: u16,
    outputs: Vec<OutputFields>,
    json_in_env: bool,
}

impl<'de, E: for<'x> Events<'x>> Entry<'de> for Fields<'_, '_, E> {
    fn entry<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let Some(bit) = KEYS.iter().position(|k| *k == key) else {
            return map.next_value::<IgnoredAny>().map(|_| ());
        };
        if self.seen & (1 << bit) != 0 {
            return Err(A::Error::custom(format_args!("'{key}' stands twice in a derivation")));
        }
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
                    BothInputs { context: &mut self.context, events },
                ))
                .map(drop),
            "outputs" => {
                self.outputs = map.next_value_seed(Object("an object of outputs", Outputs(Vec::new())))?.0;
                Ok(())
            }
            "structuredAttrs" => {
                let value = map.next_value::<Value>()?;
                if !value.is_null() && !self.json_in_env {
                    // the derivation holds it as a text in `__json`, keys sorted, without blanks
                    let text = serde_json::to_vec(&value).map_err(A::Error::custom)?;
                    events.variable(Text::plain(b"__json"), Text::plain(&text));
                }
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
        map.next_value_seed(Told("a string", |s: &str| {
            events.variable(Text::plain(key.as_bytes()), Text::plain(s.as_bytes()))
        }))
    }
}

struct BothInputs<'b, 'c, 'e, E> {
    context: &'b mut Context<'c>,
    events: &'e mut E,
}

impl<'de, E: for<'x> Events<'x>> Entry<'de> for BothInputs<'_, '_, '_, E> {
    fn entry<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let (context, events) = (&mut *self.context, &mut *self.events);
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
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
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
}

struct Outputs(Vec<OutputFields>);

impl<'de> Entry<'de> for Outputs {
    fn entry<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        if self.0.iter().any(|known| known.name == key) {
            return Err(A::Error::custom(format_args!("output '{key}' stands twice")));
        }
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
}

impl OutputFields {
    /// Algorithm and hash as an ATerm has them.
    fn normalise(&self) -> Result<(String, String), String> {
        let wrong = |what: &str| format!("output '{}': {what}", self.name);
        let (algorithm, hash) = match &self.hash {
            None => (self.algorithm.clone().unwrap_or_default(), String::new()),
            Some(hash) => match hash.split_once('-') {
                Some((algorithm, digits)) => {
                    let bytes = BASE64.decode(digits.as_bytes()).map_err(|_| wrong("a hash that is no base 64"))?;
                    (algorithm.to_owned(), HEXLOWER.encode(&bytes))
                }
                None => {
                    let algorithm = self.algorithm.clone().ok_or_else(|| wrong("a hash without an algorithm"))?;
                    (algorithm, to_base16(hash).ok_or_else(|| wrong("a hash that is neither base 16 nor base 32"))?)
                }
            },
        };
        let (prefix, plain) = match algorithm.split_once(':') {
            Some(("r", plain)) => ("r:", plain),
            Some(("text", plain)) => ("text:", plain),
            Some(("git", plain)) => ("git:", plain),
            Some(_) => return Err(wrong("a hash algorithm with an unknown method")),
            None => ("", algorithm.as_str()),
        };
        let prefix = match self.method.as_deref() {
            None => prefix,
            Some("flat") => "",
            Some("nar" | "recursive") => "r:",
            Some("text") => "text:",
            Some("git") => "git:",
            Some(_) => return Err(wrong("an unknown method; expected flat, nar, text or git")),
        };
        if plain.is_empty() && (self.method.is_some() || !hash.is_empty() || self.impure) {
            return Err(wrong("a method without a hash algorithm"));
        }
        let hash = if self.impure && hash.is_empty() { "impure".to_owned() } else { hash };
        Ok((format!("{prefix}{plain}"), hash))
    }
}

/// Base 16 from base 16 or Nix's base 32, told apart by their lengths.
fn to_base16(hash: &str) -> Option<String> {
    let bytes = hash.as_bytes();
    match bytes.len() {
        32 | 40 | 64 | 128 if let Ok(raw) = HEXLOWER_PERMISSIVE.decode(bytes) => Some(HEXLOWER.encode(&raw)),
        32 => nixbase32::decode::<20>(bytes).map(|raw| HEXLOWER.encode(&raw)),
        52 => nixbase32::decode::<32>(bytes).map(|raw| HEXLOWER.encode(&raw)),
        103 => nixbase32::decode::<64>(bytes).map(|raw| HEXLOWER.encode(&raw)),
        _ => None,
    }
}

impl<E: for<'x> Events<'x>> Fields<'_, '_, E> {
    fn tell_outputs(&mut self) -> Result<(), String> {
        self.outputs.sort_by(|a, b| a.name.cmp(&b.name));
        for output in &self.outputs {
            let (algorithm, hash) = output.normalise()?;
            let fixed = !hash.is_empty() && hash != "impure";
            let path = match &output.path {
                Some(path) => String::from_utf8_lossy(self.context.absolute(path)).into_owned(),
                None if fixed => {
                    let (store_dir, drv_name) = (self.context.store_dir, self.context.drv_name);
                    let name = output_path_name(drv_name, &output.name);
                    let digest = fixed_output_digest(store_dir, &name, &algorithm, &hash);
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
        Ok(())
    }
}
