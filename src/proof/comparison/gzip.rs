//! Compressed members: man pages and the like.

use std::io::Read;

use flate2::read::MultiGzDecoder;

/// How much is unpacked at most; what is larger is compared as it is.
const LARGEST: u64 = 64 << 20;

/// What a gzip file holds; `None` of what is none, is damaged or too large.
pub(super) fn unpacked(content: &[u8]) -> Option<Vec<u8>> {
    if !content.starts_with(&[0x1f, 0x8b]) {
        return None;
    }
    let mut text = Vec::new();
    let read = MultiGzDecoder::new(content).take(LARGEST + 1).read_to_end(&mut text).ok()?;
    (read as u64 <= LARGEST).then_some(text)
}
