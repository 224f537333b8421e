//! Wrappers as nixpkgs' makeWrapper and wrapPython write them.

use std::collections::BTreeMap;

use super::paths::Rules;
use super::words::{elements_gone, pieces};

/// Lines in a row that are gone. They may be if each sets a variable, and for each variable one of them
/// mentions what was taken out, while the others only put its value together.
#[derive(Debug, Default)]
pub(super) struct Hunk {
    /// The variables, and whether a line of theirs mentions what was taken out.
    variables: BTreeMap<Vec<u8>, bool>,
}

impl Hunk {
    /// Adds a line that is gone; false where it may not be.
    pub(super) fn add(&mut self, line: &[u8], rules: &Rules<'_>) -> bool {
        let Some(assignment) = Assignment::of(line) else { return false };
        let mentions = rules.goes(line);
        if !mentions && !assignment.is_scaffold() {
            return false;
        }
        *self.variables.entry(assignment.variable.to_vec()).or_default() |= mentions;
        true
    }

    /// Whether what was added may be gone together; starts anew.
    pub(super) fn close(&mut self) -> bool {
        std::mem::take(&mut self.variables).into_values().all(|mentions| mentions)
    }
}

/// A line that sets or exports a variable.
struct Assignment<'l> {
    variable: &'l [u8],
    /// What stands behind `=`; `None` where the variable is only exported.
    value: Option<&'l [u8]>,
}

impl<'l> Assignment<'l> {
    fn of(line: &'l [u8]) -> Option<Self> {
        let line = line.trim_ascii();
        let exported = line.strip_prefix(b"export ");
        let line = exported.unwrap_or(line);
        let name = line.iter().position(|&byte| !byte.is_ascii_alphanumeric() && byte != b'_').unwrap_or(line.len());
        let (variable, rest) = line.split_at_checked(name)?;
        match rest {
            _ if variable.is_empty() => None,
            // `X=y program` runs a program
            [b'=', value @ ..] if is_one_word(value) => Some(Self { variable, value: Some(value) }),
            [] if exported.is_some() => Some(Self { variable, value: None }),
            _ => None,
        }
    }

    /// Whether the line adds nothing to the value, but puts it together: `X=${X:+':'$X':'}`,
    /// `X=${X#':'}`, `X=${X%':'}`, `export X`.
    fn is_scaffold(&self) -> bool {
        let Some(value) = self.value else { return true };
        let Some(inner) = value.strip_prefix(b"${").and_then(|value| value.strip_suffix(b"}")) else { return false };
        let Some(operation) = inner.strip_prefix(self.variable) else { return false };
        match operation {
            [b':', b'+', rest @ ..] => {
                // the variable between what parts its elements
                let own = [b"$".as_slice(), self.variable].concat();
                memchr::memmem::find(rest, &own).is_some_and(|at| {
                    let (before, after) = (rest.get(..at), rest.get(at + own.len()..));
                    [before, after].into_iter().flatten().all(is_separator)
                })
            }
            [b'#' | b'%', rest @ ..] => is_separator(rest),
            _ => false,
        }
    }
}

/// Whether a text is what parts the elements of a list, or nothing: a character or two, maybe quoted.
fn is_separator(text: &[u8]) -> bool {
    text.len() <= 4 && !text.iter().any(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'$'))
}

/// Whether a shell takes a text as one word: no blank stands outside quotes.
fn is_one_word(text: &[u8]) -> bool {
    let mut quote = None;
    for &byte in text {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            (None, b' ' | b'\t' | b';' | b'|' | b'&' | b'<' | b'>' | b'`' | b'(' | b')') => return false,
            (_, b'`') => return false,
            _ => {}
        }
    }
    quote.is_none()
}

/// Stands in the line that nixpkgs' wrapPython puts into a python script: it adds the folders of a list.
const ADDS_FOLDERS: &[u8] = b"site.addsitedir";

/// Whether two such lines differ only by folders that are gone from the list.
pub(super) fn python_folders_gone(first: &[u8], second: &[u8], rules: &Rules<'_>) -> bool {
    fn split(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
        memchr::memmem::find(line, ADDS_FOLDERS)?;
        let at = line.windows(2).position(|pair| matches!(pair, b"['" | b"[]"))? + 1;
        let (before, rest) = line.split_at_checked(at)?;
        let (list, after) = rest.split_at_checked(memchr::memchr(b']', rest)?)?;
        Some((before, list, after))
    }
    let (Some(first), Some(second)) = (split(first), split(second)) else { return false };
    let elements = |list| pieces(list, |byte| byte == b',').map(<[u8]>::trim_ascii).filter(|piece| *piece != b",");
    super::words::same(first.0, second.0, rules)
        && super::words::same(first.2, second.2, rules)
        && elements_gone(elements(first.1), elements(second.1), rules)
}
