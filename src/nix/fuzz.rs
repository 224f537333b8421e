//! What must hold for any bytes at all: the bodies of the fuzz targets in `fuzz/`, and of a test
//! that runs them over `testdata`.

use super::derivation::{Events, Text};
use super::store_path::DEFAULT_STORE_DIR;
use super::{aterm, json};

/// Parsing an ATerm never panics, an error lies in the text, and what parses is printed so that it
/// parses to the same; to the same bytes, when it was written the way Nix writes.
///
/// # Panics
/// When one of these does not hold.
pub fn aterm(data: &[u8]) {
    let derivation = match aterm::parse(data) {
        Ok(derivation) => derivation,
        Err(error) => {
            assert!(error.offset <= data.len(), "{error}: beyond the text");
            assert_eq!(error.found, data.get(error.offset).copied(), "{error}");
            return;
        }
    };
    let printed = aterm::print(&derivation);
    assert_eq!(aterm::parse(&printed).as_ref(), Ok(&derivation), "not the same when printed and parsed");
    let mut spelling = Spelling { usual: true };
    assert_eq!(aterm::parse_events(data, &mut spelling), Ok(()), "parsed once, but not twice");
    // the dynamic form has a longer and a shorter way to say that nothing dynamic is used
    let longer_form = data.starts_with(b"DrvWithVersion(") && printed.len() < data.len();
    if spelling.usual && !longer_form {
        assert!(printed == data, "printed otherwise: {}", printed.escape_ascii());
    }
}

/// Parsing a derivation in JSON never panics, an error lies in the text, and what parses can be
/// printed as an ATerm that says the same.
///
/// # Panics
/// When one of these does not hold.
pub fn json(data: &[u8]) {
    match json::parse(data, DEFAULT_STORE_DIR, "fuzzed-1.0") {
        Ok(derivation) => {
            let printed = aterm::print(&derivation);
            assert_eq!(aterm::parse(&printed).as_ref(), Ok(&derivation), "not the same as an ATerm");
            let mut sorted = derivation.clone();
            sorted.sort();
            let printed = aterm::print(&sorted);
            assert_eq!(aterm::parse(&printed).as_ref(), Ok(&sorted), "not the same as an ATerm, sorted");
        }
        Err(error) => assert!(error.offset <= data.len(), "{error}: beyond the text"),
    }
}

/// Whether every string is escaped the way Nix does it: other escapes, and line breaks and tabs as
/// they are, are read all the same.
struct Spelling {
    usual: bool,
}

impl Spelling {
    fn see(&mut self, text: Text<'_>) {
        let mut bytes = text.raw().iter();
        while let Some(byte) = bytes.next() {
            self.usual &= match byte {
                b'\n' | b'\r' | b'\t' => false,
                b'\\' => matches!(bytes.next(), Some(b'"' | b'\\' | b'n' | b'r' | b't')),
                _ => true,
            };
        }
    }
}

impl Events<'_> for Spelling {
    fn output(&mut self, name: Text<'_>, path: Text<'_>, algorithm: Text<'_>, hash: Text<'_>) {
        [name, path, algorithm, hash].into_iter().for_each(|text| self.see(text));
    }
    fn input_derivation(&mut self, path: Text<'_>) {
        self.see(path);
    }
    fn input_output(&mut self, name: Text<'_>) {
        self.see(name);
    }
    fn dynamic_output(&mut self, _: u32, of: Text<'_>, name: Option<Text<'_>>) {
        self.see(name.unwrap_or(of));
        self.see(of);
    }
    fn input_source(&mut self, path: Text<'_>) {
        self.see(path);
    }
    fn system(&mut self, system: Text<'_>) {
        self.see(system);
    }
    fn builder(&mut self, builder: Text<'_>) {
        self.see(builder);
    }
    fn argument(&mut self, argument: Text<'_>) {
        self.see(argument);
    }
    fn variable(&mut self, key: Text<'_>, value: Text<'_>) {
        self.see(key);
        self.see(value);
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures;
    use super::*;

    /// A seeded generator (xorshift): the same mutations every time.
    struct Random(u64);

    impl Random {
        fn below(&mut self, bound: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 % bound.max(1) as u64) as usize
        }

        /// Bytes replaced, removed, doubled, and pieces of another text put in.
        fn mutate(&mut self, text: &mut Vec<u8>, other: &[u8]) {
            const TELLING: &[u8] = b"\"\\[](),{}:0ntr\0\xff\n ";
            for _ in 0..=self.below(4) {
                let at = self.below(text.len());
                let end = (at + self.below(40)).min(text.len());
                match self.below(6) {
                    0 if !text.is_empty() => text[at] = TELLING[self.below(TELLING.len())],
                    1 if !text.is_empty() => text[at] ^= 1 << self.below(8),
                    2 => drop(text.drain(at..end)),
                    3 => drop(text.splice(at..at, text[at..end].to_vec())),
                    4 => text.truncate(at.max(text.len() / 2)),
                    _ => {
                        let from = self.below(other.len());
                        let piece = &other[from..(from + self.below(40)).min(other.len())];
                        drop(text.splice(at..end, piece.iter().copied()));
                    }
                }
            }
        }
    }

    fn check(body: fn(&[u8]), corpus: &[Vec<u8>], rounds: usize) {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        corpus.iter().for_each(|text| body(text));
        for _ in 0..rounds {
            let mut text = corpus[random.below(corpus.len())].clone();
            text.truncate(16_384);
            let other = &corpus[random.below(corpus.len())];
            random.mutate(&mut text, other);
            body(&text);
        }
    }

    #[test]
    fn aterm_holds_over_the_corpus_and_its_mutations() {
        let mut corpus: Vec<_> = fixtures::derivations().into_values().collect();
        corpus.extend(fixtures::files("invalid").into_values());
        corpus.push(
            br#"DrvWithVersion("xp-dyn-drv",[],[("/a",(["o"],[("p",(["q"],[("r",["s"])]))]))],[],"","",[],[])"#.into(),
        );
        check(aterm, &corpus, 20_000);
    }

    #[test]
    fn json_holds_over_the_corpus_and_its_mutations() {
        let mut corpus: Vec<_> = fixtures::files("invalid").into_values().collect();
        for text in fixtures::files("formats/json").values() {
            let all: serde_json::Value = serde_json::from_slice(text).unwrap();
            let all = all.get("derivations").unwrap_or(&all);
            corpus.extend(all.as_object().unwrap().values().map(|drv| serde_json::to_vec_pretty(drv).unwrap()));
        }
        check(json, &corpus, 20_000);
    }
}
