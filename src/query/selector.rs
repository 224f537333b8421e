//! Selectors: how a user names a bump.

use std::collections::HashSet;
use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};

use crate::nix::{Digest, StorePath};

/// One selector, as it was written and as it is understood.
#[derive(Debug, Clone)]
pub struct Selector {
    /// As the user wrote it.
    pub text: String,
    pub(crate) form: Form,
}

/// The forms of selectors.
#[derive(Debug, Clone)]
pub(crate) enum Form {
    /// Looked up as an attribute, as the last part of attributes, as a pname; then extended.
    Word(String),
    /// `attr:`
    Attribute(Pattern),
    /// `pname:`
    Pname(String),
    /// `name:`
    Name(Pattern),
    /// `src:` with a store path.
    SourcePath(Digest),
    /// `src:` with a name.
    SourceName(Pattern),
    /// `file:`
    File(String),
    /// A store path: a derivation, one of its outputs, or an input source.
    Path(Digest),
}

/// A name, or a glob where it holds `*`, `?`, `[` or `{`.
#[derive(Debug, Clone)]
pub(crate) enum Pattern {
    Exact(String),
    Glob(GlobMatcher),
}

impl Pattern {
    fn new(text: &str) -> Result<Self, String> {
        if !text.contains(['*', '?', '[', '{']) {
            return Ok(Self::Exact(text.to_owned()));
        }
        // dots and slashes are like other characters
        let glob = GlobBuilder::new(text).literal_separator(false).build().map_err(|error| error.kind().to_string())?;
        Ok(Self::Glob(glob.compile_matcher()))
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == text,
            Self::Glob(glob) => glob.is_match(text),
        }
    }
}

/// Why a text is no selector.
#[derive(Debug, thiserror::Error)]
pub enum SelectorError {
    /// A form that does not exist, or without a value.
    #[error("'{selector}' is not a selector: {why}")]
    Malformed {
        /// The selector.
        selector: String,
        /// What is wrong.
        why: String,
    },
    /// A file of selectors that cannot be read.
    #[error("'@{path}': {source}")]
    File {
        /// The file.
        path: String,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// A file without selectors.
    #[error("'@{path}' names no selector")]
    EmptyFile {
        /// The file.
        path: String,
    },
}

const FORMS: &str = "attr:, pname:, name:, src:, file:";

impl Selector {
    /// Reads a selector (but `@file`, see [`Selector::expand`]).
    ///
    /// # Errors
    /// When the form is unknown, its value missing, or a glob malformed.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        let malformed = |why: String| SelectorError::Malformed { selector: text.to_owned(), why };
        let form = if let Some(path) = store_path(text).map_err(&malformed)? {
            Form::Path(path)
        } else if let Some((form, value)) = text.split_once(':') {
            if value.is_empty() {
                return Err(malformed(format!("nothing stands after '{form}:'")));
            }
            let pattern = || Pattern::new(value).map_err(|why| malformed(format!("its glob is malformed: {why}")));
            match form {
                "attr" => Form::Attribute(pattern()?),
                "pname" => Form::Pname(value.to_owned()),
                "name" => Form::Name(pattern()?),
                "src" => match store_path(value).map_err(&malformed)? {
                    Some(digest) => Form::SourcePath(digest),
                    None => Form::SourceName(pattern()?),
                },
                "file" => Form::File(value.to_owned()),
                _ => return Err(malformed(format!("the forms are {FORMS}, a store path, @file, or a bare word"))),
            }
        } else if text.is_empty() {
            return Err(malformed("it is empty".to_owned()));
        } else {
            Form::Word(text.to_owned())
        };
        Ok(Self { text: text.to_owned(), form })
    }

    /// Reads arguments: selectors, and `@file` with one selector a line (empty lines and comments,
    /// `#` at the start or after a blank, are passed over). The same selector twice counts once.
    ///
    /// # Errors
    /// As [`Selector::parse`], and when a file cannot be read or names nothing.
    pub fn expand<S: AsRef<str>>(arguments: &[S]) -> Result<Vec<Self>, SelectorError> {
        let mut selectors = Vec::new();
        for argument in arguments {
            let argument = argument.as_ref();
            match argument.strip_prefix('@') {
                None => selectors.push(Self::parse(argument)?),
                Some(path) => {
                    let text = std::fs::read_to_string(Path::new(path))
                        .map_err(|source| SelectorError::File { path: path.to_owned(), source })?;
                    let before = selectors.len();
                    for (number, line) in text.lines().enumerate() {
                        let line = line.split(" #").next().unwrap_or(line).trim();
                        if line.is_empty() || line.starts_with('#') {
                            continue;
                        }
                        if line.starts_with('@') {
                            return Err(SelectorError::Malformed {
                                selector: line.to_owned(),
                                why: format!(
                                    "it stands in {path}, line {}, and files of selectors do not nest",
                                    number + 1
                                ),
                            });
                        }
                        selectors.push(Self::parse(line)?);
                    }
                    if selectors.len() == before {
                        return Err(SelectorError::EmptyFile { path: path.to_owned() });
                    }
                }
            }
        }
        // the same selector twice is one bump
        let mut seen = HashSet::new();
        selectors.retain(|selector| seen.insert(selector.text.clone()));
        Ok(selectors)
    }

    /// Whether it holds wildcards.
    pub(super) fn has_wildcards(&self) -> bool {
        matches!(
            self.form,
            Form::Attribute(Pattern::Glob(_)) | Form::Name(Pattern::Glob(_)) | Form::SourceName(Pattern::Glob(_))
        )
    }

    /// Whether this form is extended to all instances.
    #[must_use]
    pub fn is_bare_word(&self) -> bool {
        matches!(self.form, Form::Word(_))
    }
}

/// The digest of a text that is a store path, or something below one; `None` for anything else.
fn store_path(text: &str) -> Result<Option<Digest>, String> {
    let text = crate::nix::store_path::strip_output(text);
    if text.starts_with('/') {
        // the store path may have something below it: take the component that reads as one
        let found = text.split('/').find_map(|part| StorePath::from_base_name(part.as_bytes()).ok());
        return match found {
            Some(path) => Ok(Some(path.digest)),
            None => Err("no store path; these read /nix/store/<hash>-<name>".to_owned()),
        };
    }
    Ok(StorePath::from_base_name(text.as_bytes()).ok().map(|path| path.digest))
}
