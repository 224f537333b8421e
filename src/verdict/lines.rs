//! The lines of an evidence file: a header, then a record a line.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::evidence::{Evidence, Failure};
use super::file::EvidenceFile;

/// The first line of a file.
pub(super) const HEADER: &str = "{\"format\":\"nix-ripple evidence\",\"version\":3}\n";

/// What a header's `format` says.
const FORMAT: &str = "nix-ripple evidence";

/// The kind of a failure; it is no evidence, but stands in the same file.
const FAILURE: &str = "failure";

/// From how many lines on reading them on several threads is worth it.
const MANY: usize = 1024;

/// A record by its kind.
#[expect(clippy::large_enum_variant, reason = "nearly all are evidence, and boxing each would cost more")]
pub(super) enum Record {
    Evidence(Evidence),
    Failure(Failure),
    /// Of a kind that is not known, as a line.
    Unknown {
        kind: String,
        line: String,
    },
}

/// What a line holds.
#[expect(clippy::large_enum_variant, reason = "nearly all are records, and boxing each would cost more")]
pub(super) enum Line {
    /// A header with this version.
    Header(Value),
    Record(Record),
    Blank,
    Damaged(serde_json::Error),
}

/// What tells a line's kind.
#[derive(Deserialize)]
struct Head {
    format: Option<Value>,
    version: Option<Value>,
    kind: Option<String>,
}

impl Record {
    /// Reads a record.
    ///
    /// # Errors
    /// When it has no kind, or is not what its kind says.
    pub(super) fn parse(text: &[u8]) -> Result<Self, serde_json::Error> {
        let kind = match written_kind(text) {
            Some(kind) => kind.to_owned(),
            None => {
                let head: Head = serde_json::from_slice(text)?;
                head.kind.ok_or_else(|| serde::de::Error::custom("a record has no 'kind'"))?
            }
        };
        Ok(match kind.as_str() {
            "check-only" => Self::Evidence(Evidence::CheckOnly(serde_json::from_slice(text)?)),
            "experiment" => Self::Evidence(Evidence::Experiment(serde_json::from_slice(text)?)),
            "references" => Self::Evidence(Evidence::References(serde_json::from_slice(text)?)),
            "trace" => Self::Evidence(Evidence::Trace(serde_json::from_slice(text)?)),
            FAILURE => Self::Failure(serde_json::from_slice(text)?),
            _ => {
                // as it stands: who knows the kind may want each digit of a number
                let _: serde::de::IgnoredAny = serde_json::from_slice(text)?;
                let line = std::str::from_utf8(text).map_err(serde::de::Error::custom)?;
                Self::Unknown { kind, line: without_blanks(line) }
            }
        })
    }
}

/// JSON without the blanks and lines between its parts.
fn without_blanks(json: &str) -> String {
    let (mut in_text, mut escaped) = (false, false);
    let kept = json.chars().filter(|&c| {
        match (in_text, escaped, c) {
            (true, true, _) => escaped = false,
            (true, false, '\\') => escaped = true,
            (_, _, '"') => in_text = !in_text,
            _ => {}
        }
        in_text || !c.is_ascii_whitespace()
    });
    kept.collect()
}

/// The kind of a record that begins as this program writes it; a look at the whole is spared then.
fn written_kind(text: &[u8]) -> Option<&str> {
    let rest = text.strip_prefix(b"{\"kind\":\"")?;
    let end = memchr::memchr(b'"', rest)?;
    let word = std::str::from_utf8(rest.get(..end)?).ok()?;
    word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-').then_some(word)
}

/// The header's version, if this is a header.
pub(super) fn header(line: &[u8]) -> Option<Value> {
    let head: Head = serde_json::from_slice(line).ok()?;
    (head.format? == FORMAT).then_some(head.version.unwrap_or_default())
}

fn read(line: &[u8]) -> Line {
    let line = line.trim_ascii();
    if line.is_empty() {
        return Line::Blank;
    }
    if written_kind(line).is_none()
        && let Some(version) = header(line)
    {
        return Line::Header(version);
    }
    Record::parse(line).map_or_else(Line::Damaged, Line::Record)
}

/// All lines of a text, in their order.
pub(super) fn lines(text: &[u8]) -> Vec<Line> {
    let mut parts: Vec<&[u8]> = Vec::new();
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', text).chain([text.len()]) {
        parts.extend(text.get(start..end));
        start = end + 1;
    }
    if parts.len() < MANY {
        return parts.into_iter().map(read).collect();
    }
    parts.into_par_iter().with_min_len(MANY / 4).map(read).collect()
}

/// A failure with its kind.
#[derive(Serialize)]
struct Written<'f> {
    kind: &'static str,
    #[serde(flatten)]
    failure: &'f Failure,
}

/// The records of a file, a line each, without a header.
pub(super) fn text(file: &EvidenceFile) -> String {
    let mut text = String::new();
    // strings and numbers under fixed keys: there is nothing that JSON cannot say
    let mut line = |json: Result<String, serde_json::Error>| {
        text.push_str(&json.unwrap_or_default());
        text.push('\n');
    };
    for evidence in &file.evidence {
        line(serde_json::to_string(evidence));
    }
    for failure in &file.failures {
        line(serde_json::to_string(&Written { kind: FAILURE, failure }));
    }
    for unknown in &file.unknown {
        line(Ok(unknown.clone()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::EVIDENCE_VERSION;

    #[test]
    fn the_header_is_one_of_this_version() {
        assert_eq!(header(HEADER.as_bytes()), Some(EVIDENCE_VERSION.into()));
        assert!(HEADER.ends_with('\n') && !HEADER.trim_end().contains('\n'));
        assert_eq!(header(b"{\"version\":3}"), None);
        assert_eq!(header(b"{\"format\":\"another\",\"version\":3}"), None);
    }

    #[test]
    fn kinds_are_those_of_files() {
        for kind in Evidence::KINDS {
            let told = Record::parse(format!("{{\"kind\":\"{kind}\"}}").as_bytes()).err();
            assert!(told.is_some_and(|told| told.to_string().contains("missing field")), "{kind}");
        }
        assert!(matches!(Record::parse(b"{\"kind\":\"later\"}"), Ok(Record::Unknown { kind, .. }) if kind == "later"));
        // each digit of a number stays, and what stands in a text; a line stays one
        let long = "{ \"kind\" : \"later\",\n \"number\": 12345678901234567890123.50, \"text\": \" a \\\" b \\\\\" }";
        let short = r#"{"kind":"later","number":12345678901234567890123.50,"text":" a \" b \\"}"#;
        assert!(matches!(Record::parse(long.as_bytes()), Ok(Record::Unknown { line, .. }) if line == short));
        assert!(Record::parse(b"{\"kind\":\"later\",\"text\":\"\xff\"}").is_err());
        // wherever the kind stands
        assert!(matches!(Record::parse(b"{\"more\":1, \"kind\" : \"later\"}"), Ok(Record::Unknown { .. })));
        assert!(Record::parse(b"{\"kind\":\"later\"").is_err());
        assert!(Record::parse(b"{}").is_err());
    }
}
