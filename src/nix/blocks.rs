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
}
