//! Bytes looked at sixteen at a time.

use wide::i8x16;

/// Bytes in a block.
pub(crate) const LEN: usize = 16;

/// Sixteen bytes; what is asked of them is answered with a bit for each, the first lowest.
#[derive(Clone, Copy)]
pub(crate) struct Block(i8x16);

impl Block {
    #[inline(always)]
    pub(crate) fn new(bytes: &[u8; LEN]) -> Self {
        Self(bytemuck::cast(*bytes))
    }

    /// Which bytes are `byte`.
    #[inline(always)]
    pub(crate) fn equal(self, byte: u8) -> u32 {
        self.0.simd_eq(i8x16::splat(byte as i8)).to_bitmask()
    }

    /// Which bytes are one of two.
    #[inline(always)]
    pub(crate) fn equal_either(self, one: u8, other: u8) -> u32 {
        (self.0.simd_eq(i8x16::splat(one as i8)) | self.0.simd_eq(i8x16::splat(other as i8))).to_bitmask()
    }

    /// Which bytes lie between two ASCII characters, both included.
    #[inline(always)]
    fn between(self, low: u8, high: u8) -> i8x16 {
        self.0.simd_ge(i8x16::splat(low as i8)) & self.0.simd_le(i8x16::splat(high as i8))
    }

    #[inline(always)]
    fn is(self, byte: u8) -> i8x16 {
        self.0.simd_eq(i8x16::splat(byte as i8))
    }

    /// Whether all bytes are digits of nixbase32.
    #[inline(always)]
    pub(crate) fn all_digits(self) -> bool {
        let alphanumeric = self.between(b'0', b'9') | self.between(b'a', b'z');
        let left_out = self.is(b'e') | self.is(b'o') | self.is(b't') | self.is(b'u');
        alphanumeric.to_bitmask() & !left_out.to_bitmask() == 0xffff
    }

    #[inline(always)]
    fn letters_mask(self) -> i8x16 {
        self.between(b'a', b'z') | self.between(b'A', b'Z')
    }

    /// Which bytes are ASCII letters.
    #[inline(always)]
    pub(crate) fn letters(self) -> u32 {
        self.letters_mask().to_bitmask()
    }

    /// Which bytes may stand in the name of a store path.
    #[inline(always)]
    pub(crate) fn name_bytes(self) -> u32 {
        let others = self.between(b'-', b'.') | self.is(b'+') | self.is(b'_') | self.is(b'?') | self.is(b'=');
        (self.letters_mask() | self.between(b'0', b'9') | others).to_bitmask()
    }

    /// Whether all bytes may stand in the name of a store path.
    #[inline(always)]
    pub(crate) fn all_name_bytes(self) -> bool {
        self.name_bytes() == 0xffff
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nix::{nixbase32, store_path};

    #[test]
    fn agree_with_one_byte_at_a_time() {
        for byte in 0..=255u8 {
            for at in 0..LEN {
                let mut bytes = [b'a'; LEN];
                bytes[at] = byte;
                let block = Block::new(&bytes);
                assert_eq!(block.all_digits(), bytes.iter().all(|&b| nixbase32::is_digit(b)), "{byte}");
                assert_eq!(block.all_name_bytes(), bytes.iter().all(|&b| store_path::is_name_byte(b)), "{byte}");
                assert_eq!(block.equal(byte) >> at & 1, 1);
                assert_eq!(block.equal_either(byte, b'b') >> at & 1, 1);
            }
        }
    }
}
