//! NAR, Nix's archive: one file, folder or link, with nothing but names, bytes and the executable bit.
//!
//! Every text stands behind its length, eight bytes with the lowest first, and is filled up with zeros to
//! a multiple of eight.

use std::ops::Range;

/// What every archive begins with.
pub const MAGIC: &[u8; 24] = b"\x0d\0\0\0\0\0\0\0nix-archive-1\0\0\0";

/// Where and why bytes are no archive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at byte {offset}: expected {expected}")]
pub struct NarError {
    /// Byte offset in the archive.
    pub offset: usize,
    /// What would have been right.
    pub expected: &'static str,
}

/// What an archive holds at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node<'a> {
    /// A folder.
    Directory,
    /// A link and what it points to.
    Symlink(&'a [u8]),
    /// A file: whether it can be executed, and where its bytes stand in the archive.
    Regular {
        /// Whether it can be executed.
        executable: bool,
        /// Its bytes.
        content: Range<usize>,
    },
}

/// Reads an archive and tells `each` of what it holds: paths without a slash at the start, the root's is
/// empty, a folder before what it holds. Contents are not copied. O(entries · depth), and memory for the
/// names of the folders that are open.
///
/// # Errors
/// With the byte offset, when the bytes are not exactly one archive as Nix writes them: names ascend, none
/// is empty, `.`, `..` or has a slash or a zero. What was told before is to be discarded.
pub fn read<'a>(bytes: &'a [u8], mut each: impl FnMut(&[u8], Node<'a>)) -> Result<(), NarError> {
    let mut reader = Reader { bytes, at: 0 };
    if !bytes.starts_with(MAGIC) {
        return Err(reader.error("'nix-archive-1', as an archive begins"));
    }
    reader.at = MAGIC.len();
    // how long the path of each open folder is, and its last name; no recursion, for an archive may nest deep
    let mut open: Vec<(usize, &[u8])> = Vec::new();
    let mut path: Vec<u8> = Vec::new();
    if !reader.node(&path, &mut each)? {
        return reader.end();
    }
    open.push((0, b""));
    while let Some(&(length, last)) = open.last() {
        let word = reader.text()?;
        path.truncate(length);
        if word == b")" {
            open.pop();
            if !open.is_empty() {
                reader.expect(b")", "')' behind an entry")?;
            }
            continue;
        }
        if word != b"entry" {
            return Err(reader.error_before(word, "'entry', or ')' at the end of a folder"));
        }
        reader.expect(b"(", "'(' behind 'entry'")?;
        reader.expect(b"name", "'name'")?;
        let name = reader.text()?;
        if name.is_empty() || name == b"." || name == b".." || name.iter().any(|&byte| byte == b'/' || byte == 0) {
            return Err(reader.error_before(name, "a name without a slash, not '.' or '..'"));
        }
        if !last.is_empty() && name <= last {
            return Err(reader.error_before(name, "a name behind those before it: they ascend"));
        }
        if let Some(folder) = open.last_mut() {
            folder.1 = name;
        }
        if length > 0 {
            path.push(b'/');
        }
        path.extend_from_slice(name);
        reader.expect(b"node", "'node'")?;
        if reader.node(&path, &mut each)? {
            open.push((path.len(), b""));
        } else {
            reader.expect(b")", "')' behind an entry")?;
        }
    }
    reader.end()
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn error(&self, expected: &'static str) -> NarError {
        NarError { offset: self.at, expected }
    }

    /// The error at a text that was read last.
    fn error_before(&self, text: &[u8], expected: &'static str) -> NarError {
        NarError { offset: self.at - 8 - text.len().next_multiple_of(8), expected }
    }

    fn end(&self) -> Result<(), NarError> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(self.error("the end of the archive")) }
    }

    /// Where the next text stands; reads behind it.
    fn range(&mut self) -> Result<Range<usize>, NarError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let (length, rest) = rest.split_first_chunk().ok_or_else(|| self.error("a length of eight bytes"))?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok();
        let filled =
            length.and_then(|length| length.checked_next_multiple_of(8)).filter(|filled| *filled <= rest.len());
        let (Some(length), Some(filled)) = (length, filled) else {
            return Err(self.error("a length of no more than what follows; the archive is cut or damaged"));
        };
        let start = self.at + 8;
        if rest.get(length..filled).is_some_and(|fill| fill.iter().any(|&byte| byte != 0)) {
            return Err(NarError { offset: start + length, expected: "zeros up to a multiple of eight bytes" });
        }
        self.at = start + filled;
        Ok(start..start + length)
    }

    fn text(&mut self) -> Result<&'a [u8], NarError> {
        let range = self.range()?;
        Ok(self.bytes.get(range).unwrap_or_default())
    }

    fn expect(&mut self, text: &[u8], expected: &'static str) -> Result<(), NarError> {
        let start = self.at;
        if self.text()? == text { Ok(()) } else { Err(NarError { offset: start, expected }) }
    }

    /// Reads a node: all of it, or up to the entries of a folder. Whether it is one.
    fn node(&mut self, path: &[u8], each: &mut impl FnMut(&[u8], Node<'a>)) -> Result<bool, NarError> {
        self.expect(b"(", "'(' before a node")?;
        self.expect(b"type", "'type'")?;
        let kind = self.text()?;
        match kind {
            b"directory" => {
                each(path, Node::Directory);
                return Ok(true);
            }
            b"symlink" => {
                self.expect(b"target", "'target'")?;
                each(path, Node::Symlink(self.text()?));
            }
            b"regular" => {
                let word = self.text()?;
                let executable = word == b"executable";
                if executable {
                    self.expect(b"", "an empty text behind 'executable'")?;
                    self.expect(b"contents", "'contents'")?;
                } else if word != b"contents" {
                    return Err(self.error_before(word, "'executable' or 'contents'"));
                }
                each(path, Node::Regular { executable, content: self.range()? });
            }
            _ => return Err(self.error_before(kind, "'regular', 'symlink' or 'directory'")),
        }
        self.expect(b")", "')' behind a node")?;
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &[u8]) -> Vec<u8> {
        let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(text);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    }

    fn archive(words: &[&[u8]]) -> Vec<u8> {
        MAGIC.iter().copied().chain(words.iter().flat_map(|word| text(word))).collect()
    }

    fn small() -> Vec<u8> {
        archive(&[
            b"(",
            b"type",
            b"directory",
            b"entry",
            b"(",
            b"name",
            b"a\xff",
            b"node",
            b"(",
            b"type",
            b"directory",
            b"entry",
            b"(",
            b"name",
            b"b",
            b"node",
            b"(",
            b"type",
            b"regular",
            b"executable",
            b"",
            b"contents",
            b"hello",
            b")",
            b")",
            b")",
            b")",
            b"entry",
            b"(",
            b"name",
            b"c",
            b"node",
            b"(",
            b"type",
            b"symlink",
            b"target",
            b"a/b",
            b")",
            b")",
            b")",
        ])
    }

    fn told(bytes: &[u8]) -> Result<Vec<String>, NarError> {
        let mut told = Vec::new();
        read(bytes, |path, node| {
            let node = match node {
                Node::Regular { executable, content } => format!("{executable} {}", bytes[content].escape_ascii()),
                Node::Symlink(target) => format!("-> {}", target.escape_ascii()),
                Node::Directory => "/".to_owned(),
            };
            told.push(format!("{} {node}", path.escape_ascii()));
        })?;
        Ok(told)
    }

    #[test]
    fn a_small_one() {
        // names ascend by bytes: `a\xff` before `c`
        assert_eq!(told(&small()).unwrap(), [" /", "a\\xff /", "a\\xff/b true hello", "c -> a/b"]);
        let single = archive(&[b"(", b"type", b"regular", b"contents", b"", b")"]);
        assert_eq!(told(&single).unwrap(), [" false "]);
    }

    #[test]
    fn cut_or_changed_anywhere() {
        let whole = small();
        for end in 0..whole.len() {
            assert!(told(&whole[..end]).unwrap_err().offset <= end, "{end}");
        }
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut damaged = whole.clone();
                damaged[at] ^= 1 << bit;
                let _ = told(&damaged);
            }
        }
        let longer = [whole.as_slice(), b"12345678"].concat();
        assert_eq!(told(&longer).unwrap_err(), NarError { offset: whole.len(), expected: "the end of the archive" });
    }

    #[test]
    fn what_nix_does_not_write() {
        let entry = |name: &'static [u8]| -> Vec<&[u8]> {
            vec![b"entry", b"(", b"name", name, b"node", b"(", b"type", b"symlink", b"target", b"x", b")", b")"]
        };
        let of = |names: &[&'static [u8]]| {
            let mut words: Vec<&[u8]> = vec![b"(", b"type", b"directory"];
            words.extend(names.iter().flat_map(|name| entry(name)));
            words.push(b")");
            told(&archive(&words))
        };
        assert!(of(&[b"a", b"b"]).is_ok());
        for names in [&[b"b".as_slice(), b"a"][..], &[b"a", b"a"], &[b""], &[b"."], &[b".."], &[b"a/b"], &[b"a\0"]] {
            let error = of(names).unwrap_err();
            assert!(error.expected.starts_with("a name"), "{error}");
        }
        // a length that no memory holds
        let mut huge = archive(&[b"(", b"type", b"regular", b"contents"]);
        let offset = huge.len();
        for length in [u64::MAX, u64::MAX - 7, 1 << 62, 9] {
            huge.truncate(offset);
            huge.extend(length.to_le_bytes());
            huge.extend([0; 8]);
            assert_eq!(told(&huge).unwrap_err().offset, offset);
        }
        let mut filled = archive(&[b"(", b"type", b"regular", b"contents", b"abc"]);
        let last = filled.len() - 1;
        filled[last] = 1;
        assert_eq!(told(&filled).unwrap_err().offset, last - 4);
    }

    #[test]
    fn ever_deeper() {
        let mut words: Vec<&[u8]> = vec![b"(", b"type", b"directory"];
        for _ in 0..20_000 {
            words.extend([b"entry".as_slice(), b"(", b"name", b"a", b"node", b"(", b"type", b"directory"]);
        }
        assert!(told(&archive(&words)).is_err());
    }
}
