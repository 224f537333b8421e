//! What a derivation's text says beside the store paths in it.
//!
//! Two derivations that differ only in the versions of what they use are the same recipe. So the
//! text is hashed with the digest and the version of every store path left out; what the paths
//! stand for is added by the graph's builder, which knows it ([`crate::graph::RecipeDigest`]).

use xxhash_rust::xxh3::xxh3_128_with_seed;

use super::mention::Finder;
use crate::nix::derivation::Text;
use crate::nix::store_path::DIGEST_LEN;
use crate::nix::{aterm, nixbase32, parse_drv_name};

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
}

/// The parts of a derivation that does not come as an ATerm, each as it would stand there.
#[derive(Debug, Default)]
struct Written {
    system: Part,
    builder: Part,
    arguments: Vec<Part>,
    /// With their keys, to be sorted by.
    variables: Vec<(Vec<u8>, Part)>,
}

/// Text of an ATerm, and where it names store paths and placeholders.
#[derive(Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    text: Vec<u8>,
    places: Vec<u32>,
}

impl Part {
    fn quote(&mut self, value: &[u8], finder: Option<&Finder>) {
        let start = self.text.len();
        aterm::string(&mut self.text, value);
        if let Some(finder) = finder {
            finder.for_each(&self.text[start..], |_, at| self.places.push((start + at) as u32));
        }
    }

    fn push(&mut self, other: &Self) {
        let start = self.text.len() as u32;
        self.text.extend_from_slice(&other.text);
        self.places.extend(other.places.iter().map(|at| start + at));
    }

    fn list<'p>(&mut self, parts: impl Iterator<Item = &'p Self>) {
        self.text.push(b'[');
        for (at, part) in parts.enumerate() {
            if at > 0 {
                self.text.push(b',');
            }
            self.push(part);
        }
        self.text.push(b']');
    }
}

impl RecipeText {
    /// Starts a derivation that is read from this ATerm, or from another form.
    pub(crate) fn begin(&mut self, aterm: Option<&[u8]>) {
        self.base = aterm.map(|text| text.as_ptr().addr());
        self.start = 0;
        self.places.clear();
        if aterm.is_none() {
            self.written = Written::default();
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
            None => self.written.system.quote(&system.value(), None),
        }
    }

    pub(crate) fn builder(&mut self, builder: &Text<'_>, finder: &Finder) {
        if self.base.is_none() {
            self.written.builder.quote(&builder.value(), Some(finder));
        }
    }

    pub(crate) fn argument(&mut self, argument: &Text<'_>, finder: &Finder) {
        if self.base.is_none() {
            let mut part = Part::default();
            part.quote(&argument.value(), Some(finder));
            self.written.arguments.push(part);
        }
    }

    #[inline]
    pub(crate) fn variable(&mut self, key: &Text<'_>, value: &Text<'_>, finder: &Finder) {
        if self.base.is_none() {
            let mut part = Part::default();
            part.text.push(b'(');
            part.quote(&key.value(), None);
            part.text.push(b',');
            part.quote(&value.value(), Some(finder));
            part.text.push(b')');
            self.written.variables.push((key.value().into_owned(), part));
        }
    }

    /// The hash of the derivation that was told; `aterm` is the text given at its start.
    pub(crate) fn finish(&mut self, aterm: Option<&[u8]>) -> u128 {
        if let Some(text) = aterm {
            return hash(text.get(self.start..).unwrap_or_default(), self.start, &self.places);
        }
        let mut written = std::mem::take(&mut self.written);
        // Nix sorts by key in every form; JSON made by hand may not
        written.variables.sort();
        let mut whole = written.system;
        whole.text.push(b',');
        whole.push(&written.builder);
        whole.text.push(b',');
        whole.list(written.arguments.iter());
        whole.text.push(b',');
        whole.list(written.variables.iter().map(|(_, part)| part));
        whole.text.push(b')');
        // an ATerm is hashed from behind the first quote on
        hash(whole.text.get(1..).unwrap_or_default(), 1, &whole.places)
    }
}

/// The hash of a text without the paths in it: of each only the package's name counts. `places` are
/// counted from `offset` bytes before the text.
fn hash(text: &[u8], offset: usize, places: &[u32]) -> u128 {
    let mut state = 0u128;
    let mut start = 0;
    for &place in places {
        let Some(at) = (place as usize).checked_sub(offset).filter(|&at| at >= start && at <= text.len()) else {
            continue;
        };
        state = mix(state, &text[start..at]);
        let rest = &text[at..];
        let len = if rest.get(DIGEST_LEN) == Some(&b'-') {
            let name = &rest[DIGEST_LEN + 1..];
            let name = &name[..name.iter().position(|&byte| !is_name_byte(byte)).unwrap_or(name.len())];
            // names of store paths are ASCII
            state = mix(state, parse_drv_name(std::str::from_utf8(name).unwrap_or_default()).0.as_bytes());
            DIGEST_LEN + 1 + name.len()
        } else {
            PLACEHOLDER_LEN
        };
        start = (at + len).min(text.len());
    }
    mix(state, &text[start..])
}

fn mix(state: u128, bytes: &[u8]) -> u128 {
    let seed = (state as u64) ^ ((state >> 64) as u64).rotate_left(32);
    state.wrapping_mul(0x0d64_51b9_1de0_6ba3_c2b2_ae3d_27d4_eb4f).wrapping_add(xxh3_128_with_seed(bytes, seed))
}

/// The characters of store path names (Nix's `checkName`).
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_' | b'?' | b'=')
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "0001x39905jwpbxh95qbvxcka0llljcd";
    const B: &str = "0002x39905jwpbxh95qbvxcka0llljcd";
    const P: &str = "0z5wazm41x38j8plq8v1k25srx3nyd0qscdf3w5k6h2rb9h2jr8j";
    const Q: &str = "1z5wazm41x38j8plq8v1k25srx3nyd0qscdf3w5k6h2rb9h2jr8j";

    fn of(text: &str) -> u128 {
        let mut places = Vec::new();
        Finder::new("/nix/store").for_each(text.as_bytes(), |_, at| places.push(at as u32));
        hash(text.as_bytes(), 0, &places)
    }

    #[test]
    fn digests_and_versions_do_not_count() {
        let text = |digest: &str, name: &str| of(&format!("-L/nix/store/{digest}-{name}/lib -O2"));
        assert_eq!(text(A, "zlib-1.2.13"), text(B, "zlib-1.3-dev"));
        assert_ne!(text(A, "zlib-1.2.13"), text(A, "zlib2-1.2.13"));
        assert_eq!(of(&format!("x /{P}/bin")), of(&format!("x /{Q}/bin")));
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
