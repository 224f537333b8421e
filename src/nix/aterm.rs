//! The ATerm form in which Nix stores derivations.
//!
//! `Derive(outputs,inputDrvs,inputSrcs,system,builder,args,env)`, without blanks; strings are bytes
//! with the escapes `\" \\ \n \r \t`. Dynamic derivations stand as
//! `DrvWithVersion("xp-dyn-drv",outputs,inputDrvs,…)`, where an input is
//! `(path,([outputs],[(output,[outputs])…]))` (Nix's `libstore/derivations.cc`).

use std::borrow::Cow;

use super::blocks;
use super::derivation::{Assembler, Derivation, Events, Text, UsedOutputs};

/// How deep dynamic derivations may nest. Nix sets no bound; a text that nests deeper is hostile.
pub const MAX_DYNAMIC_DEPTH: u32 = 16;

/// Where and why a text is no derivation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at byte {offset}: {}", self.what())]
pub struct ParseError {
    /// Byte offset in the text.
    pub offset: usize,
    /// What would have been right.
    pub expected: &'static str,
    /// The byte that stands there; `None` at the end of the text.
    pub found: Option<u8>,
}

impl ParseError {
    /// The message without the place.
    #[must_use]
    pub fn what(&self) -> String {
        format!("expected {}, found {}", self.expected, Found(self.found))
    }
}

struct Found(Option<u8>);

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            None => f.write_str("the end of the text"),
            Some(b'"') => f.write_str("'\"'"),
            Some(byte) => write!(f, "'{}'", byte.escape_ascii()),
        }
    }
}

/// Parses a derivation and tells `events` of it. Time is linear in the text; nothing is allocated.
///
/// # Errors
/// With the byte offset, when the text is not exactly one derivation. Events told before are to be
/// discarded.
pub fn parse_events<'a, E: Events<'a>>(text: &'a [u8], events: &mut E) -> Result<(), ParseError> {
    let mut parser = Parser { text, at: 0 };
    let dynamic = match text.first_chunk() {
        Some(b"Derive(") => {
            parser.at = 7;
            false
        }
        _ if text.starts_with(b"DrvWithVersion(") => {
            parser.at = 15;
            let version = parser.string()?;
            if version.raw() != b"xp-dyn-drv" {
                let same = version.raw().iter().zip(b"xp-dyn-drv").take_while(|(found, known)| found == known);
                parser.at = 16 + same.count();
                return Err(parser.error("the version \"xp-dyn-drv\""));
            }
            parser.byte(b',', "','")?;
            true
        }
        _ => return Err(parser.error("'Derive(' or 'DrvWithVersion('")),
    };
    parser.list(|p| {
        p.byte(b'(', "'(' of an output")?;
        let name = p.string()?;
        p.byte(b',', "','")?;
        let path = p.string()?;
        p.byte(b',', "','")?;
        let algorithm = p.string()?;
        p.byte(b',', "','")?;
        let hash = p.string()?;
        p.byte(b')', "')' of an output")?;
        events.output(name, path, algorithm, hash);
        Ok(())
    })?;
    parser.byte(b',', "',' before the input derivations")?;
    parser.list(|p| {
        p.byte(b'(', "'(' of an input derivation")?;
        events.input_derivation(p.string()?);
        p.byte(b',', "','")?;
        if dynamic && p.text.get(p.at) == Some(&b'(') {
            p.at += 1;
            p.list(|p| {
                events.input_output(p.string()?);
                Ok(())
            })?;
            p.byte(b',', "','")?;
            p.dynamic_outputs(1, events)?;
            p.byte(b')', "')'")?;
        } else {
            p.list(|p| {
                events.input_output(p.string()?);
                Ok(())
            })?;
        }
        p.byte(b')', "')' of an input derivation")
    })?;
    parser.byte(b',', "',' before the input sources")?;
    parser.list(|p| {
        events.input_source(p.string()?);
        Ok(())
    })?;
    parser.byte(b',', "',' before the system")?;
    events.system(parser.string()?);
    parser.byte(b',', "',' before the builder")?;
    events.builder(parser.string()?);
    parser.byte(b',', "',' before the arguments")?;
    parser.list(|p| {
        events.argument(p.string()?);
        Ok(())
    })?;
    parser.byte(b',', "',' before the environment")?;
    parser.list(|p| {
        p.byte(b'(', "'(' of a variable")?;
        let key = p.string()?;
        p.byte(b',', "','")?;
        let value = p.string()?;
        p.byte(b')', "')' of a variable")?;
        events.variable(key, value);
        Ok(())
    })?;
    parser.byte(b')', "')' at the end of the derivation")?;
    if parser.at != text.len() {
        return Err(parser.error("nothing after the derivation"));
    }
    Ok(())
}

/// Parses a derivation; its strings borrow from `text` where no escape stands in them.
///
/// # Errors
/// As [`parse_events`].
pub fn parse(text: &[u8]) -> Result<Derivation<'_>, ParseError> {
    let mut assembler = Assembler::default();
    parse_events(text, &mut assembler)?;
    Ok(assembler.finish())
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Parser<'a> {
    #[cold]
    fn error(&self, expected: &'static str) -> ParseError {
        ParseError { offset: self.at, expected, found: self.text.get(self.at).copied() }
    }

    #[inline(always)]
    fn byte(&mut self, byte: u8, expected: &'static str) -> Result<(), ParseError> {
        if self.text.get(self.at) == Some(&byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.error(expected))
        }
    }

    /// `"…"`. Most strings are short, so the first bytes are looked at in blocks before memchr is
    /// worth its call.
    #[inline(always)]
    fn string(&mut self) -> Result<Text<'a>, ParseError> {
        self.byte(b'"', "'\"' of a string")?;
        let start = self.at;
        let mut at = start;
        let mut slash = false;
        for _ in 0..BLOCKS {
            let Some(block) = self.text.get(at..).and_then(<[u8]>::first_chunk) else { break };
            let bytes = blocks::Block::new(block);
            slash |= bytes.equal(b'/') != 0;
            let stops = bytes.equal_either(b'"', b'\\');
            if stops == 0 {
                at += blocks::LEN;
                continue;
            }
            at += stops.trailing_zeros() as usize;
            if self.text[at] == b'"' {
                self.at = at + 1;
                return Ok(Text::aterm(&self.text[start..at], false, slash));
            }
            break;
        }
        self.long_string(start, at)
    }

    /// The rest of a string that began at `start`, of which the bytes before `at` are plain.
    fn long_string(&mut self, start: usize, mut at: usize) -> Result<Text<'a>, ParseError> {
        let mut escaped = false;
        loop {
            match memchr::memchr2(b'"', b'\\', &self.text[at..]) {
                Some(hit) if self.text[at + hit] == b'"' => {
                    self.at = at + hit + 1;
                    return Ok(Text::aterm(&self.text[start..at + hit], escaped, true));
                }
                Some(hit) if at + hit + 1 < self.text.len() => {
                    escaped = true;
                    at += hit + 2;
                }
                _ => {
                    self.at = self.text.len();
                    return Err(self.error("'\"' at the end of a string"));
                }
            }
        }
    }

    #[inline(always)]
    fn list(&mut self, mut item: impl FnMut(&mut Self) -> Result<(), ParseError>) -> Result<(), ParseError> {
        self.byte(b'[', "'[' of a list")?;
        if self.text.get(self.at) == Some(&b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            item(self)?;
            match self.text.get(self.at) {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(self.error("',' or ']' of a list")),
            }
        }
    }

    /// `[(output,[outputs])…]` or, nested, `[(output,([outputs],[…]))…]`; recursion is bounded by
    /// [`MAX_DYNAMIC_DEPTH`].
    fn dynamic_outputs<E: Events<'a>>(&mut self, depth: u32, events: &mut E) -> Result<(), ParseError> {
        if depth > MAX_DYNAMIC_DEPTH {
            return Err(self.error("dynamic derivations that nest at most 16 deep"));
        }
        self.list(|p| {
            p.byte(b'(', "'(' of a dynamic output")?;
            let of = p.string()?;
            events.dynamic_output(depth, of, None);
            p.byte(b',', "','")?;
            let nested = p.text.get(p.at) == Some(&b'(');
            p.at += usize::from(nested);
            p.list(|p| {
                events.dynamic_output(depth, of, Some(p.string()?));
                Ok(())
            })?;
            if nested {
                p.byte(b',', "','")?;
                p.dynamic_outputs(depth + 1, events)?;
                p.byte(b')', "')'")?;
            }
            p.byte(b')', "')' of a dynamic output")
        })
    }
}

/// How many blocks of a string are looked at before memchr takes over.
const BLOCKS: usize = 6;

/// Prints a derivation as Nix stores it, in the order it holds.
#[must_use]
pub fn print(derivation: &Derivation<'_>) -> Vec<u8> {
    let inputs = derivation.input_derivations.iter().map(|(path, used)| (path.as_ref(), Cow::Borrowed(used)));
    print_with(derivation, inputs, false)
}

/// Prints with other inputs, and with the output paths left out (`mask`), as hashing needs it.
pub(super) fn print_with<'a>(
    derivation: &Derivation<'_>,
    inputs: impl Iterator<Item = (&'a [u8], Cow<'a, UsedOutputs<'a>>)>,
    mask: bool,
) -> Vec<u8> {
    let mut out = Vec::with_capacity(4096);
    let dynamic = derivation.is_dynamic();
    out.extend_from_slice(if dynamic { b"DrvWithVersion(\"xp-dyn-drv\"," } else { b"Derive(" });
    list(&mut out, &derivation.outputs, |out, output| {
        out.push(b'(');
        string(out, &output.name);
        out.push(b',');
        string(out, if mask { b"" } else { &output.path });
        out.push(b',');
        string(out, &output.algorithm);
        out.push(b',');
        string(out, &output.hash);
        out.push(b')');
    });
    out.push(b',');
    list(&mut out, inputs, |out, (path, used)| {
        out.push(b'(');
        string(out, path);
        out.push(b',');
        used_outputs(out, &used);
        out.push(b')');
    });
    out.push(b',');
    list(&mut out, &derivation.input_sources, |out, path| string(out, path));
    out.push(b',');
    string(&mut out, &derivation.system);
    out.push(b',');
    string(&mut out, &derivation.builder);
    out.push(b',');
    list(&mut out, &derivation.arguments, |out, argument| string(out, argument));
    out.push(b',');
    list(&mut out, &derivation.environment, |out, (key, value)| {
        out.push(b'(');
        string(out, key);
        out.push(b',');
        let masked = mask && derivation.outputs.iter().any(|output| output.name == *key);
        string(out, if masked { b"" } else { value });
        out.push(b')');
    });
    out.push(b')');
    out
}

fn list<T>(out: &mut Vec<u8>, items: impl IntoIterator<Item = T>, mut print: impl FnMut(&mut Vec<u8>, T)) {
    out.push(b'[');
    for (i, item) in items.into_iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        print(out, item);
    }
    out.push(b']');
}

/// Recursion is bounded by [`MAX_DYNAMIC_DEPTH`], for nothing deeper is ever parsed.
fn used_outputs(out: &mut Vec<u8>, used: &UsedOutputs<'_>) {
    if used.dynamic.is_empty() {
        list(out, &used.names, |out, name| string(out, name));
        return;
    }
    out.push(b'(');
    list(out, &used.names, |out, name| string(out, name));
    out.push(b',');
    list(out, &used.dynamic, |out, (of, used)| {
        out.push(b'(');
        string(out, of);
        out.push(b',');
        used_outputs(out, used);
        out.push(b')');
    });
    out.push(b')');
}

/// Prints a string in quotes, escaped.
pub(crate) fn string(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for &byte in text {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
#[path = "aterm_tests.rs"]
mod tests;
