//! What differs between the variables of two recipes, beside their inputs.

use std::collections::{BTreeMap, BTreeSet};

use memchr::memmem;
use rustc_hash::FxHashMap;
use serde_json::Value;

use super::answer::{Change, ChangeKind};
use crate::nix::store_path::{DIGEST_LEN, is_name_byte};
use crate::nix::{Derivation, Digest};
use crate::role::{DependencyList, Role};

/// How much of a value is given, in characters.
const LONGEST: usize = 2_000;

/// Variables that are told of otherwise: by what the graph knows of names, sources and outputs.
const TOLD_ELSEWHERE: [&str; 13] = [
    "name",
    "pname",
    "version",
    "src",
    "srcs",
    "patches",
    "system",
    "builder",
    "args",
    "outputs",
    "stdenv",
    "__json",
    "__structuredAttrs",
];

/// The text of a recipe, and what the paths in it are.
#[derive(Debug)]
pub(super) struct Recipe<'r> {
    derivation: &'r Derivation<'static>,
    /// The store directory and a slash.
    prefix: String,
    /// What is the same on both sides has the same text here.
    identities: FxHashMap<Digest, String>,
}

/// A value with its store paths replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shown {
    /// By identities: for comparing.
    compared: String,
    /// By names: for people.
    text: String,
}

impl<'r> Recipe<'r> {
    /// `identities` are those of the paths of its inputs; its own outputs are known.
    pub(super) fn new(
        derivation: &'r Derivation<'static>,
        store_dir: &str,
        mut identities: FxHashMap<Digest, String>,
    ) -> Self {
        let prefix = format!("{store_dir}/");
        for output in &derivation.outputs {
            let digest = output.path.strip_prefix(prefix.as_bytes()).and_then(Digest::from_prefix);
            if let Some(digest) = digest {
                identities.insert(digest, format!("own {}", String::from_utf8_lossy(&output.name)));
            }
        }
        Self { derivation, prefix, identities }
    }

    fn shown(&self, value: &str) -> Shown {
        let mut shown = Shown { compared: String::new(), text: String::new() };
        let mut rest = value;
        while let Some(at) = memmem::find(rest.as_bytes(), self.prefix.as_bytes()) {
            let (before, path) = (&rest[..at], &rest[at + self.prefix.len()..]);
            shown.compared.push_str(before);
            shown.text.push_str(before);
            let digest =
                Digest::from_prefix(path.as_bytes()).filter(|_| path.as_bytes().get(DIGEST_LEN) == Some(&b'-'));
            let Some(digest) = digest else {
                shown.compared.push_str(&self.prefix);
                shown.text.push_str(&self.prefix);
                rest = path;
                continue;
            };
            let name = &path[DIGEST_LEN + 1..];
            let name = &name[..name.bytes().take_while(|&byte| is_name_byte(byte)).count()];
            // a path that is no input keeps its name, and no more of it counts
            let identity = self.identities.get(&digest).map_or(name, String::as_str);
            shown.compared.push_str(&format!("\u{1}{identity}\u{1}"));
            shown.text.push_str(name);
            rest = &path[DIGEST_LEN + 1 + name.len()..];
        }
        shown.compared.push_str(rest);
        shown.text.push_str(rest);
        shown
    }

    /// The variables by name, those of structured attributes among them.
    fn variables(&self) -> BTreeMap<String, Shown> {
        let mut found = BTreeMap::new();
        for (key, value) in &self.derivation.environment {
            let (key, value) = (String::from_utf8_lossy(key), String::from_utf8_lossy(value));
            if key == "__json" {
                self.structured(&value, &mut found);
            } else {
                found.insert(key.into_owned(), self.shown(&value));
            }
        }
        found
    }

    fn structured(&self, json: &str, found: &mut BTreeMap<String, Shown>) {
        let Ok(Value::Object(object)) = serde_json::from_str(json) else { return };
        for (key, value) in object {
            match value {
                Value::Object(env) if key == "env" => {
                    found.extend(env.into_iter().map(|(key, value)| (key, self.shown(&plain(&value)))));
                }
                value => _ = found.insert(key, self.shown(&plain(&value))),
            }
        }
    }
}

/// A structured value as the plain one would read.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "1".to_owned(),
        Value::Bool(false) | Value::Null => String::new(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// What differs between two recipes, beside inputs, sources, names and outputs. An empty value is not
/// told apart from none.
pub(super) fn variable_changes(before: &Recipe<'_>, after: &Recipe<'_>) -> Vec<Change> {
    let (old, new) = (before.variables(), after.variables());
    let outputs: BTreeSet<&[u8]> =
        before.derivation.outputs.iter().chain(&after.derivation.outputs).map(|output| output.name.as_ref()).collect();
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut changes = Vec::new();
    for key in keys {
        if TOLD_ELSEWHERE.contains(&key.as_str()) || outputs.contains(key.as_bytes()) {
            continue;
        }
        let (was, is) = (old.get(key), new.get(key));
        let compared = |shown: Option<&Shown>| shown.map(|shown| shown.compared.clone()).unwrap_or_default();
        let (was_compared, is_compared) = (compared(was), compared(is));
        if was_compared == is_compared {
            continue;
        }
        let kind = if DependencyList::of_key(key).is_some() {
            // what comes and goes is told by the graph; here is only what stands in another order
            let sorted = |text: &str| -> Vec<String> {
                let mut words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
                words.sort_unstable();
                words
            };
            if sorted(&was_compared) != sorted(&is_compared) {
                continue;
            }
            ChangeKind::InputMoved
        } else {
            kind_of(key)
        };
        let text = |shown: Option<&Shown>| shown.map(|shown| cut(&shown.text)).filter(|text| !text.is_empty());
        changes.push(Change { kind, key: key.clone(), before: text(was), after: text(is) });
    }
    for (key, was, is) in [
        (
            "builder",
            before.shown(&String::from_utf8_lossy(&before.derivation.builder)),
            after.shown(&String::from_utf8_lossy(&after.derivation.builder)),
        ),
        ("args", before.arguments(), after.arguments()),
    ] {
        if was.compared != is.compared {
            changes.push(Change {
                kind: ChangeKind::Builder,
                key: key.to_owned(),
                before: Some(cut(&was.text)),
                after: Some(cut(&is.text)),
            });
        }
    }
    changes
}

impl Recipe<'_> {
    fn arguments(&self) -> Shown {
        let arguments: Vec<_> =
            self.derivation.arguments.iter().map(|argument| String::from_utf8_lossy(argument)).collect();
        self.shown(&arguments.join(" "))
    }
}

/// What a variable is for.
fn kind_of(key: &str) -> ChangeKind {
    let follows = |start: &str| {
        key.strip_prefix(start).and_then(|rest| rest.chars().next()).is_some_and(|first| first.is_ascii_uppercase())
    };
    let is_flag = key.ends_with("Flags")
        || key.ends_with("FlagsArray")
        || ["do", "dont", "enable", "disable", "with"].into_iter().any(follows)
        || matches!(key, "configurePlatforms" | "hardeningEnable" | "hardeningDisable" | "strictDeps");
    if is_flag {
        return ChangeKind::Flag;
    }
    match Role::of_key(key) {
        Role::Phase(_) | Role::Shell => ChangeKind::Phase,
        _ if matches!(key, "phases" | "buildPhases" | "prePhases" | "preConfigurePhases") => ChangeKind::Phase,
        _ => ChangeKind::Variable,
    }
}

/// At most [`LONGEST`] characters of a text.
fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn derivation(variables: &[(&str, &str)]) -> Derivation<'static> {
        let text = |text: &str| Cow::Owned(text.as_bytes().to_vec());
        Derivation {
            environment: variables.iter().map(|(key, value)| (text(key), text(value))).collect(),
            outputs: vec![crate::nix::Output {
                name: text("out"),
                path: text("/nix/store/00000000000000000000000000000000-own-1"),
                algorithm: text(""),
                hash: text(""),
            }],
            ..Derivation::default()
        }
    }

    fn check(
        before: &[(&str, &str)],
        after: &[(&str, &str)],
        expect: &[(ChangeKind, &str, Option<&str>, Option<&str>)],
    ) {
        let (one, other) = (derivation(before), derivation(after));
        let identities =
            || FxHashMap::from_iter([(Digest([b'1'; 32]), "zlib".to_owned()), (Digest([b'2'; 32]), "zlib".to_owned())]);
        let (one, other) =
            (Recipe::new(&one, "/nix/store", identities()), Recipe::new(&other, "/nix/store", identities()));
        let found = variable_changes(&one, &other);
        let found: Vec<_> = found
            .iter()
            .map(|change| (change.kind, change.key.as_str(), change.before.as_deref(), change.after.as_deref()))
            .collect();
        assert_eq!(found, expect);
    }

    fn path(digit: &str, name: &str) -> String {
        format!("/nix/store/{}-{name}", digit.repeat(32))
    }

    #[test]
    fn paths_of_inputs_do_not_count() {
        let flags = |path: String| [("configureFlags", format!("--with-zlib={path}/lib -O2"))];
        let (one, other) = (flags(path("1", "zlib-1.2")), flags(path("2", "zlib-1.3")));
        check(&[("configureFlags", &one[0].1)], &[("configureFlags", &other[0].1)], &[]);
        let third = flags(path("3", "bzip2-1"));
        check(
            &[("configureFlags", &one[0].1)],
            &[("configureFlags", &third[0].1)],
            &[(
                ChangeKind::Flag,
                "configureFlags",
                Some("--with-zlib=zlib-1.2/lib -O2"),
                Some("--with-zlib=bzip2-1/lib -O2"),
            )],
        );
        check(&[("out", "/a")], &[("out", "/b")], &[]);
        check(&[("x", "/nix/store/short /nix/store/")], &[("x", "/nix/store/short /nix/store/")], &[]);
    }

    #[test]
    fn kinds() {
        let cases = [
            ("doCheck", ChangeKind::Flag),
            ("dontStrip", ChangeKind::Flag),
            ("cmakeFlags", ChangeKind::Flag),
            ("docs", ChangeKind::Variable),
            ("installPhase", ChangeKind::Phase),
            ("postFixup", ChangeKind::Phase),
            ("shellHook", ChangeKind::Phase),
            ("phases", ChangeKind::Phase),
            ("FOO", ChangeKind::Variable),
        ];
        for (key, kind) in cases {
            check(&[(key, "a")], &[(key, "b")], &[(kind, key, Some("a"), Some("b"))]);
            check(&[], &[(key, "b")], &[(kind, key, None, Some("b"))]);
            check(&[], &[(key, "")], &[]);
        }
    }

    #[test]
    fn structured_attributes_and_orders() {
        check(
            &[("__json", r#"{"makeFlags": ["a", "b"], "doCheck": true, "env": {"X": "1"}}"#)],
            &[("__json", r#"{"makeFlags": ["a"], "doCheck": false, "env": {"X": "2"}}"#)],
            &[
                (ChangeKind::Variable, "X", Some("1"), Some("2")),
                (ChangeKind::Flag, "doCheck", Some("1"), None),
                (ChangeKind::Flag, "makeFlags", Some("a b"), Some("a")),
            ],
        );
        check(
            &[("buildInputs", "a b")],
            &[("buildInputs", "b a")],
            &[(ChangeKind::InputMoved, "buildInputs", Some("a b"), Some("b a"))],
        );
        check(&[("buildInputs", "a b")], &[("buildInputs", "b")], &[]);
    }
}
