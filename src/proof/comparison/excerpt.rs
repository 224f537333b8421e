//! What a report shows of a file.

use std::fmt::Write as _;

/// How many bytes of a text are shown: a store path of usual length.
const SHOWN: usize = 80;

/// Bytes from a place on, escaped, cut.
pub(super) fn excerpt(text: &[u8], at: usize) -> String {
    let rest = text.get(at..).unwrap_or_default();
    let mut shown = escaped(rest.get(..SHOWN).unwrap_or(rest));
    if rest.len() > SHOWN {
        shown.push('…');
    }
    shown
}

/// Text with what is not UTF-8, and what drives a terminal, as escapes.
pub(super) fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_ascii_control() || c == '\\' {
                text.extend((c as u8).escape_ascii().map(char::from));
            } else if c.is_control() {
                text.extend(c.escape_default());
            } else {
                text.push(c);
            }
        }
        for byte in chunk.invalid() {
            // writing to a String cannot fail
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}
