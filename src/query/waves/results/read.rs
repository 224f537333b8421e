//! Reads results, in whatever form they are.

use std::path::Path;

use super::record::{Form, Misfit, Record};
use super::{csv, json, junit};
use crate::ingest::FileError;

/// The forms beside tables.
pub(super) const OTHER_FORMS: &str =
    "nix-eval-jobs lines, nix-fast-build's results (JSON or JUnit) or Hydra's builds (JSON)";

/// What a file tells of builds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Results {
    /// In which form.
    pub form: Form,
    /// In the order of the file.
    pub records: Vec<Record>,
}

impl Results {
    /// Reads a file: lines of nix-eval-jobs, results of nix-fast-build as JSON, JSON Lines or JUnit, Hydra's builds as
    /// JSON, or a table with the columns `attr` and `status`; what it is, its content tells. O(length of the file).
    ///
    /// # Errors
    /// When it cannot be read or is none of these: with the line, and what was expected.
    pub fn read(file: &Path) -> Result<Self, FileError> {
        Self::parse(&FileError::read(file)?, file)
    }

    /// The same from a text; `file` stands in messages.
    ///
    /// # Errors
    /// As [`Results::read`].
    pub fn parse(text: &str, file: &Path) -> Result<Self, FileError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let found = match text.trim_start().chars().next() {
            None => {
                let message = format!("empty; expected {OTHER_FORMS}, or a table with the columns attr and status");
                return Err(FileError::malformed(file, message));
            }
            Some('{' | '[') => json::read(text),
            Some('<') => junit::read(text).map(|records| (Form::Junit, records)),
            Some(_) => csv::read(text).map(|records| (Form::Csv, records)),
        };
        match found {
            Ok((form, records)) => Ok(Self { form, records }),
            Err(Misfit { line, message }) => Err(FileError::malformed(file, format!("line {line}: {message}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forms_are_told_from_content() {
        for (text, form) in [
            ("attr,status\n", Form::Csv),
            ("\u{feff}attr,status\n", Form::Csv),
            ("\n <testsuites/>", Form::Junit),
            (r#"{"results":[{"attr":"a","type":"BUILD","success":true}]}"#, Form::FastBuild),
            (r#"[{"job":"a","finished":0,"buildstatus":null}]"#, Form::Hydra),
            (r#"{"attr":"a","error":"no"}"#, Form::EvalJobs),
            ("[]", Form::Objects),
        ] {
            assert_eq!(Results::parse(text, Path::new("r")).unwrap().form, form, "{text}");
        }
        let error = Results::parse(" \n", Path::new("r")).unwrap_err().to_string();
        assert_eq!(
            error,
            "r: empty; expected nix-eval-jobs lines, nix-fast-build's results (JSON or JUnit) or Hydra's builds (JSON), or a table with the columns attr and status"
        );
        let error = Results::parse("attr,status\na,b\n", Path::new("r")).unwrap_err().to_string();
        assert!(error.starts_with("r: line 2: expected a status (success, "), "{error}");
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[<{\\[]?[a-z\"':,<>/&;{}\\[\\] =\n0-9é]{0,60}") {
            let _ = Results::parse(&text, Path::new("r"));
        }

        #[test]
        fn nothing_panics_on_what_looks_right(
            key in "(attr|status|finished|buildstatus|success|error|wave|type)",
            value in "(1|-1|null|\"a\"|true|\\[\\]|\\{\\}|1e999|\"5\")",
            cut in 0_usize..60,
        ) {
            let text = format!("{{\"attr\":\"a\",\"finished\":1,\"{key}\":{value}}}\n[{{\"x\":{value}}}]");
            let end = text.floor_char_boundary(cut.min(text.len()));
            let _ = Results::parse(&text[..end], Path::new("r"));
            let _ = Results::parse(&text, Path::new("r"));
        }
    }
}
