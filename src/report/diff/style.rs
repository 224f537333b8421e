//! How what comes from derivations is written.

use crate::report::markdown::{code, cut, prose};
use crate::report::table::{number, printable};

/// How many bytes a change in words has at most, in a comment and in a terminal.
const WORDS: usize = 160;
const FEW_WORDS: usize = 100;

/// How names and sentences are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// Names, to be pasted.
    pub(super) name: fn(&str) -> String,
    /// Words about them.
    pub(super) words: fn(&str) -> String,
    /// Whether shares are told in percent, too.
    pub(super) percent: bool,
}

/// For a terminal.
pub(super) const PLAIN: Style = Style {
    name: |name| printable(name).into_owned(),
    words: |words| printable(&cut(words, FEW_WORDS)).into_owned(),
    percent: false,
};

/// For a comment.
pub(super) const MARKDOWN: Style = Style { name: code, words: |words| prose(words, WORDS), percent: true };

impl Style {
    /// The first `most` names, and how many more there are.
    pub(super) fn names<S: AsRef<str>>(self, names: &[S], most: usize) -> String {
        let mut shown: Vec<String> = names.iter().take(most).map(|name| (self.name)(name.as_ref())).collect();
        if names.len() > most {
            shown.push(and_more(names.len() - most));
        }
        shown.join(", ")
    }
}

/// What stands at the end of a list that is cut.
pub(super) fn and_more(count: usize) -> String {
    format!("… and {} more", number(count as u64))
}
