//! A derivation that is edited: inputs taken out or exchanged, checks switched off.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::error::ExperimentError;
use crate::nix::{Derivation, Digest, StorePath};
use crate::role::DependencyList;

/// A derivation in full, with what its structured attributes say.
#[derive(Debug, Clone)]
pub(super) struct Recipe {
    pub(super) derivation: Derivation<'static>,
    /// The content of `__json`.
    pub(super) structured: Option<Map<String, Value>>,
    /// An input source that no text mentions: it gives another hash to the same recipe.
    pub(super) salt: Option<String>,
}

/// Keys whose paths are what is built, or with what, and no list of inputs; nor are those of its outputs.
const NO_LISTS: [&str; 7] = ["src", "srcs", "patches", "stdenv", "builder", "system", "name"];

/// Switches of presence checks, as nixpkgs' hooks and pip know them: what they do, they do not look
/// whether a declared dependency is there, or whether a module can be imported.
const PRESENCE_OFF: [(&str, &str); 4] = [
    ("PIP_NO_DEPS", "1"),
    ("dontCheckRuntimeDeps", "1"),
    ("dontUsePythonImportsCheck", "1"),
    ("pythonImportsCheck", ""),
];

/// Switches of the checks themselves.
const CHECKS_OFF: [&str; 2] = ["doCheck", "doInstallCheck"];

impl Recipe {
    /// Of a derivation.
    ///
    /// # Errors
    /// When its structured attributes are no JSON.
    pub(super) fn of(derivation: Derivation<'static>, name: &str) -> Result<Self, ExperimentError> {
        let unfit = |reason| ExperimentError::Unfit { name: name.to_owned(), reason };
        let structured = match derivation.variable(b"__json") {
            None => None,
            Some(text) => match serde_json::from_slice(text) {
                Ok(Value::Object(fields)) => Some(fields),
                _ => return Err(unfit("its structured attributes are no JSON object")),
            },
        };
        if derivation.is_dynamic() {
            return Err(unfit("it uses dynamic derivations, which no expression can be written for"));
        }
        Ok(Self { derivation, structured, salt: None })
    }

    /// The same recipe under another hash.
    pub(super) fn salted(mut self, salt: &str) -> Self {
        self.salt = Some(salt.to_owned());
        self
    }

    /// Whether a switch is on.
    fn is_on(&self, key: &str) -> bool {
        let set = |value: &[u8]| !value.is_empty() && value != b"0" && value != b"false";
        match &self.structured {
            Some(fields) => match fields.get(key) {
                Some(Value::Bool(on)) => *on,
                Some(Value::String(text)) => set(text.as_bytes()),
                _ => false,
            },
            None => self.derivation.variable(key.as_bytes()).is_some_and(set),
        }
    }

    /// Whether the package runs checks of its own.
    pub(super) fn runs_checks(&self) -> bool {
        CHECKS_OFF.iter().any(|key| self.is_on(key))
    }

    /// Whether the sandbox is asked away.
    pub(super) fn escapes_sandbox(&self) -> bool {
        self.is_on("__noChroot")
    }

    /// Without checks whether inputs are there.
    pub(super) fn without_presence_checks(mut self) -> Self {
        for (key, value) in PRESENCE_OFF {
            // an import check is looked at only where there is one
            if !value.is_empty() || self.has(key) {
                self.set(key, value);
            }
        }
        self
    }

    /// Without the package's own checks.
    pub(super) fn without_checks(mut self) -> Self {
        for key in CHECKS_OFF {
            if self.is_on(key) {
                self.set(key, "");
            }
        }
        self
    }

    /// The names of its outputs: each is a variable with the output's own path, too.
    fn outputs(&self) -> BTreeSet<String> {
        let names = self.derivation.outputs.iter().map(|output| String::from_utf8_lossy(&output.name).into_owned());
        names.collect()
    }

    fn has(&self, key: &str) -> bool {
        match &self.structured {
            Some(fields) => fields.contains_key(key),
            None => self.derivation.variable(key.as_bytes()).is_some(),
        }
    }

    fn set(&mut self, key: &str, value: &str) {
        if let Some(fields) = &mut self.structured {
            // variables of the environment stand apart
            if let Some(Value::Object(env)) = fields.get_mut("env")
                && key.chars().all(|c| c.is_ascii_uppercase() || c == '_')
            {
                env.insert(key.to_owned(), Value::String(value.to_owned()));
                return;
            }
            fields.insert(key.to_owned(), Value::String(value.to_owned()));
            return;
        }
        let value = Cow::Owned(value.as_bytes().to_vec());
        match self.derivation.environment.iter_mut().find(|(known, _)| known.as_ref() == key.as_bytes()) {
            Some((_, known)) => *known = value,
            None => {
                self.derivation.environment.push((Cow::Owned(key.as_bytes().to_vec()), value));
                self.derivation.environment.sort();
            }
        }
    }

    /// The paths that stand in lists of inputs, in order.
    pub(super) fn listed(&self) -> Vec<String> {
        let outputs = self.outputs();
        let is_list = |key: &str, value: &str| !outputs.contains(key) && is_list(key, value);
        let mut listed = Vec::new();
        let mut see = |text: &str| {
            for word in text.split_whitespace() {
                if is_store_path(word) && !listed.iter().any(|known| known == word) {
                    listed.push(word.to_owned());
                }
            }
        };
        match &self.structured {
            Some(fields) => {
                for (key, value) in fields {
                    if is_list(key, &strings_of(value).join(" ")) {
                        strings_of(value).iter().for_each(|text| see(text));
                    }
                }
            }
            None => {
                for (key, value) in &self.derivation.environment {
                    let (Ok(key), Ok(value)) = (std::str::from_utf8(key), std::str::from_utf8(value)) else { continue };
                    if is_list(key, value) {
                        see(value);
                    }
                }
            }
        }
        listed
    }

    /// Takes these paths out of every list, and puts others in the place of some.
    pub(super) fn edit_lists(&mut self, gone: &BTreeSet<String>, exchanged: &BTreeMap<String, String>) {
        let outputs = self.outputs();
        let is_list = |key: &str, value: &str| !outputs.contains(key) && is_list(key, value);
        let edit = |text: &str| -> Option<String> {
            let words: Vec<&str> = text.split(' ').filter(|word| !gone.contains(*word)).collect();
            let words: Vec<String> = words
                .into_iter()
                .map(|word| {
                    // lists that are written by hand have lines
                    let parts = word.split_inclusive(['\n', '\t', '\r']);
                    let kept = parts.map(|part| {
                        let bare = part.trim_end();
                        let rest = part.get(bare.len()..).unwrap_or_default();
                        let bare = if gone.contains(bare) { "" } else { bare };
                        exchanged.get(bare).map_or(bare, String::as_str).to_owned() + rest
                    });
                    kept.collect()
                })
                .collect();
            let edited = words.join(" ");
            (edited != text).then_some(edited)
        };
        match &mut self.structured {
            Some(fields) => {
                for (key, value) in fields.iter_mut() {
                    if is_list(key, &strings_of(value).join(" ")) {
                        edit_strings(value, &edit);
                    }
                }
            }
            None => {
                for (key, value) in &mut self.derivation.environment {
                    let (Ok(key), Ok(text)) = (std::str::from_utf8(key), std::str::from_utf8(value)) else { continue };
                    if is_list(key, text)
                        && let Some(edited) = edit(text)
                    {
                        *value = Cow::Owned(edited.into_bytes());
                    }
                }
            }
        }
    }

    /// Puts paths in the place of others wherever a text names them.
    pub(super) fn exchange_everywhere(&mut self, exchanged: &BTreeMap<String, String>) {
        let edit = |text: &[u8]| -> Option<Vec<u8>> { exchange(text, exchanged) };
        for (_, value) in &mut self.derivation.environment {
            if let Some(edited) = edit(value) {
                *value = Cow::Owned(edited);
            }
        }
        for text in self.derivation.arguments.iter_mut().chain([&mut self.derivation.builder]) {
            if let Some(edited) = edit(text) {
                *text = Cow::Owned(edited);
            }
        }
        if let Some(fields) = &mut self.structured {
            for value in fields.values_mut() {
                edit_strings(value, &|text: &str| String::from_utf8(edit(text.as_bytes())?).ok());
            }
        }
    }

    /// The keys (`args`, `builder`) that name one of these paths, sorted.
    pub(super) fn naming(&self, digests: &BTreeSet<Digest>) -> Vec<String> {
        let names = |text: &[u8]| digests.iter().any(|digest| memchr::memmem::find(text, &digest.0).is_some());
        let mut keys = BTreeSet::new();
        match &self.structured {
            Some(fields) => {
                let all = fields.iter().filter(|(_, value)| names(value.to_string().as_bytes()));
                keys.extend(all.map(|(key, _)| key.clone()));
            }
            None => {
                let all = self.derivation.environment.iter().filter(|(_, value)| names(value));
                keys.extend(all.map(|(key, _)| String::from_utf8_lossy(key).into_owned()));
            }
        }
        if self.derivation.arguments.iter().any(|argument| names(argument)) {
            keys.insert("args".to_owned());
        }
        if names(&self.derivation.builder) {
            keys.insert("builder".to_owned());
        }
        keys.into_iter().collect()
    }

    /// What the build may see beside what it saw: these paths are inputs now.
    pub(super) fn add_sources(&mut self, paths: impl IntoIterator<Item = String>) {
        let sources = &mut self.derivation.input_sources;
        sources.extend(paths.into_iter().map(|path| Cow::Owned(path.into_bytes())));
        sources.sort();
        sources.dedup();
    }

    /// Leaves out inputs that texts of `before` name, and its own do not any more; `inputs` are those of
    /// both, with the digests of their outputs.
    pub(super) fn forget_unnamed(&mut self, before: &Self, inputs: &BTreeMap<String, BTreeSet<Digest>>) {
        for (path, digests) in inputs {
            if !before.naming(digests).is_empty() && self.naming(digests).is_empty() {
                self.drop_input(path);
                self.drop_source(path);
            }
        }
    }

    /// This derivation is no input any more.
    fn drop_input(&mut self, drv: &str) {
        self.derivation.input_derivations.retain(|(path, _)| path.as_ref() != drv.as_bytes());
    }

    /// The same for a source.
    fn drop_source(&mut self, path: &str) {
        self.derivation.input_sources.retain(|source| source.as_ref() != path.as_bytes());
    }
}

/// Store paths exchanged in a text, with or without the store's folder before them; `None` where none
/// stands there.
pub(super) fn exchange(text: &[u8], exchanged: &BTreeMap<String, String>) -> Option<Vec<u8>> {
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let mut edited: Option<Vec<u8>> = None;
    for (from, to) in exchanged {
        let (from, to) = (last(from), last(to));
        let before = edited.as_deref().unwrap_or(text);
        let mut after = Vec::with_capacity(before.len());
        let mut done = 0;
        for at in memchr::memmem::find_iter(before, from.as_bytes()) {
            after.extend_from_slice(before.get(done..at).unwrap_or_default());
            after.extend_from_slice(to.as_bytes());
            done = at + from.len();
        }
        if done > 0 {
            after.extend_from_slice(before.get(done..).unwrap_or_default());
            edited = Some(after);
        }
    }
    edited
}

/// Whether a text is one whole store path, nothing below it.
fn is_store_path(text: &str) -> bool {
    StorePath::from_absolute(text.as_bytes()).is_ok()
}

/// Whether a variable is a list of inputs: one of the twelve, or nothing but store paths.
fn is_list(key: &str, value: &str) -> bool {
    if DependencyList::of_key(key).is_some() {
        return true;
    }
    if NO_LISTS.contains(&key) {
        return false;
    }
    let mut words = value.split_whitespace().peekable();
    words.peek().is_some() && words.all(is_store_path)
}

fn strings_of(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Edits every string of a value; an element of a list that becomes empty goes.
fn edit_strings(value: &mut Value, edit: &dyn Fn(&str) -> Option<String>) {
    match value {
        Value::String(text) => {
            if let Some(edited) = edit(text) {
                *text = edited;
            }
        }
        Value::Array(items) => {
            items.retain_mut(|item| {
                let was_empty = item.as_str() == Some("");
                edit_strings(item, edit);
                was_empty || item.as_str() != Some("")
            });
        }
        // no deeper than the parser of JSON lets it nest
        Value::Object(fields) => fields.values_mut().for_each(|value| edit_strings(value, edit)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nix::Output;

    /// The variables `out`, `dev`, … are a package's own paths, whatever the outputs are called.
    #[test]
    fn own_outputs_are_no_list() {
        let path = |name: &str| format!("/nix/store/{}-{name}", "a".repeat(32)).into_bytes();
        let output = |name: &'static str| Output {
            name: Cow::Borrowed(name.as_bytes()),
            path: Cow::Owned(path(name)),
            algorithm: Cow::Borrowed(b""),
            hash: Cow::Borrowed(b""),
        };
        let set = |key: &'static str, value: Vec<u8>| (Cow::Borrowed(key.as_bytes()), Cow::Owned(value));
        let derivation = Derivation {
            outputs: vec![output("bin"), output("out")],
            input_derivations: Vec::new(),
            input_sources: Vec::new(),
            system: Cow::Borrowed(b"x86_64-linux"),
            builder: Cow::Borrowed(b"/bin/sh"),
            arguments: Vec::new(),
            environment: vec![set("bin", path("bin")), set("extras", path("tool")), set("out", path("out"))],
        };
        let recipe = Recipe::of(derivation, "app").unwrap();
        assert_eq!(recipe.listed(), [String::from_utf8(path("tool")).unwrap()]);
        let mut edited = recipe.clone();
        let gone = recipe.derivation.environment.iter().map(|(_, value)| String::from_utf8_lossy(value).into_owned());
        edited.edit_lists(&gone.collect(), &BTreeMap::new());
        let left: Vec<&[u8]> = edited.derivation.environment.iter().map(|(_, value)| value.as_ref()).collect();
        assert_eq!(left, [path("bin").as_slice(), b"", path("out").as_slice()]);
    }
}
