//! Errors of derivations in JSON, with the byte at which what is wrong begins.

use serde_json::error::Category;

/// Where and why a text is no derivation in JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at byte {offset}: {message}")]
pub struct JsonError {
    /// Byte offset in the text.
    pub offset: usize,
    /// What is wrong, and what was expected.
    pub message: String,
}

/// Stands before a message that is about a whole object, so that it is located where that begins.
pub(super) const WHOLE: char = '\u{0}';

impl JsonError {
    /// From serde_json's line and column. Columns count bytes; line and column together say how
    /// many bytes were read when the error was noticed, which for a value of the wrong type is
    /// after the value. The offset is where the wrong byte, string, value or key begins.
    pub(crate) fn from_serde(text: &[u8], error: &serde_json::Error) -> Self {
        let line_start = match error.line() {
            0 | 1 => 0,
            n => memchr::memchr_iter(b'\n', text).nth(n - 2).map_or(text.len(), |at| at + 1),
        };
        let read = (line_start + error.column()).min(text.len());
        let mut message = error.to_string();
        if let Some(at) = message.rfind(" at line ") {
            message.truncate(at);
        }
        let whole = message.starts_with(WHOLE);
        if whole {
            message.remove(0);
        }
        let offset = match error.classify() {
            Category::Eof => text.len(),
            _ if message.starts_with("invalid unicode code point") => {
                std::str::from_utf8(text).err().map_or(read, |error| error.valid_up_to())
            }
            Category::Syntax if message == "number out of range" => last_value(&text[..read], false),
            Category::Syntax | Category::Io => read.saturating_sub(1),
            // of an object or array that has the wrong type, nothing was read
            Category::Data if message.starts_with("invalid type: map") => read,
            Category::Data if message.starts_with("invalid type: sequence") => read,
            Category::Data => last_value(&text[..read], whole),
        };
        Self { offset, message }
    }
}

/// Where the last value or key of `text` begins; `text` is the front part of a JSON text. When it
/// ends in a closing bracket, that is either where the bracket was opened (`whole`) or the last
/// value inside: serde_json reads a closing bracket before it looks at the error of what stood
/// before it.
fn last_value(text: &[u8], whole: bool) -> usize {
    let mut open: Vec<usize> = Vec::new();
    let (mut last, mut inside) = (0, None);
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let start = at;
        at += 1;
        match byte {
            b' ' | b'\n' | b'\r' | b'\t' | b',' | b':' => continue,
            b'{' | b'[' => {
                open.push(start);
                (last, inside) = (start, None);
                continue;
            }
            b'}' | b']' => {
                let opened = open.pop().unwrap_or(start);
                inside = Some(if whole { opened } else { last });
                last = opened;
                continue;
            }
            b'"' => {
                while let Some(hit) = memchr::memchr2(b'"', b'\\', text.get(at..).unwrap_or_default()) {
                    at += hit + 1;
                    if text[at - 1] == b'"' {
                        break;
                    }
                    at += 1;
                }
            }
            _ => {
                let delimiter = |byte: &u8| byte.is_ascii_whitespace() || b",:{}[]\"".contains(byte);
                at += text[at..].iter().position(delimiter).unwrap_or(text.len() - at);
            }
        }
        (last, inside) = (start, None);
    }
    inside.unwrap_or(last)
}
