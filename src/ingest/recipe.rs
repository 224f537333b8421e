//! What a derivation's text says beside the store paths in it.
//!
//! Two derivations that differ only in the versions of what they use are the same recipe. So the
//! text is hashed without its store paths, and the packages' names in them apart; what the paths
//! stand for is added by the graph's builder, which knows it ([`crate::graph::RecipeDigest`]).

use std::ops::Range;

use xxhash_rust::xxh3::xxh3_128;

use super::mention::Finder;
use super::raw::TextHashes;
use crate::nix::blocks::{self, Block};
use crate::nix::derivation::Text;
use crate::nix::store_path::{DIGEST_LEN, is_name_byte};
use crate::nix::{aterm, nixbase32};

/// Digits of a placeholder.
const PLACEHOLDER_LEN: usize = nixbase32::encoded_len(32);

/// Collects what is hashed of one derivation: system, builder, arguments and environment, as they
/// stand in an ATerm.
#[derive(Debug, Default)]
pub(crate) struct RecipeText {
    /// Address of the ATerm that is being read; none for other forms, which are written as one.
    base: Option<usize>,
    /// Where the system stands in the ATerm.
    start: usize,
    /// Where the ATerm names store paths and placeholders: their first digits, ascending.
    places: Vec<u32>,
    written: Written,
    /// Scratch: a text put together.
    whole: Vec<u8>,
    parts: Parts,
}

/// Scratch: a text without its paths, and the packages' names in these, for one hash of a whole text
/// costs far less than one for each piece.
#[derive(Debug, Default)]
struct Parts {
    bare: Vec<u8>,
    names: Vec<u8>,
}

/// The parts of a derivation that does not come as an ATerm, as they would stand there, one after the
/// other in one text.
#[derive(Debug, Default)]
struct Written {
    text: Vec<u8>,
    system: Range<usize>,
    builder: Range<usize>,
    arguments: Vec<Range<usize>>,
    /// The key's characters, and where the value's quotes end.
    variables: Vec<(Range<usize>, usize)>,
}

impl Written {
    fn clear(&mut self) {
        self.text.clear();
        self.system = 0..0;
        self.builder = 0..0;
        self.arguments.clear();
        self.variables.clear();
    }

    /// Appends a string in quotes, and tells where it stands.
    fn quote(&mut self, value: &[u8]) -> Range<usize> {
        let start = self.text.len();
        aterm::string(&mut self.text, value);
        start..self.text.len()
    }
}

impl RecipeText {
    /// Starts a derivation that is read from this ATerm, or from another form.
    pub(crate) fn begin(&mut self, aterm: Option<&[u8]>) {
        self.base = aterm.map(|text| text.as_ptr().addr());
        self.start = 0;
        self.places.clear();
        if aterm.is_none() {
            self.written.clear();
        }
    }

    /// Where a part of the ATerm stands in it; none for other forms.
    #[inline]
    pub(crate) fn place_of(&self, part: &[u8]) -> Option<usize> {
        self.base.map(|base| part.as_ptr().addr().wrapping_sub(base))
    }

    /// A store path or placeholder stands at this place of the ATerm.
    #[inline]
    pub(crate) fn path_at(&mut self, place: usize) {
        self.places.push(place as u32);
    }

    pub(crate) fn system(&mut self, system: &Text<'_>) {
        match self.place_of(system.raw()) {
            Some(place) => self.start = place,
            None => self.written.system = self.written.quote(&system.value()),
        }
    }

    pub(crate) fn builder(&mut self, builder: &Text<'_>) {
        if self.base.is_none() {
            self.written.builder = self.written.quote(&builder.value());
        }
    }

    pub(crate) fn argument(&mut self, argument: &Text<'_>) {
        if self.base.is_none() {
            let range = self.written.quote(&argument.value());
            self.written.arguments.push(range);
        }
    }

    #[inline]
    pub(crate) fn variable(&mut self, key: &Text<'_>, value: &Text<'_>) {
        if self.base.is_none() {
            let key = self.written.quote(&key.value());
            self.written.text.push(b',');
            let end = self.written.quote(&value.value()).end;
            self.written.variables.push((key.start + 1..key.end - 1, end));
        }
    }

    /// The hashes of the derivation that was told; `aterm` is the text given at its start.
    pub(crate) fn finish(&mut self, aterm: Option<&[u8]>, finder: &Finder) -> TextHashes {
        if let Some(text) = aterm {
            return hash(text.get(self.start..).unwrap_or_default(), self.start, &self.places, &mut self.parts);
        }
        let Written { text, system, builder, arguments, variables } = &mut self.written;
        // Nix sorts by key in every form; JSON made by hand may not
        variables.sort_by(|(a, _), (b, _)| text[a.clone()].cmp(&text[b.clone()]));
        let whole = &mut self.whole;
        whole.clear();
        // an ATerm is hashed from behind the system's first quote on
        whole.extend_from_slice(text[system.clone()].get(1..).unwrap_or_default());
        whole.push(b',');
        whole.extend_from_slice(&text[builder.clone()]);
        whole.extend_from_slice(b",[");
        for (at, argument) in arguments.iter().enumerate() {
            whole.extend_from_slice(if at > 0 { b"," } else { b"" });
            whole.extend_from_slice(&text[argument.clone()]);
        }
        whole.extend_from_slice(b"],[");
        for (at, (key, end)) in variables.iter().enumerate() {
            whole.extend_from_slice(if at > 0 { b",(" } else { b"(" });
            whole.extend_from_slice(&text[key.start - 1..*end]);
            whole.push(b')');
        }
        whole.extend_from_slice(b"])");
        self.places.clear();
        finder.for_each(whole, |_, at| self.places.push(at as u32));
        hash(whole, 0, &self.places, &mut self.parts)
    }
}

/// The hashes of a text: without the paths in it, and of the packages' names in these. `places` are
/// counted from `offset` bytes before the text. One pass.
fn hash(text: &[u8], offset: usize, places: &[u32], parts: &mut Parts) -> TextHashes {
    let Parts { bare, names } = parts;
    bare.clear();
    names.clear();
    bare.reserve(text.len());
    let mut start = 0;
    for &place in places {
        let Some(at) = (place as usize).checked_sub(offset).filter(|&at| at >= start && at <= text.len()) else {
            continue;
        };
        bare.extend_from_slice(&text[start..at]);
        let rest = &text[at..];
        let len = if rest.get(DIGEST_LEN) == Some(&b'-') {
            let (pname, name) = name_at(&rest[DIGEST_LEN + 1..]);
            names.extend_from_slice(&rest[DIGEST_LEN + 1..][..pname]);
            DIGEST_LEN + 1 + name
        } else {
            PLACEHOLDER_LEN
        };
        names.push(0);
        // no character of a text, so that no text looks like another one with a path in it
        bare.push(0xff);
        start = (at + len).min(text.len());
    }
    bare.extend_from_slice(&text[start..]);
    TextHashes { bare: xxh3_128(bare), names: xxh3_128(names) }
}

/// The length of the package's name at the start of a text, as
/// [`parse_drv_name`](crate::nix::parse_drv_name) finds it, and of the whole name of the store path.
#[inline]
fn name_at(text: &[u8]) -> (usize, usize) {
    let mut pname = None;
    // whether the byte before is a dash: 1 or 0
    let mut dash = 0;
    let mut at = 0;
    while let Some(block) = text[at..].first_chunk() {
        let block = Block::new(block);
        let end = (!block.name_bytes()).trailing_zeros() as usize;
        let dashes = block.equal(b'-');
        let starts = (dashes << 1 | dash) & !block.letters() & ((1 << end) - 1);
        if pname.is_none() && starts != 0 {
            pname = Some(at + starts.trailing_zeros() as usize - 1);
        }
        if end < blocks::LEN {
            return (pname.unwrap_or(at + end), at + end);
        }
        dash = dashes >> (blocks::LEN - 1) & 1;
        at += blocks::LEN;
    }
    for (at, &byte) in text.iter().enumerate().skip(at) {
        if !is_name_byte(byte) {
            return (pname.unwrap_or(at), at);
        }
        if dash == 1 && pname.is_none() && !byte.is_ascii_alphabetic() {
            pname = Some(at - 1);
        }
        dash = u32::from(byte == b'-');
    }
    (pname.unwrap_or(text.len()), text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "0001x39905jwpbxh95qbvxcka0llljcd";
    const B: &str = "0002x39905jwpbxh95qbvxcka0llljcd";
    const P: &str = "0z5wazm41x38j8plq8v1k25srx3nyd0qscdf3w5k6h2rb9h2jr8j";
    const Q: &str = "1z5wazm41x38j8plq8v1k25srx3nyd0qscdf3w5k6h2rb9h2jr8j";

    fn of(text: &str) -> TextHashes {
        let mut places = Vec::new();
        Finder::new("/nix/store").for_each(text.as_bytes(), |_, at| places.push(at as u32));
        hash(text.as_bytes(), 0, &places, &mut Parts::default())
    }

    #[test]
    fn digests_and_versions_do_not_count() {
        let text = |digest: &str, name: &str| of(&format!("-L/nix/store/{digest}-{name}/lib -O2"));
        assert_eq!(text(A, "zlib-1.2.13"), text(B, "zlib-1.3-dev"));
        assert_eq!(of(&format!("x /{P}/bin")), of(&format!("x /{Q}/bin")));
    }

    #[test]
    fn names_count_apart() {
        let path = |name: &str| format!("/nix/store/{A}-{name}");
        let (zlib, bzip2) = (path("zlib-1.2.13"), path("bzip2-1.0"));
        let same_text = |one: &str, other: &str| {
            let (one, other) = (of(one), of(other));
            assert_eq!(one.bare, other.bare);
            assert_ne!(one.names, other.names);
        };
        same_text(&zlib, &path("zlib2-1.2.13"));
        same_text(&format!("{zlib} {bzip2}"), &format!("{bzip2} {zlib}"));
        // where a name ends is a part of it
        same_text(&format!("{} {}", path("a"), path("bc")), &format!("{} {}", path("ab"), path("c")));
        // and another text around the same names leaves their hash as it is
        let (one, other) = (of(&format!("{zlib} -O2 {bzip2}")), of(&format!("{zlib} -O3 {bzip2}")));
        assert_eq!(one.names, other.names);
        assert_ne!(one.bare, other.bare);
    }

    /// Exactly what is hashed, in words.
    #[test]
    fn what_is_hashed() {
        let found = of(&format!("-L/nix/store/{A}-zlib-1.2.13/lib /{P} /nix/store/{B}-hook"));
        let expect = TextHashes {
            bare: xxh3_128(b"-L/nix/store/\xff/lib /\xff /nix/store/\xff"),
            names: xxh3_128(b"zlib\0\0hook\0"),
        };
        assert_eq!(found, expect);
        assert_eq!(of("-O2"), TextHashes { bare: xxh3_128(b"-O2"), names: xxh3_128(b"") });
    }

    #[test]
    fn names_end_where_those_of_derivations_do() {
        for name in ["curl-8.0.1", "cmake-cursesUI-qt5UI-3.10", "hook", "a-", "a--1", "-1", "0ad-0.0.26", "x-y", ""] {
            // behind something longer, so that it crosses the border of a block, and with text after it or not
            for before in 0..20 {
                let name = format!("{}{name}", "x".repeat(before));
                let pname = crate::nix::parse_drv_name(&name).0;
                for rest in ["", "/lib", "/a-long-path/with-1.2/names in it", " -1"] {
                    let text = format!("{name}{rest}");
                    assert_eq!(name_at(text.as_bytes()), (pname.len(), name.len()), "{text}");
                }
            }
        }
    }

    #[test]
    fn everything_else_counts() {
        let path = format!("/nix/store/{A}-zlib-1.2");
        let texts = ["", "a", "b", &path, &format!("{path}/lib"), &format!("{path} {path}"), &format!(" {path}")];
        for (at, one) in texts.iter().enumerate() {
            for other in &texts[at + 1..] {
                assert_ne!(of(one), of(other), "{one} and {other}");
            }
        }
    }
}
