//! What differs between a derivation and the same with its checks off, beside the inputs.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::nix::Derivation;
use crate::role::DependencyList;

/// Keys that turn checks on or hold what only checks need, and two lists of inputs by the names that
/// they had until 2018.
const EXPECTED: [&str; 8] = [
    "doCheck",
    "doInstallCheck",
    "checkInputs",
    "nativeCheckInputs",
    "installCheckInputs",
    "nativeInstallCheckInputs",
    "depsHostBuild",
    "depsHostBuildPropagated",
];

/// What differs but for the lists of inputs, the outputs' paths and the check flags: keys of the
/// environment (`__json.` and a path for structured attributes), `args`, `builder`, `system`. Sorted.
///
/// Underestimates: that a list has another order, or lost what stands in another list as well, is not
/// told.
#[must_use]
pub fn differing_keys(one: &Derivation<'_>, other: &Derivation<'_>) -> Vec<String> {
    let mut keys = BTreeSet::new();
    for (key, differs) in [
        ("args", one.arguments != other.arguments),
        ("builder", one.builder != other.builder),
        ("system", one.system != other.system),
    ] {
        if differs {
            keys.insert(key.to_owned());
        }
    }
    let (one_env, other_env) = (variables(one), variables(other));
    for key in one_env.keys().chain(other_env.keys()) {
        let outputs = || one.outputs.iter().chain(&other.outputs).any(|output| output.name.as_ref() == *key);
        if one_env.get(key) == other_env.get(key) || outputs() {
            continue;
        }
        let key = String::from_utf8_lossy(key);
        if key == "__json" {
            keys.extend(differing_json(one_env.get(key.as_bytes()), other_env.get(key.as_bytes())));
        } else if !is_expected(&key) {
            keys.insert(key.into_owned());
        }
    }
    keys.into_iter().collect()
}

/// Whether the one runs checks that the other does not: `doCheck` or `doInstallCheck` is on in the one alone.
pub(super) fn switches_checks(one: &Derivation<'_>, other: &Derivation<'_>) -> bool {
    let (one, other) = (checks_on(one), checks_on(other));
    one.into_iter().zip(other).any(|(one, other)| one && !other)
}

fn checks_on(derivation: &Derivation<'_>) -> [bool; 2] {
    let variables = variables(derivation);
    let json = variables.get(&b"__json"[..]).and_then(|text| serde_json::from_slice::<Value>(text).ok());
    ["doCheck", "doInstallCheck"].map(|flag| {
        let structured = json.as_ref().and_then(|json| json.get(flag));
        let plain = variables.get(flag.as_bytes()).is_some_and(|value| !value.is_empty());
        plain
            || structured
                .is_some_and(|value| *value == Value::Bool(true) || value.as_str().is_some_and(|text| !text.is_empty()))
    })
}

fn variables<'d>(derivation: &'d Derivation<'_>) -> BTreeMap<&'d [u8], &'d [u8]> {
    derivation.environment.iter().map(|(key, value)| (key.as_ref(), value.as_ref())).collect()
}

fn is_expected(key: &str) -> bool {
    EXPECTED.contains(&key) || DependencyList::of_key(key).is_some()
}

/// Paths to what differs between two `__json`: its keys, and those of the `env` in it.
fn differing_json(one: Option<&&[u8]>, other: Option<&&[u8]>) -> Vec<String> {
    let parse = |text: Option<&&[u8]>| match serde_json::from_slice(text?) {
        Ok(Value::Object(object)) => Some(object),
        _ => None,
    };
    let (Some(mut one), Some(mut other)) = (parse(one), parse(other)) else { return vec!["__json".to_owned()] };
    let env = |object: &mut serde_json::Map<String, Value>| match object.remove("env") {
        Some(Value::Object(env)) => env,
        Some(odd) => serde_json::Map::from_iter([(String::new(), odd)]),
        None => serde_json::Map::new(),
    };
    let (one_env, other_env) = (env(&mut one), env(&mut other));
    let mut keys = Vec::new();
    for (prefix, one, other) in [("__json.", one, other), ("__json.env.", one_env, other_env)] {
        for key in one.keys().chain(other.keys()) {
            if one.get(key) != other.get(key) && !is_expected(key) {
                let path: Cow<'_, str> = format!("{prefix}{key}").into();
                keys.push(path.trim_end_matches('.').to_owned());
            }
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(one: &[(&str, &str)], other: &[(&str, &str)], expect: &[&str]) {
        let derivation = |variables: &[(&str, &str)]| {
            let text = |text: &str| Cow::Owned(text.as_bytes().to_vec());
            let environment = variables.iter().map(|(key, value)| (text(key), text(value))).collect();
            let output = |name: &str| crate::nix::Output {
                name: text(name),
                path: text(""),
                algorithm: text(""),
                hash: text(""),
            };
            Derivation { outputs: vec![output("out"), output("dev")], environment, ..Derivation::default() }
        };
        let (one, other) = (derivation(one), derivation(other));
        assert_eq!(differing_keys(&one, &other), expect);
        assert_eq!(differing_keys(&other, &one), expect);
    }

    #[test]
    fn flags_lists_and_outputs_are_expected() {
        check(&[], &[], &[]);
        check(
            &[("doCheck", "1"), ("doInstallCheck", "1"), ("buildInputs", "a b"), ("out", "/x"), ("dev", "/y")],
            &[("doCheck", ""), ("buildInputs", "a"), ("nativeCheckInputs", ""), ("out", "/z"), ("dev", "/w")],
            &[],
        );
        check(&[("bin", "/x"), ("b", "1"), ("a", "1")], &[("b", "2"), ("a", "1")], &["b", "bin"]);
        // an empty value is not the same as none
        check(&[("cmakeFlags", "")], &[], &["cmakeFlags"]);
    }

    #[test]
    fn structured_attributes() {
        let json = |text: &str| [("__json".to_owned(), text.to_owned())];
        let check = |one: &str, other: &str, expect: &[&str]| {
            let (one, other) = (json(one), json(other));
            let plain = |list: &[(String, String)]| [(list[0].0.clone(), list[0].1.clone())];
            let (one, other) = (plain(&one), plain(&other));
            check(&[(&one[0].0, &one[0].1)], &[(&other[0].0, &other[0].1)], expect);
        };
        check(r#"{"doCheck": true, "buildInputs": ["a"]}"#, r#"{"doCheck": false, "buildInputs": []}"#, &[]);
        check(r#"{"a": 1, "env": {"B": "1"}}"#, r#"{"a": 2, "env": {}}"#, &["__json.a", "__json.env.B"]);
        check(r#"{"env": 1}"#, r#"{"env": 2}"#, &["__json.env"]);
        check("{", "{}", &["__json"]);
        check("[]", "{}", &["__json"]);
    }

    #[test]
    fn checks_that_are_switched() {
        let derivation = |variables: &[(&str, &str)]| {
            let text = |text: &str| Cow::Owned(text.as_bytes().to_vec());
            let environment = variables.iter().map(|(key, value)| (text(key), text(value))).collect();
            Derivation { environment, ..Derivation::default() }
        };
        let on = [("doCheck", "1"), ("doInstallCheck", "")];
        let json = |text: &'static str| [("__json", text)];
        for (one, other, expect) in [
            (&on[..], &[][..], true),
            (&on[..], &[("doCheck", "")][..], true),
            (&[][..], &on[..], false),
            (&on[..], &on[..], false),
            (&on[..], &[("doInstallCheck", "1")][..], true),
            (&json(r#"{"doInstallCheck": true}"#)[..], &json(r#"{"doInstallCheck": false}"#)[..], true),
            (&json(r#"{"doCheck": false}"#)[..], &json("{")[..], false),
        ] {
            assert_eq!(switches_checks(&derivation(one), &derivation(other)), expect, "{one:?} {other:?}");
        }
    }

    #[test]
    fn what_runs() {
        let one = Derivation { arguments: vec![Cow::Borrowed(b"-e")], ..Derivation::default() };
        let other =
            Derivation { builder: Cow::Borrowed(b"/bin/sh"), system: Cow::Borrowed(b"x"), ..Derivation::default() };
        assert_eq!(differing_keys(&one, &other), ["args", "builder", "system"]);
    }
}
