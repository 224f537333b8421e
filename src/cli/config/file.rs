//! A file of defaults, read.

use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::key::{Key, Kind};
use super::places::{Whose, resolved};
use crate::ingest::FileError;
use crate::query::nearest_word;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Files(Vec<PathBuf>),
    Number(u64),
    Text(String),
    Switch(bool),
}

/// A default, and the line where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) key: Key,
    pub(super) value: Value,
    pub(super) line: usize,
}

/// The entries of a file.
pub(super) fn read(path: &Path, whose: Whose) -> Result<Vec<Entry>, FileError> {
    parse(&FileError::read(path)?, path, whose)
}

/// The same of its text.
fn parse(text: &str, path: &Path, whose: Whose) -> Result<Vec<Entry>, FileError> {
    let line = |at: usize| text.get(..at).unwrap_or(text).matches('\n').count() + 1;
    let wrong = |line: usize, message: String| FileError::malformed(path, format!("line {line}: {message}"));
    let table = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        wrong(line(at), format!("{}; expected TOML: lines of KEY = VALUE", error.message()))
    })?;
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    let mut entries: Vec<Entry> = Vec::new();
    for (name, value) in table.into_inner() {
        let line = line(name.span().start);
        let name = name.into_inner();
        let Some(key) = Key::ALL.into_iter().find(|key| key.name() == name) else {
            let known: Vec<&str> = Key::ALL.into_iter().map(Key::name).collect();
            let nearest = match nearest_word(&name, &known) {
                Some(nearest) => format!("did you mean '{nearest}'?"),
                None => format!("known are {}", known.join(", ")),
            };
            return Err(wrong(line, format!("unknown key '{name}'; {nearest}")));
        };
        if whose == Whose::Project && !key.is_for_projects() {
            return Err(wrong(
                line,
                format!("'{name}' is for your own file alone: one that comes with a checkout must not say what is run"),
            ));
        }
        if let Some(rival) = key.rival()
            && entries.iter().any(|entry| entry.key == rival)
        {
            return Err(wrong(line, format!("'{name}' and '{}' say the same; expected one of them", rival.name())));
        }
        let found = kind_of(value.get_ref());
        let value = taken(key.kind(), value.into_inner(), folder);
        let value =
            value.ok_or_else(|| wrong(line, format!("'{name}': expected {}, found {found}", key.kind().expected())))?;
        entries.push(Entry { key, value, line });
    }
    entries.sort_by_key(|entry| entry.key);
    Ok(entries)
}

/// What a value is, for errors.
fn kind_of(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("'{text}'"),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Boolean(value) => value.to_string(),
        other => format!("a value of kind {}", other.type_str()),
    }
}

fn taken(kind: Kind, value: DeValue<'_>, folder: &Path) -> Option<Value> {
    let file = |text: &str| (!text.is_empty()).then(|| resolved(folder, text));
    match (kind, value) {
        (Kind::Files, DeValue::Array(items)) => {
            let files = items.into_iter().map(|item| match item.into_inner() {
                DeValue::String(text) => file(&text),
                _ => None,
            });
            files.collect::<Option<Vec<_>>>().map(Value::Files)
        }
        (Kind::Files | Kind::File, DeValue::String(text)) => file(&text).map(|file| Value::Files(vec![file])),
        (Kind::Number(least, most), DeValue::Integer(number)) => {
            let text = number.as_str().replace('_', "");
            let number = u64::from_str_radix(&text, number.radix()).ok();
            number.filter(|number| (least..=most).contains(number)).map(Value::Number)
        }
        (Kind::Word(words), DeValue::String(text)) => {
            words.contains(&text.as_ref()).then(|| Value::Text(text.into_owned()))
        }
        (Kind::Text, DeValue::String(text)) => Some(Value::Text(text.into_owned())),
        (Kind::Switch, DeValue::Boolean(value)) => Some(Value::Switch(value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Vec<Entry>, String> {
        parse(text, Path::new("/p/x.toml"), Whose::Project).map_err(|error| error.to_string())
    }

    #[test]
    fn values() {
        let text = "# mine\nfarm = \"farm.toml\"\n\ntimes = [\"a\", \"/b\"]\nclosure = \"c\"\ncost = true\nwidth = 1_00\ncolor = \"never\"\n";
        let entry = |key, value, line| Entry { key, value, line };
        let files = |files: &[&str]| Value::Files(files.iter().map(PathBuf::from).collect());
        assert_eq!(
            of(text).unwrap(),
            [
                entry(Key::Closure, files(&["/p/c"]), 5),
                entry(Key::Times, files(&["/p/a", "/b"]), 4),
                entry(Key::Cost, Value::Switch(true), 6),
                entry(Key::Farm, files(&["/p/farm.toml"]), 2),
                entry(Key::Color, Value::Text("never".to_owned()), 8),
                entry(Key::Width, Value::Number(100), 7),
            ]
        );
        assert_eq!(of("").unwrap(), []);
    }

    #[test]
    fn errors_say_where_and_what() {
        for (text, expect) in [
            ("\ntime = \"x\"", "/p/x.toml: line 2: unknown key 'time'; did you mean 'times'?"),
            ("zzzzzzzzzz = 1", "/p/x.toml: line 1: unknown key 'zzzzzzzzzz'; known are closure, times,"),
            ("times = 3", "line 1: 'times': expected a file in quotes, or a list of them: [\"one\", \"two\"], found 3"),
            ("times = [3]", "found a value of kind array"),
            ("farm = [\"a\"]", "'farm': expected a file in quotes, found a value of kind array"),
            ("closure = \"\"", "'closure': expected a file in quotes, or"),
            ("builders = 0", "'builders': expected a whole number from 1 to 100000, found 0"),
            ("builders = -1", "expected a whole number"),
            ("builders = 99999999999999999999999", "expected a whole number"),
            ("color = \"red\"", "'color': expected one of auto, always, never, in quotes, found 'red'"),
            ("cost = \"yes\"", "'cost': expected true or false, found 'yes'"),
            ("[times]\na = 1", "line 1: 'times': expected a file"),
            ("builders = 3\nfarm = \"x\"", "say the same; expected one of them"),
            ("pager = \"less\"", "line 1: 'pager' is for your own file alone"),
            ("times", "line 1: "),
            ("times = \"a\"\ntimes = \"b\"", "duplicate key"),
        ] {
            let error = of(text).unwrap_err();
            assert!(error.contains(expect) && error.starts_with("/p/x.toml: line "), "{text}: {error}");
        }
        assert!(parse("pager = \"less\"", Path::new("x"), Whose::User).is_ok());
    }
}
