//! The evidence file: `{version, evidence: […], failures: […]}`.

use std::fs;
use std::io;
use std::path::Path;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::evidence::{Evidence, Failure, KINDS};
use crate::graph::replace_file;
use crate::ingest::Problem;

/// The version of the file's shape; it grows when a field is renamed or removed.
pub const EVIDENCE_VERSION: u32 = 2;

/// What experiments showed, as it is kept in a file: sorted, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EvidenceFile {
    /// What was shown.
    pub evidence: Vec<Evidence>,
    /// Where nothing could be found out.
    pub failures: Vec<Failure>,
}

/// Why an evidence file cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// The operating system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// Its answer.
        source: io::Error,
    },
    /// The content is no evidence.
    #[error(
        "{path}: line {line}, column {column}: {message}; expected evidence as 'nix-ripple probe' writes it: {{\"version\": {EVIDENCE_VERSION}, \"evidence\": […]}}"
    )]
    Malformed {
        /// The file.
        path: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// The shape is of another time.
    #[error(
        "{path}: its version is {found}, this program reads version {EVIDENCE_VERSION}; make it again with 'nix-ripple probe'"
    )]
    Version {
        /// The file.
        path: String,
        /// The version found.
        found: String,
    },
}

/// The version alone, whatever else there is.
#[derive(Deserialize)]
struct Head {
    version: Value,
}

#[derive(Deserialize)]
struct Body {
    evidence: Vec<Entry>,
    #[serde(default)]
    failures: Vec<Failure>,
}

#[derive(Serialize)]
struct Written<'f> {
    version: u32,
    evidence: &'f [Evidence],
    failures: &'f [Failure],
}

enum Entry {
    Known(Evidence),
    Unknown(String),
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        match value.get("kind").and_then(Value::as_str) {
            Some(kind) if !KINDS.contains(&kind) => Ok(Self::Unknown(kind.to_owned())),
            Some(_) => Evidence::deserialize(value).map(Self::Known).map_err(D::Error::custom),
            None => Err(D::Error::custom("a record has no 'kind'")),
        }
    }
}

impl EvidenceFile {
    /// Reads a file. Records of an unknown kind are left out with a finding: without them less is
    /// claimed, never more. Nor does a grade count that is stronger than what its record shows.
    ///
    /// # Errors
    /// When it cannot be read, is of another version, or holds something else; with the place.
    pub fn load(path: &Path) -> Result<(Self, Vec<Problem>), EvidenceError> {
        let shown = path.display().to_string();
        let text = fs::read(path).map_err(|source| EvidenceError::Io { path: shown.clone(), source })?;
        Self::parse(&text, &shown)
    }

    /// Reads a text; `path` is for messages.
    ///
    /// # Errors
    /// As [`EvidenceFile::load`].
    pub fn parse(text: &[u8], path: &str) -> Result<(Self, Vec<Problem>), EvidenceError> {
        let malformed = |error: serde_json::Error| {
            let message = error.to_string();
            // serde_json puts the place behind the message; here it stands before it
            let place = format!(" at line {} column {}", error.line(), error.column());
            EvidenceError::Malformed {
                path: path.to_owned(),
                line: error.line(),
                column: error.column(),
                message: message.strip_suffix(&place).unwrap_or(&message).to_owned(),
            }
        };
        let head: Head = serde_json::from_slice(text).map_err(malformed)?;
        if head.version.as_u64() != Some(EVIDENCE_VERSION.into()) {
            return Err(EvidenceError::Version { path: path.to_owned(), found: head.version.to_string() });
        }
        let body: Body = serde_json::from_slice(text).map_err(malformed)?;
        let mut unknown = std::collections::BTreeMap::<String, usize>::new();
        let mut file = Self { evidence: Vec::new(), failures: body.failures };
        let mut overstated = 0;
        for entry in body.evidence {
            match entry {
                Entry::Known(mut evidence) => {
                    overstated += usize::from(evidence.bound_grade());
                    file.evidence.push(evidence);
                }
                Entry::Unknown(kind) => *unknown.entry(kind).or_default() += 1,
            }
        }
        file.sort();
        let problem = |(kind, count)| {
            let what = format!("{path}: left out {count} of the unknown kind {kind:?}; a newer nix-ripple may know it");
            Problem::new("unknown-evidence", what)
        };
        let mut problems: Vec<Problem> = unknown.into_iter().map(problem).collect();
        if overstated > 0 {
            let what = format!(
                "{path}: {overstated} of its records have a stronger grade than what they show; that of what they show is taken"
            );
            problems.push(Problem::new("overstated-evidence", what));
        }
        Ok((file, problems))
    }

    /// Joins several: what any of them shows. A failure stays, also where another file has evidence.
    #[must_use]
    pub fn merge(files: impl IntoIterator<Item = Self>) -> Self {
        let mut merged = Self::default();
        for file in files {
            merged.evidence.extend(file.evidence);
            merged.failures.extend(file.failures);
        }
        merged.sort();
        merged
    }

    /// Brings everything into its order, each once.
    pub fn sort(&mut self) {
        self.evidence.sort();
        self.evidence.dedup();
        self.failures.sort();
        self.failures.dedup();
    }

    /// As text: the same for the same content.
    #[must_use]
    pub fn to_text(&self) -> String {
        let written = Written { version: EVIDENCE_VERSION, evidence: &self.evidence, failures: &self.failures };
        // strings and numbers under fixed keys: there is nothing that JSON cannot say
        let mut text = serde_json::to_string_pretty(&written).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Writes the file, beside `path` first, then in its place.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn save(&self, path: &Path) -> Result<(), EvidenceError> {
        replace_file(path, self.to_text().as_bytes())
            .map_err(|source| EvidenceError::Io { path: path.display().to_string(), source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::RecipeDigest;
    use crate::verdict::{CheckOnly, Grade, InputRef, PackageRef, Variant};

    fn record(attribute: &str, input: &str) -> Evidence {
        let path = |name: &str| format!("/nix/store/0001x39905jwpbxh95qbvxcka0llljcd-{name}.drv");
        let input = InputRef {
            drv: path(input),
            name: input.to_owned(),
            pname: input.to_owned(),
            outputs: vec!["out".to_owned()],
            keys: vec!["buildInputs".to_owned()],
        };
        Evidence::CheckOnly(CheckOnly {
            package: PackageRef { attribute: attribute.to_owned(), drv: path(attribute), name: attribute.to_owned() },
            recipe: RecipeDigest([7; 32]),
            inputs: vec![input],
            appeared: Vec::new(),
            differing_keys: None,
            grade: Grade::Suspected,
        })
    }

    #[test]
    fn text_and_back() {
        let failure = Failure { attribute: "x".to_owned(), variant: Variant::WithoutChecks, error: "no".to_owned() };
        let one = EvidenceFile { evidence: vec![record("b", "y"), record("a", "x")], failures: vec![failure] };
        let other = EvidenceFile { evidence: vec![record("a", "x"), record("a", "z")], failures: Vec::new() };
        let both = EvidenceFile::merge([one.clone(), other.clone()]);
        assert_eq!(both, EvidenceFile::merge([other, one]));
        assert_eq!((both.evidence.len(), both.failures.len()), (3, 1));
        let (read, problems) = EvidenceFile::parse(both.to_text().as_bytes(), "x").unwrap();
        assert_eq!((&read, problems), (&both, Vec::new()));
        let value: Value = serde_json::from_str(&both.to_text()).unwrap();
        assert_eq!(value["evidence"][0]["kind"], "check-only");
        assert_eq!(value["evidence"][0]["recipe"], "07".repeat(32));
        assert_eq!(value["failures"][0]["variant"], "without-checks");
    }

    #[test]
    fn what_is_no_evidence() {
        let check = |text: &str, expect: &str| {
            let told = EvidenceFile::parse(text.as_bytes(), "e.json").unwrap_err().to_string();
            assert!(told.starts_with("e.json: ") && told.contains(expect), "{text}: {told}");
        };
        check("", "line 1, column 0: EOF while parsing a value; expected evidence");
        check("[]", "line 1");
        check("{}", "missing field `version`");
        check(r#"{"version": 3, "evidence": 5}"#, "its version is 3");
        // recipes were hashed in another way then, so nothing of it would be found again
        check(
            r#"{"version": 1, "evidence": []}"#,
            "its version is 1, this program reads version 2; make it again with 'nix-ripple probe'",
        );
        check(r#"{"version": "1", "evidence": []}"#, "its version is \"1\"");
        check(r#"{"version": 2}"#, "missing field `evidence`");
        check("{\"version\": 2, \"evidence\": [\n{}]}", "line 2, column 3: a record has no 'kind'");
        check("{\"version\": 2, \"evidence\": [\n\n{\"kind\": \"check-only\"}]}", "line 3");
        let wrong = record("a", "b");
        let text = EvidenceFile { evidence: vec![wrong], failures: Vec::new() }.to_text().replace("0707", "07");
        check(&text, "64 hexadecimal digits");
    }

    #[test]
    fn no_grade_is_stronger_than_what_is_shown() {
        let check = |written: Grade, differing_keys: Option<&[&str]>, expect: Grade| {
            let Evidence::CheckOnly(mut record) = record("a", "x");
            record.grade = written;
            record.differing_keys = differing_keys.map(|keys| keys.iter().map(ToString::to_string).collect());
            let text = EvidenceFile { evidence: vec![Evidence::CheckOnly(record)], failures: Vec::new() }.to_text();
            let (file, problems) = EvidenceFile::parse(text.as_bytes(), "e.json").unwrap();
            let [Evidence::CheckOnly(read)] = file.evidence.as_slice() else { panic!("one record") };
            assert_eq!(read.grade, expect);
            assert_eq!(!problems.is_empty(), written != expect);
        };
        check(Grade::Proven, Some(&[]), Grade::Inferred);
        check(Grade::Inferred, Some(&[]), Grade::Inferred);
        check(Grade::Suspected, Some(&[]), Grade::Suspected);
        check(Grade::Observed, Some(&["buildPhase"]), Grade::Suspected);
        check(Grade::Inferred, None, Grade::Suspected);
    }

    #[test]
    fn an_unknown_kind_is_left_out_and_told() {
        let text = r#"{"version": 2, "evidence": [{"kind": "trace"}, {"kind": "trace"}], "later": 1}"#;
        let (file, problems) = EvidenceFile::parse(text.as_bytes(), "e.json").unwrap();
        assert_eq!(file, EvidenceFile::default());
        assert_eq!(problems.len(), 1);
        assert!(problems[0].message.contains("left out 2 of the unknown kind \"trace\""));
    }
}
