//! Which of the known store paths occur in bytes, and where.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::nix::Digest;
use crate::nix::store_path::DIGEST_LEN;

/// How many bytes are looked up at once.
const GRAM: usize = 8;

/// The longest way from one place that is looked at to the next: each occurrence of 32 digits has a whole
/// gram at one such place then, and one only.
const LONGEST_STRIDE: usize = DIGEST_LEN - GRAM + 1;

/// How many grams are kept, if it can be: that much of a filter stays in the nearest cache.
const FEW_GRAMS: usize = 8_000;

/// What a thread takes at once.
const PIECE: usize = 8 << 20;

/// Where one of the digests begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// In bytes from the start.
    pub offset: usize,
    /// Which.
    pub digest: Digest,
}

/// Finds digests in bytes, as Nix's own scan does: wherever the 32 digits stand, whatever is around them.
///
/// It looks at a gram of eight bytes in every `stride` and asks a bit set whether that is a part of a digest;
/// only then are the digests compared. So what the bytes are makes no difference to the time.
#[derive(Debug, Clone)]
pub struct Scanner {
    /// Ascending, each once.
    digests: Vec<Digest>,
    stride: usize,
    /// A bit for each hash of a gram.
    filter: Vec<u64>,
    shift: u32,
    /// For a gram where its places in `places` are.
    grams: FxHashMap<u64, (u32, u32)>,
    /// Of which digest a gram is, and how far from its start.
    places: Vec<(u32, u8)>,
}

const fn hash(gram: u64) -> u64 {
    gram.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Scanner {
    /// Gets ready for these digests. O(25 n) time and memory for few, O(8 n) for many.
    #[must_use]
    pub fn new(digests: impl IntoIterator<Item = Digest>) -> Self {
        let mut digests: Vec<Digest> = digests.into_iter().filter(Digest::is_some).collect();
        digests.sort_unstable();
        digests.dedup();
        let stride = FEW_GRAMS.checked_div(digests.len()).unwrap_or(LONGEST_STRIDE).clamp(GRAM, LONGEST_STRIDE);
        let mut all: Vec<(u64, u32, u8)> = Vec::with_capacity(digests.len() * stride);
        for (nth, digest) in (0u32..).zip(&digests) {
            let windows = digest.0.array_windows::<GRAM>().take(stride);
            all.extend((0u8..).zip(windows).map(|(offset, gram)| (u64::from_le_bytes(*gram), nth, offset)));
        }
        all.sort_unstable();
        let bits = (all.len() * 16).next_power_of_two().clamp(1 << 12, 1 << 32);
        let shift = 64 - bits.trailing_zeros();
        let mut filter = vec![0u64; bits / 64];
        let mut grams: FxHashMap<u64, (u32, u32)> = FxHashMap::default();
        let mut places = Vec::with_capacity(all.len());
        for (at, &(gram, digest, offset)) in (0u32..).zip(&all) {
            let bit = hash(gram) >> shift;
            if let Some(word) = filter.get_mut((bit / 64) as usize) {
                *word |= 1 << (bit % 64);
            }
            grams.entry(gram).or_insert((at, at)).1 = at + 1;
            places.push((digest, offset));
        }
        Self { digests, stride, filter, shift, grams, places }
    }

    /// The digests that are looked for, ascending.
    #[must_use]
    pub fn digests(&self) -> &[Digest] {
        &self.digests
    }

    /// Whether some digest may have this gram.
    #[inline(always)]
    fn may_have(&self, gram: u64) -> bool {
        let bit = hash(gram) >> self.shift;
        self.filter.get((bit / 64) as usize).is_some_and(|word| word >> (bit % 64) & 1 != 0)
    }

    /// The digests that have this gram at `at`.
    #[cold]
    fn confirm(&self, bytes: &[u8], at: usize, gram: u64, found: &mut Vec<Hit>) {
        let Some(&(start, end)) = self.grams.get(&gram) else { return };
        for &(nth, before) in self.places.get(start as usize..end as usize).unwrap_or_default() {
            let Some(offset) = at.checked_sub(before.into()) else { continue };
            let Some(&digest) = self.digests.get(nth as usize) else { continue };
            if bytes.get(offset..).is_some_and(|rest| rest.starts_with(&digest.0)) {
                found.push(Hit { offset, digest });
            }
        }
    }

    /// All occurrences on this thread, ascending. O(n / 25) for few digests, O(n / 8) for many.
    #[must_use]
    pub fn scan(&self, bytes: &[u8]) -> Vec<Hit> {
        let mut found = Vec::new();
        if self.digests.is_empty() {
            return found;
        }
        let mut look = |at: usize, piece: &[u8]| {
            let Some(gram) = piece.first_chunk().map(|gram| u64::from_le_bytes(*gram)) else { return };
            if self.may_have(gram) {
                self.confirm(bytes, at, gram, &mut found);
            }
        };
        let pieces = bytes.chunks_exact(self.stride);
        let rest = pieces.remainder();
        for (nth, piece) in pieces.enumerate() {
            look(nth * self.stride, piece);
        }
        look(bytes.len() - rest.len(), rest);
        found.sort_unstable();
        found
    }

    /// The same on all threads, for what is long.
    #[must_use]
    pub fn scan_long(&self, bytes: &[u8]) -> Vec<Hit> {
        if bytes.len() <= 2 * PIECE {
            return self.scan(bytes);
        }
        // what begins in a piece may end in the next
        let pieces = (0..bytes.len()).step_by(PIECE).collect::<Vec<_>>();
        let scan = |start: usize| {
            let end = (start + PIECE + DIGEST_LEN - 1).min(bytes.len());
            let mut hits = self.scan(bytes.get(start..end).unwrap_or_default());
            hits.iter_mut().for_each(|hit| hit.offset += start);
            hits
        };
        pieces.into_par_iter().flat_map_iter(scan).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nix::nixbase32;
    use proptest::prelude::*;

    /// As one would write it first.
    fn naive(digests: &[Digest], bytes: &[u8]) -> Vec<Hit> {
        let windows = bytes.windows(DIGEST_LEN).enumerate();
        let mut found: Vec<Hit> = windows
            .flat_map(|(offset, window)| {
                let these = digests.iter().filter(move |digest| digest.0 == *window);
                these.map(move |&digest| Hit { offset, digest })
            })
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    fn digest(number: u64) -> Digest {
        let mut bytes = [0u8; 20];
        blake3::Hasher::new().update(&number.to_le_bytes()).finalize_xof().fill(&mut bytes);
        Digest::from_prefix(nixbase32::encode(&bytes).as_bytes()).unwrap()
    }

    #[test]
    fn at_every_place_and_at_the_ends() {
        for count in [1usize, 3, 400, 2000] {
            let digests: Vec<Digest> = (0..count as u64).map(digest).collect();
            let scanner = Scanner::new(digests.iter().copied().chain(digests.iter().copied()));
            for length in 32..120 {
                for offset in 0..=length - 32 {
                    let mut bytes = vec![b'0'; length];
                    bytes[offset..offset + 32].copy_from_slice(&digests[count / 2].0);
                    assert_eq!(scanner.scan(&bytes), [Hit { offset, digest: digests[count / 2] }], "{count} {length}");
                }
            }
        }
        assert_eq!(Scanner::new([]).scan(&digest(1).0), []);
        assert_eq!(Scanner::new([digest(1)]).scan(&digest(1).0[..31]), []);
        assert_eq!(Scanner::new([Digest::NONE]).scan(&[0; 64]), []);
    }

    #[test]
    fn at_the_borders_of_pieces() {
        let digests: Vec<Digest> = (0..9).map(digest).collect();
        let scanner = Scanner::new(digests.iter().copied());
        let mut bytes = vec![b'a'; 3 * PIECE + 77];
        // before, across and behind each border, and at both ends
        let offsets = [0, PIECE - 32, PIECE, 2 * PIECE - 31, 2 * PIECE + 1, 3 * PIECE - 1, bytes.len() - 32];
        for (&at, digest) in offsets.iter().zip(&digests) {
            bytes[at..at + 32].copy_from_slice(&digest.0);
        }
        let found = scanner.scan_long(&bytes);
        assert_eq!(found.iter().map(|hit| hit.offset).collect::<Vec<_>>(), offsets);
        assert_eq!(found, scanner.scan(&bytes));
    }

    /// Digests that have much in common: overlapping occurrences are all found.
    #[test]
    fn alike_and_overlapping() {
        let of = |text: String| Digest::from_prefix(text.as_bytes()).unwrap();
        let digests = [of("0".repeat(32)), of(format!("{}1", "0".repeat(31))), of(format!("1{}", "0".repeat(31)))];
        let scanner = Scanner::new(digests);
        let bytes = format!("{}1{}1", "0".repeat(70), "0".repeat(50));
        assert_eq!(scanner.scan(bytes.as_bytes()), naive(&digests, bytes.as_bytes()));
        assert!(scanner.scan(bytes.as_bytes()).len() > 50);
    }

    proptest! {
        #[test]
        fn as_the_naive_search(
            seeds in prop::collection::vec(0u64..40, 0..30),
            parts in prop::collection::vec((0u64..40, 0usize..40, 0usize..33, any::<u8>()), 0..20),
        ) {
            let digests: Vec<Digest> = seeds.into_iter().map(digest).collect();
            let mut bytes = Vec::new();
            for (seed, fill, keep, byte) in parts {
                bytes.extend(std::iter::repeat_n(byte, fill));
                // a whole digest, or what is left of one
                bytes.extend_from_slice(&digest(seed).0[32 - keep.min(32)..]);
            }
            prop_assert_eq!(Scanner::new(digests.iter().copied()).scan(&bytes), naive(&digests, &bytes));
        }
    }
}
