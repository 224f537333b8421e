//! The texts of derivations, packed while they are read.
//!
//! Derivations are small and alike, so each is packed alone against the first ones of its chunk: any
//! can be had again without the others, in a few per cent of the memory that all would take.

use std::fmt;

use zstd::bulk::{Compressor, Decompressor};

/// The most bytes of first texts that others are packed against.
const DICTIONARY_LEN: usize = 112 * 1024;

/// Fast, for what is packed here lives only until the graph is built.
const LEVEL: i32 = 1;

/// Texts by their number.
#[derive(Debug, Default)]
pub struct Texts {
    /// The first texts, and any that cannot be packed.
    plain: Vec<u8>,
    /// How much of `plain` is the dictionary.
    dictionary: usize,
    packed: Vec<u8>,
    places: Vec<Place>,
}

/// Where a text stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    is_packed: bool,
    start: usize,
    /// As it stands.
    len: usize,
    /// Of the text.
    text_len: usize,
}

impl Texts {
    /// Number of texts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The length of a text in bytes; 0 for a number that none has.
    #[must_use]
    pub fn text_len(&self, number: usize) -> usize {
        self.places.get(number).map_or(0, |place| place.text_len)
    }

    /// Bytes that the texts take here.
    #[must_use]
    pub fn packed_len(&self) -> usize {
        self.plain.len() + self.packed.len()
    }

    /// To read the texts with.
    #[must_use]
    pub fn unpacker(&self) -> Unpacker<'_> {
        Unpacker { texts: self, decompressor: None, text: Vec::new() }
    }
}

/// Adds texts to [`Texts`].
#[derive(Default)]
pub(crate) struct Packer {
    compressor: Option<Compressor<'static>>,
}

impl fmt::Debug for Packer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packer").finish_non_exhaustive()
    }
}

impl Packer {
    /// Adds a text; `texts` is the same every time.
    pub(crate) fn push(&mut self, texts: &mut Texts, text: &[u8]) {
        let place = |is_packed, start, len| Place { is_packed, start, len, text_len: text.len() };
        let is_first = texts.packed.is_empty() && texts.plain.len() + text.len() <= DICTIONARY_LEN;
        if !is_first && let Some(start) = self.pack(texts, text) {
            texts.places.push(place(true, start, texts.packed.len() - start));
            return;
        }
        texts.places.push(place(false, texts.plain.len(), text.len()));
        texts.plain.extend_from_slice(text);
        if is_first && self.compressor.is_none() {
            texts.dictionary = texts.plain.len();
        }
    }

    /// Where the packed text begins; `None` when it cannot be packed.
    fn pack(&mut self, texts: &mut Texts, text: &[u8]) -> Option<usize> {
        if self.compressor.is_none() {
            self.compressor = Compressor::with_dictionary(LEVEL, &texts.plain[..texts.dictionary]).ok();
        }
        let packed = self.compressor.as_mut()?.compress(text).ok()?;
        let start = texts.packed.len();
        texts.packed.extend_from_slice(&packed);
        Some(start)
    }
}

/// Reads texts, one at a time.
pub struct Unpacker<'t> {
    texts: &'t Texts,
    decompressor: Option<Decompressor<'static>>,
    text: Vec<u8>,
}

impl fmt::Debug for Unpacker<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unpacker").field("texts", &self.texts.len()).finish_non_exhaustive()
    }
}

impl Unpacker<'_> {
    /// A text; `None` for a number that none has. Time is that of its length.
    pub fn get(&mut self, number: usize) -> Option<&[u8]> {
        let Place { is_packed, start, len, text_len } = *self.texts.places.get(number)?;
        if !is_packed {
            return self.texts.plain.get(start..start + len);
        }
        if self.decompressor.is_none() {
            let dictionary = &self.texts.plain[..self.texts.dictionary];
            self.decompressor = Some(Decompressor::with_dictionary(dictionary).ok()?);
        }
        self.text.clear();
        self.text.reserve(text_len);
        let packed = self.texts.packed.get(start..start + len)?;
        self.decompressor.as_mut()?.decompress_to_buffer(packed, &mut self.text).ok()?;
        Some(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(all: &[Vec<u8>]) -> Texts {
        let (mut texts, mut packer) = (Texts::default(), Packer::default());
        for text in all {
            packer.push(&mut texts, text);
        }
        assert_eq!(texts.len(), all.len());
        let mut unpacker = texts.unpacker();
        // in any order, also the same one twice
        for number in (0..all.len()).rev().chain(0..all.len()) {
            assert_eq!(texts.text_len(number), all[number].len());
            assert_eq!(unpacker.get(number), Some(all[number].as_slice()), "{number}");
        }
        assert_eq!((unpacker.get(all.len()), texts.text_len(all.len())), (None, 0));
        texts
    }

    #[test]
    fn texts_and_back() {
        check(&[]);
        check(&[Vec::new()]);
        let alike =
            |number: usize| format!("Derive([(\"out\",\"/nix/store/{number:032}-x\")])").repeat(30).into_bytes();
        let all: Vec<Vec<u8>> = (0..1000).map(alike).collect();
        let len: usize = all.iter().map(Vec::len).sum();
        let texts = check(&all);
        assert!(texts.packed_len() < len / 5, "{} of {len}", texts.packed_len());
        // long ones, first, last and alone, and short ones behind what ended the dictionary
        let long: Vec<u8> = (0..300_000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        check(std::slice::from_ref(&long));
        check(&[long.clone(), alike(1), long.clone(), Vec::new(), alike(2)]);
        check(&[alike(1), alike(2), long, alike(3)]);
    }
}
