//! What is read and written, and what is refused.

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
    let one = EvidenceFile {
        evidence: vec![record("b", "y"), record("a", "x")],
        failures: vec![failure],
        ..EvidenceFile::default()
    };
    let other = EvidenceFile { evidence: vec![record("a", "x"), record("a", "z")], ..EvidenceFile::default() };
    let both = EvidenceFile::merge([one.clone(), other.clone()]);
    assert_eq!(both, EvidenceFile::merge([other, one]));
    assert_eq!((both.evidence.len(), both.failures.len()), (3, 1));
    let (read, problems) = EvidenceFile::parse(both.to_text().as_bytes(), "x").unwrap();
    assert_eq!((&read, problems), (&both, Vec::new()));
    let lines: Vec<Value> = both.to_text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 5);
    assert_eq!((&lines[0]["format"], &lines[0]["version"]), (&"nix-ripple evidence".into(), &3.into()));
    assert_eq!((&lines[1]["kind"], &lines[1]["recipe"]), (&"check-only".into(), &"07".repeat(32).into()));
    assert_eq!((&lines[4]["kind"], &lines[4]["variant"]), (&"failure".into(), &"without-checks".into()));
}

#[test]
fn what_is_no_evidence() {
    let check = |text: &str, expect: &str| {
        let told = EvidenceFile::parse(text.as_bytes(), "e.json").unwrap_err().to_string();
        assert!(told.starts_with("e.json: ") && told.contains(expect), "{text}: {told}");
    };
    check(" ", "line 1, column 1: EOF while parsing a value; expected evidence");
    check("[]", "line 1");
    check("{}", "missing field `version`");
    check(r#"{"version": 4, "evidence": 5}"#, "its version is 4");
    // recipes were hashed in another way then, so nothing of it would be found again
    check(
        r#"{"version": 1, "evidence": []}"#,
        "its version is 1, this program reads versions 2 and 3; make it again with 'nix-ripple probe'",
    );
    check(r#"{"version": "1", "evidence": []}"#, "its version is \"1\"");
    check(r#"{"version": 2}"#, "missing field `evidence`");
    check("{\"version\": 2, \"evidence\": [\n{}]}", "line 2, column 1: a record has no 'kind'");
    check("{\"version\": 2, \"evidence\": [\n\n{\"kind\": \"check-only\"}]}", "line 3");
    check(&HEADER.replace('3', "4"), "its version is 4");
    check(&format!("{HEADER}{}", HEADER.replace('3', "4")), "its version is 4");
    // files of the old shape cannot be joined by hand
    let document = r#"{"version": 2, "evidence": []}"#;
    check(&format!("{document}\n{HEADER}"), "line 2, column 1: trailing characters");
}

#[test]
fn the_old_shape() {
    let file = EvidenceFile { evidence: vec![record("a", "x"), record("b", "y")], ..EvidenceFile::default() };
    let records: Vec<Value> = file.evidence.iter().map(|record| serde_json::to_value(record).unwrap()).collect();
    let failure = serde_json::json!({"attribute": "x", "variant": "package", "error": "no"});
    let document = serde_json::json!({"version": 2, "evidence": records, "failures": [failure]});
    for text in [document.to_string(), serde_json::to_string_pretty(&document).unwrap()] {
        let (read, problems) = EvidenceFile::parse(text.as_bytes(), "e.json").unwrap();
        assert_eq!((&read.evidence, read.failures.len(), problems.len()), (&file.evidence, 1, 0));
        let told = EvidenceFile::parse(text.replace("0707", "07").as_bytes(), "e.json").unwrap_err().to_string();
        assert!(told.contains("64 hexadecimal digits"), "{told}");
    }
}

/// Whatever the order of files, and wherever one was cut.
#[test]
fn lines_that_are_damaged() {
    let one = EvidenceFile { evidence: vec![record("a", "x")], ..EvidenceFile::default() };
    let other = EvidenceFile { evidence: vec![record("b", "y")], ..EvidenceFile::default() };
    let whole = one.to_text();
    for end in 0..whole.len() {
        let (read, problems) =
            EvidenceFile::parse(&whole.as_bytes()[..end], "e").unwrap_or_else(|error| panic!("{end}: {error}"));
        // a line that lacks nothing but its end is one
        let complete = end + 1 == whole.len();
        assert_eq!(read.evidence.len(), usize::from(complete), "{end}");
        let is_told = problems.iter().any(|problem| problem.code == "damaged-evidence");
        assert_eq!(is_told, !complete && end != HEADER.len() && end + 1 != HEADER.len(), "{end}: {problems:?}");
        // and what is appended to it is read
        let joined = format!("{}\n{}", &whole[..end], other.to_text());
        let reading = Reading::parse(joined.as_bytes(), "e").unwrap();
        assert!(reading.file.evidence.contains(&other.evidence[0]), "{end}");
        assert_eq!(reading.file.evidence.len(), 1 + usize::from(complete));
    }
    let text = format!("{whole}\n \r\n{{\"kind\":\"check-only\",\"package\":5}}\nnull\n\0\0\n{}", other.to_text());
    let reading = Reading::parse(text.as_bytes(), "e.jsonl").unwrap();
    assert_eq!((reading.file.evidence.len(), reading.damaged), (2, 3));
    let [problem] = reading.problems.as_slice() else { panic!("{:?}", reading.problems) };
    let told = &problem.message;
    assert!(told.starts_with("e.jsonl: line 5 is damaged and left out (and 2 more): "), "{told}");
    assert!(told.contains("'nix-ripple evidence prune e.jsonl' removes it"), "{told}");
}

#[test]
fn files_joined_by_hand() {
    let one = EvidenceFile { evidence: vec![record("b", "y"), record("a", "x")], ..EvidenceFile::default() };
    let other = EvidenceFile { evidence: vec![record("a", "x")], ..EvidenceFile::default() };
    let reading = Reading::parse(format!("{}{}", one.to_text(), other.to_text()).as_bytes(), "e").unwrap();
    assert_eq!((reading.problems.len(), reading.repeated), (0, 1));
    assert_eq!(reading.file, EvidenceFile::merge([other, one]));
}

/// As many lines as are read on several threads.
#[test]
fn many_lines() {
    let evidence = (0..5000).map(|number| record(&format!("a{number}"), "x")).collect();
    let mut file = EvidenceFile { evidence, ..EvidenceFile::default() };
    file.sort();
    let mut lines: Vec<&str> = Vec::new();
    let text = file.to_text();
    lines.extend(text.lines());
    lines[1..].reverse();
    lines.insert(1234, "{");
    let reading = Reading::parse(lines.join("\n").as_bytes(), "e").unwrap();
    assert!(reading.file == file);
    assert!(reading.problems[0].message.contains("line 1235 is damaged"), "{:?}", reading.problems);
}

#[test]
fn no_grade_is_stronger_than_what_is_shown() {
    let check = |written: Grade, differing_keys: Option<&[&str]>, expect: Grade| {
        let Evidence::CheckOnly(mut record) = record("a", "x") else { panic!("a check-only record") };
        record.grade = written;
        record.differing_keys = differing_keys.map(|keys| keys.iter().map(ToString::to_string).collect());
        let text = EvidenceFile { evidence: vec![Evidence::CheckOnly(record)], ..EvidenceFile::default() }.to_text();
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
    let text = r#"{"version": 2, "evidence": [{"kind": "later"}, {"kind": "later"}], "later": 1}"#;
    let (file, problems) = EvidenceFile::parse(text.as_bytes(), "e.json").unwrap();
    assert_eq!((file.evidence.len(), problems.len()), (0, 1));
    assert!(problems[0].message.contains("left out 2 of the unknown kind \"later\""));
    // but kept, for a newer program
    let again = EvidenceFile::parse(file.to_text().as_bytes(), "e").unwrap().0;
    assert_eq!((again.unknown.as_slice(), &again), (&[r#"{"kind":"later"}"#.to_owned()][..], &file));
}
