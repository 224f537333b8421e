//! Where digits of nixbase32 stand in a row.

use std::ops::Range;

use crate::nix::nixbase32::{digits, is_digit};
use crate::nix::store_path::DIGEST_LEN;

/// The longest runs of digits that are 32 or more, ascending. Between them it looks at one byte in 32 where it
/// can, as Nix's own scan does. O(n).
pub(super) struct DigitRuns<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> DigitRuns<'b> {
    pub(super) const fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0 }
    }
}

impl Iterator for DigitRuns<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        loop {
            let rest = self.bytes.get(self.at..)?;
            let window = rest.first_chunk::<DIGEST_LEN>()?;
            // from its end: most windows are told by one look
            if let Some(other) = window.iter().rposition(|&byte| !is_digit(byte)) {
                self.at += other + 1;
                continue;
            }
            let run = self.at..self.at + DIGEST_LEN + long_digits(rest.get(DIGEST_LEN..).unwrap_or_default());
            self.at = run.end + 1;
            return Some(run);
        }
    }
}

/// How many leading bytes are digits, for many of them.
fn long_digits(text: &[u8]) -> usize {
    let whole = text.chunks_exact(DIGEST_LEN).take_while(|chunk| crate::nix::Digest::from_prefix(chunk).is_some());
    let whole = whole.count() * DIGEST_LEN;
    whole + digits(text.get(whole..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn naive(bytes: &[u8]) -> Vec<Range<usize>> {
        let mut runs = Vec::new();
        let mut start = 0;
        for end in 0..=bytes.len() {
            if end == bytes.len() || !is_digit(bytes[end]) {
                if end - start >= DIGEST_LEN {
                    runs.push(start..end);
                }
                start = end + 1;
            }
        }
        runs
    }

    proptest! {
        #[test]
        fn as_one_byte_at_a_time(parts in prop::collection::vec((0usize..150, prop::sample::select(b"eout-/\0\xff".to_vec())), 0..12)) {
            let mut bytes = Vec::new();
            for (length, byte) in parts {
                bytes.extend(std::iter::repeat_n(b'a', length));
                bytes.push(byte);
            }
            prop_assert_eq!(DigitRuns::new(&bytes).collect::<Vec<_>>(), naive(&bytes));
            bytes.pop();
            prop_assert_eq!(DigitRuns::new(&bytes).collect::<Vec<_>>(), naive(&bytes));
        }
    }
}
