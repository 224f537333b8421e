//! On which line a place of a text is.

/// Counts lines from the last place that was asked for, so that places in order take O(length of the text) together.
pub(super) struct Lines<'t> {
    text: &'t str,
    offset: usize,
    line: u64,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, offset: 0, line: 1 }
    }

    /// The line of an offset, from 1.
    pub(super) fn at(&mut self, offset: usize) -> u64 {
        let offset = offset.min(self.text.len());
        if offset < self.offset {
            (self.offset, self.line) = (0, 1);
        }
        let between = self.text.as_bytes().get(self.offset..offset).unwrap_or_default();
        self.line += memchr::memchr_iter(b'\n', between).count() as u64;
        self.offset = offset;
        self.line
    }

    /// The line on which a part of the text begins.
    pub(super) fn of(&mut self, part: &str) -> u64 {
        self.at((part.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize))
    }
}
