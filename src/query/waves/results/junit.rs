//! Results as JUnit.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::lines::Lines;
use super::outcome::Outcome;
use super::quote::start;
use super::record::{Misfit, Record};

/// Reads test cases, called by attributes. Those of a class `Eval` (nix-fast-build's evaluation) tell only of the
/// evaluation; other classes than `Build` and none that nix-fast-build has (`Upload`, `Download`, `Cachix` …) tell
/// nothing of a build.
pub(super) fn read(text: &str) -> Result<Vec<Record>, Misfit> {
    let mut reader = Reader::from_str(text);
    let mut lines = Lines::new(text);
    let mut records = Vec::new();
    let mut open: Option<Case> = None;
    loop {
        let line = lines.at(usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX));
        let event = reader.read_event().map_err(|error| Misfit::new(line, format!("expected XML: {error}")))?;
        match event {
            Event::Eof => {
                return if open.is_some() {
                    Err(Misfit::new(line, "expected the end of a test case, found that of the file"))
                } else {
                    Ok(records)
                };
            }
            Event::Start(tag) if tag.local_name().as_ref() == "testcase" => {
                open = Some(Case::of(&tag, line).map_err(|message| Misfit::new(line, message))?);
            }
            Event::Empty(tag) if tag.local_name().as_ref() == "testcase" => {
                let case = Case::of(&tag, line).map_err(|message| Misfit::new(line, message))?;
                records.extend(case.record());
            }
            Event::Start(tag) | Event::Empty(tag) => {
                if let Some(case) = &mut open {
                    match tag.local_name().as_ref() {
                        "failure" | "error" => case.ended = Ended::Failed,
                        "skipped" => case.ended = Ended::Skipped,
                        _ => {}
                    }
                }
            }
            Event::End(tag) if tag.local_name().as_ref() == "testcase" => {
                records.extend(open.take().and_then(Case::record));
            }
            _ => {}
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Passed,
    Failed,
    Skipped,
}

struct Case {
    name: String,
    class: String,
    ended: Ended,
    line: u64,
}

impl Case {
    fn of(tag: &BytesStart<'_>, line: u64) -> Result<Self, String> {
        let attribute = |name: &str| -> Result<Option<String>, String> {
            let found = tag.try_get_attribute(name).map_err(|error| format!("expected XML: {error}"))?;
            let value = found.map(|found| found.normalized_value(quick_xml::XmlVersion::Implicit1_0));
            value.transpose().map(|value| value.map(Into::into)).map_err(|error| format!("expected XML: {error}"))
        };
        let name = attribute("name")?.filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| {
            format!("expected a test case with a name, found '{}'", start(tag.attributes_raw().trim()))
        })?;
        let class = attribute("classname")?.unwrap_or_default();
        Ok(Self { name, class, ended: Ended::Passed, line })
    }

    fn record(self) -> Option<Record> {
        let class = self.class.to_ascii_lowercase();
        let outcome = match (class.as_str(), self.ended) {
            ("upload" | "download" | "cachix" | "attic" | "niks3", _) => return None,
            ("eval", Ended::Failed) => Outcome::EvaluationFailed,
            ("eval", _) => Outcome::Evaluated,
            (_, Ended::Passed) => Outcome::Success,
            (_, Ended::Failed) => Outcome::Failed,
            (_, Ended::Skipped) => Outcome::Queued,
        };
        Some(Record::new(self.name, outcome, self.line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_cases() {
        let text = r#"<?xml version="1.0"?>
<testsuites><testsuite name="s" tests="5" failures="2">
<testcase classname="Eval" name="x86_64-linux.a" time="0.0" />
<testcase classname="Eval" name="b" time="0.0"><failure message="no" type="BuildFailure">error: &lt;b&gt;</failure></testcase>
<testcase classname="Build" name="x86_64-linux.a" time="1.5" />
<testcase classname="Build" name="&quot;c&quot;"><failure message="build exited with 1"/></testcase>
<testcase classname="Upload" name="c"><failure message="no"/></testcase>
<testcase classname="Build" name="d"><skipped/></testcase>
</testsuite></testsuites>"#;
        let shown: Vec<String> =
            read(text).unwrap().iter().map(|r| format!("{} {} {}", r.name, r.outcome.as_str(), r.line)).collect();
        assert_eq!(
            shown,
            [
                "x86_64-linux.a evaluated 3",
                "b evaluation-failed 4",
                "x86_64-linux.a success 5",
                "\"c\" failed 6",
                "d queued 8"
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = |text: &str| {
            let misfit = read(text).unwrap_err();
            format!("{}: {}", misfit.line, misfit.message)
        };
        assert_eq!(error("<a>\n<testcase time='1'/></a>"), "2: expected a test case with a name, found 'time='1''");
        assert_eq!(error("<testcase name='a'>\n"), "2: expected the end of a test case, found that of the file");
        assert!(error("<a>\n</b>").starts_with("2: expected XML: "), "{}", error("<a>\n</b>"));
    }
}
