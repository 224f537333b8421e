//! Elements and lines of texts that are gone with an input, for each carrier of references.

use std::collections::BTreeSet;

use super::paths::Rules;
use super::words::{elements_gone, lists_gone, same, words};
use super::wrapper::{Hunk, python_folders_gone};
use super::{shebang, walk};
use crate::proof::outputs::FileCarriers;
use crate::verdict::Carrier;

/// Whether the second text is the first without elements that mention what was taken out, each gone from
/// a carrier that is known; and which carriers these are. `None` where more differs.
///
/// - `nix-support/propagated-*`: elements that blanks part.
/// - other files of `nix-support`: lines and words; `.pth`: lines.
/// - wrappers: hunks of lines that set a variable (see [`Hunk`]), folders of python modules.
/// - `.pc`, `.la`: words; `.cmake`: words and elements that semicolons part. What names an input without
///   its path (`Requires: zlib`, `-lz`) is no reference: where it is gone, more differs.
/// - the interpreter of a script (see [`shebang::exchanged`]).
/// - any text: elements of a list of paths that colons part, of which at least one stays, or its head: a
///   name in capitals.
///
/// **Overestimates**: a list of paths is taken for a record even where a program reads it. A line of
/// `nix-support/setup-hook` counts as a record, too.
/// **Underestimates**: what is gone from elsewhere, and what a carrier puts in another order.
///
/// Takes the first way that fits line by line: where a line can be kept it is. O(text · inputs).
pub(super) fn gone(path: &[u8], first: &[u8], second: &[u8], rules: &Rules<'_>) -> Option<BTreeSet<Carrier>> {
    let carriers = FileCarriers::new(path, first);
    let kind = Kind::of(path, first, &carriers);
    if kind == Kind::Propagated {
        return elements_gone(words(first), words(second), rules).then(|| BTreeSet::from([Carrier::Propagated]));
    }
    lines(Lines { first, second, kind, carriers: &carriers, rules })
}

/// Whether a whole file may be gone with an input: a list of which nothing stays, a link to it.
pub(super) fn file_gone(path: &[u8], text: &[u8], rules: &Rules<'_>) -> Option<Carrier> {
    let kind = Kind::of(path, text, &FileCarriers::new(path, text));
    let mut filled = text.split(|&byte| byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).peekable();
    filled.peek()?;
    match kind {
        Kind::Propagated => words(text).all(|word| rules.goes(word)).then_some(Carrier::Propagated),
        Kind::NixSupport | Kind::PythonPath => filled.all(|line| rules.goes(line)).then(|| kind.carrier()).flatten(),
        _ => None,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Propagated,
    NixSupport,
    PythonPath,
    PkgConfig,
    Libtool,
    Cmake,
    Wrapper,
    Text,
}

impl Kind {
    fn of(path: &[u8], text: &[u8], carriers: &FileCarriers<'_>) -> Self {
        // what the path decides is the same everywhere; a wrapper is one in its last line
        let last = text.trim_ascii_end().len().saturating_sub(1);
        match carriers.at(last) {
            Carrier::Propagated => Self::Propagated,
            Carrier::NixSupport => Self::NixSupport,
            Carrier::PythonMetadata if path.ends_with(b".pth") => Self::PythonPath,
            Carrier::PkgConfig => Self::PkgConfig,
            Carrier::Libtool => Self::Libtool,
            Carrier::Cmake => Self::Cmake,
            Carrier::Wrapper => Self::Wrapper,
            _ => Self::Text,
        }
    }

    /// The carrier where the kind alone tells.
    const fn carrier(self) -> Option<Carrier> {
        match self {
            Self::Propagated => Some(Carrier::Propagated),
            Self::NixSupport => Some(Carrier::NixSupport),
            Self::PythonPath => Some(Carrier::PythonMetadata),
            Self::PkgConfig => Some(Carrier::PkgConfig),
            Self::Libtool => Some(Carrier::Libtool),
            Self::Cmake => Some(Carrier::Cmake),
            Self::Wrapper => Some(Carrier::Wrapper),
            Self::Text => None,
        }
    }
}

struct Lines<'l> {
    first: &'l [u8],
    second: &'l [u8],
    kind: Kind,
    carriers: &'l FileCarriers<'l>,
    rules: &'l Rules<'l>,
}

fn lines(texts: Lines<'_>) -> Option<BTreeSet<Carrier>> {
    let mut found = BTreeSet::new();
    let mut others = texts.second.split_inclusive(|&byte| byte == b'\n').peekable();
    let mut hunk = Hunk::default();
    let mut offset = 0;
    for line in texts.first.split_inclusive(|&byte| byte == b'\n') {
        let kept = others.peek().and_then(|other| texts.same_line(offset, line, other));
        if let Some(carriers) = kept {
            others.next();
            found.extend(carriers);
            if !hunk.close() {
                return None;
            }
        } else {
            let gone = match texts.kind {
                Kind::NixSupport | Kind::PythonPath => texts.rules.goes(line),
                Kind::Wrapper => hunk.add(line, texts.rules),
                _ => false,
            };
            if !gone {
                return None;
            }
            found.extend(texts.kind.carrier());
        }
        offset += line.len();
    }
    (others.next().is_none() && hunk.close()).then_some(found)
}

impl Lines<'_> {
    /// The carriers by which two lines differ; `None` where they differ in more.
    fn same_line(&self, offset: usize, line: &[u8], other: &[u8]) -> Option<Vec<Carrier>> {
        if line == other {
            return Some(Vec::new());
        }
        if let Ok(walked) = walk::walk(line, other, self.rules, false) {
            return Some(walked.references.iter().map(|at| self.carriers.at(offset + at)).collect());
        }
        if offset == 0 && shebang::exchanged(line, other, self.rules) {
            return Some(vec![Carrier::Shebang]);
        }
        let gone = match self.kind {
            Kind::PkgConfig | Kind::Libtool | Kind::NixSupport => elements_gone(words(line), words(other), self.rules),
            Kind::Cmake => {
                elements_gone(words(line), words(other), self.rules) || lists_gone(line, other, b';', 0, self.rules)
            }
            _ => false,
        };
        if gone {
            return self.kind.carrier().map(|carrier| vec![carrier]);
        }
        if python_folders_gone(line, other, self.rules) {
            return Some(vec![Carrier::Wrapper]);
        }
        lists_gone(line, other, b':', 1, self.rules).then(|| vec![self.kind.carrier().unwrap_or(Carrier::PathList)])
    }
}

/// The same for the texts of two binary wrappers, the commands that made them: a line is an option.
pub(super) fn options_gone(first: &[u8], second: &[u8], rules: &Rules<'_>) -> bool {
    fn options(text: &[u8]) -> impl Iterator<Item = &[u8]> {
        let bare = |line: &[u8]| line.strip_suffix(b"\\").map_or(line.len(), |line| line.trim_ascii_end().len());
        text.split(|&byte| byte == b'\n').map(move |line| {
            let line = line.trim_ascii();
            line.get(..bare(line)).unwrap_or(line)
        })
    }
    let sets =
        |line: &[u8]| [b"--prefix".as_slice(), b"--suffix", b"--set", b"--set-default"].contains(&first_word(line));
    let mut others = options(second).peekable();
    for line in options(first) {
        let kept =
            others.next_if(|other| same(line, other, rules) || sets(line) && lists_gone(line, other, b':', 1, rules));
        if kept.is_none() && !(sets(line) && rules.goes(line)) {
            return false;
        }
    }
    others.next().is_none()
}

fn first_word(line: &[u8]) -> &[u8] {
    line.split(|&byte| byte == b' ').next().unwrap_or_default()
}
