//! Takes a JSON text apart while it streams: the entries of its outermost object, or the objects
//! that follow one another (JSON lines), one at a time. Memory is that of the largest entry.
//!
//! Only the frame is looked at here; what stands in an entry is parsed by who asked for it.

use std::io::{self, Read};

use super::problem::IngestError;

/// How much is asked of the reader at once.
const BLOCK: usize = 256 * 1024;

/// The deepest nesting that is followed; serde_json refuses the same.
const MAX_DEPTH: usize = 128;

/// A text that is being taken apart.
pub(crate) struct JsonStream<R> {
    reader: R,
    path: String,
    buffer: Vec<u8>,
    /// Valid bytes of the buffer.
    len: usize,
    /// Next byte to look at.
    at: usize,
    /// What must stay in the buffer.
    keep: usize,
    /// Offset of the buffer's first byte in the text.
    base: u64,
    ended: bool,
}

/// A piece of the text and where it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece<'b> {
    pub(crate) text: &'b [u8],
    pub(crate) offset: u64,
}

impl<R: Read> JsonStream<R> {
    pub(crate) fn new(reader: R, path: &str) -> Self {
        Self {
            reader,
            path: path.to_owned(),
            buffer: vec![0; BLOCK * 2],
            len: 0,
            at: 0,
            keep: 0,
            base: 0,
            ended: false,
        }
    }

    /// Byte offset of the next byte.
    pub(crate) fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    pub(crate) fn error(&self, expected: &str) -> IngestError {
        let found = match self.buffer[..self.len].get(self.at) {
            Some(byte) => format!("'{}'", byte.escape_ascii()),
            None => "the end of the text".to_owned(),
        };
        IngestError::malformed(&self.path, self.offset(), format!("expected {expected}, found {found}"))
    }

    /// Reads more; `false` at the end of the text.
    #[cold]
    fn refill(&mut self) -> Result<bool, IngestError> {
        if self.ended {
            return Ok(false);
        }
        if self.keep > 0 {
            self.buffer.copy_within(self.keep..self.len, 0);
            self.base += self.keep as u64;
            self.len -= self.keep;
            self.at -= self.keep;
            self.keep = 0;
        }
        if self.buffer.len() - self.len < BLOCK {
            let size = self.buffer.len() * 2;
            self.buffer.resize(size, 0);
        }
        loop {
            match self.reader.read(&mut self.buffer[self.len..]) {
                Ok(0) => {
                    self.ended = true;
                    return Ok(false);
                }
                Ok(n) => {
                    self.len += n;
                    return Ok(true);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(IngestError::io(self.path.clone())(error)),
            }
        }
    }

    /// The next byte that is no blank, not consumed; `None` at the end.
    pub(crate) fn peek(&mut self) -> Result<Option<u8>, IngestError> {
        loop {
            while self.at < self.len {
                match self.buffer[self.at] {
                    b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                    byte => return Ok(Some(byte)),
                }
            }
            self.keep = self.at;
            if !self.refill()? {
                return Ok(None);
            }
        }
    }

    pub(crate) fn byte(&mut self, byte: u8, expected: &str) -> Result<(), IngestError> {
        if self.peek()? == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.error(expected))
        }
    }

    /// Marks the next byte that is no blank as the start of a piece.
    fn start(&mut self) -> Result<(), IngestError> {
        self.peek()?;
        self.keep = self.at;
        Ok(())
    }

    /// Passes a string; the opening quote is the next byte.
    fn pass_string(&mut self) -> Result<(), IngestError> {
        self.at += 1;
        loop {
            match memchr::memchr2(b'"', b'\\', &self.buffer[self.at..self.len]) {
                Some(hit) if self.buffer[self.at + hit] == b'"' => {
                    self.at += hit + 1;
                    return Ok(());
                }
                Some(hit) => {
                    self.at += hit + 2;
                    while self.at > self.len {
                        if !self.refill()? {
                            self.at = self.len;
                            return Err(self.error("'\"' at the end of a string"));
                        }
                    }
                }
                None => {
                    self.at = self.len;
                    if !self.refill()? {
                        return Err(self.error("'\"' at the end of a string"));
                    }
                }
            }
        }
    }

    /// Passes any value.
    fn pass_value(&mut self) -> Result<(), IngestError> {
        // one bit a level: set for an object
        let mut depth = 0usize;
        let mut objects = 0u128;
        loop {
            if self.at == self.len {
                if !self.refill()? {
                    return Err(self.error(if depth == 0 { "a value" } else { "'}' or ']'" }));
                }
                continue;
            }
            match self.buffer[self.at] {
                b'"' => self.pass_string()?,
                open @ (b'{' | b'[') => {
                    if depth == MAX_DEPTH {
                        return Err(self.error("values that nest at most 128 deep"));
                    }
                    objects = objects << 1 | u128::from(open == b'{');
                    depth += 1;
                    self.at += 1;
                }
                close @ (b'}' | b']') => {
                    if depth == 0 || (objects & 1 == 1) != (close == b'}') {
                        return Err(self.error("brackets that match"));
                    }
                    objects >>= 1;
                    depth -= 1;
                    self.at += 1;
                }
                b',' | b':' if depth > 0 => self.at += 1,
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                    if depth == 0 {
                        return self.pass_scalar();
                    }
                    self.at += 1;
                }
                _ => return Err(self.error("a JSON value")),
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    fn pass_scalar(&mut self) -> Result<(), IngestError> {
        loop {
            match self.buffer[..self.len].get(self.at) {
                Some(b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z') => self.at += 1,
                Some(_) => return Ok(()),
                None => {
                    if !self.refill()? {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// The next value as a piece of the text.
    pub(crate) fn value(&mut self) -> Result<Piece<'_>, IngestError> {
        self.start()?;
        self.pass_value()?;
        Ok(Piece { text: &self.buffer[self.keep..self.at], offset: self.base + self.keep as u64 })
    }

    /// The next key, unescaped, and the colon after it. `keep_from` leaves the text from there on
    /// in the buffer.
    pub(crate) fn key(&mut self) -> Result<String, IngestError> {
        if self.peek()? != Some(b'"') {
            return Err(self.error("'\"' of a key"));
        }
        let start = self.offset();
        let piece = self.value()?;
        let (text, offset) = (piece.text, piece.offset);
        let key = serde_json::from_slice::<String>(text)
            .map_err(|error| IngestError::malformed(&self.path, offset, format!("a key: {error}")))?;
        debug_assert_eq!(start, offset);
        self.byte(b':', "':' after a key")?;
        Ok(key)
    }

    /// After an entry: whether another follows.
    pub(crate) fn more(&mut self) -> Result<bool, IngestError> {
        match self.peek()? {
            Some(b',') => {
                self.at += 1;
                Ok(true)
            }
            Some(b'}') => {
                self.at += 1;
                Ok(false)
            }
            _ => Err(self.error("',' or '}' after an entry")),
        }
    }

    /// After `{`: whether there is an entry at all.
    pub(crate) fn any(&mut self) -> Result<bool, IngestError> {
        if self.peek()? == Some(b'}') {
            self.at += 1;
            return Ok(false);
        }
        Ok(true)
    }

    /// Nothing may follow but blanks.
    pub(crate) fn end(&mut self) -> Result<(), IngestError> {
        if self.peek()?.is_some() {
            return Err(self.error("nothing after the end of the JSON text"));
        }
        Ok(())
    }

    /// The bytes that stand in the buffer from the next one on: at least `wanted`, unless the text
    /// ends before.
    pub(crate) fn look_ahead(&mut self, wanted: usize) -> Result<&[u8], IngestError> {
        self.keep = self.at;
        while self.len - self.at < wanted {
            self.keep = self.at;
            if !self.refill()? {
                break;
            }
        }
        Ok(&self.buffer[self.at..self.len])
    }
}
