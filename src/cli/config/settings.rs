//! What is in effect.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::file::{Value, read};
use super::key::Key;
use super::places::{Place, Whose, places};
use crate::ingest::FileError;

/// A default, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    pub(super) value: Value,
    pub(super) file: PathBuf,
    pub(super) line: usize,
}

/// The defaults of files: the nearer file's before the user's own.
#[derive(Debug, Clone, Default)]
pub(in crate::cli) struct Config {
    settings: BTreeMap<Key, Setting>,
}

impl Config {
    /// Reads what there is.
    ///
    /// # Errors
    /// When a file cannot be read, says what is not known, or is named and not there.
    pub(in crate::cli) fn load() -> Result<Self, FileError> {
        Self::of(&places())
    }

    pub(super) fn of(places: &[Place]) -> Result<Self, FileError> {
        let mut settings: BTreeMap<Key, Setting> = BTreeMap::new();
        // the files that count more come later, and take back what was said before
        for place in places.iter().rev().filter(|place| place.is_there || place.whose == Whose::Named) {
            for entry in read(&place.path, place.whose)? {
                entry.key.rival().map(|rival| settings.remove(&rival));
                let setting = Setting { value: entry.value, file: place.path.clone(), line: entry.line };
                settings.insert(entry.key, setting);
            }
        }
        Ok(Self { settings })
    }

    pub(super) fn setting(&self, key: Key) -> Option<&Setting> {
        self.settings.get(&key)
    }

    /// The files of a default; none where nothing is said.
    pub(in crate::cli) fn files(&self, key: Key) -> &[PathBuf] {
        match self.setting(key).map(|setting| &setting.value) {
            Some(Value::Files(files)) => files,
            _ => &[],
        }
    }

    /// The file of a default.
    pub(in crate::cli) fn file(&self, key: Key) -> Option<&Path> {
        self.files(key).first().map(PathBuf::as_path)
    }

    /// The number of a default.
    pub(in crate::cli) fn number(&self, key: Key) -> Option<u64> {
        match self.setting(key)?.value {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The text of a default.
    pub(in crate::cli) fn text(&self, key: Key) -> Option<&str> {
        match &self.setting(key)?.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether a default is switched on.
    pub(in crate::cli) fn is_on(&self, key: Key) -> bool {
        matches!(self.setting(key).map(|setting| &setting.value), Some(Value::Switch(true)))
    }

    /// Where a message comes from that begins with a file which nobody has named but a default.
    pub(in crate::cli) fn origin(&self, message: &str) -> Option<String> {
        let (key, setting) = self.settings.iter().find(|(_, setting)| match &setting.value {
            Value::Files(files) => files.iter().any(|file| {
                message.strip_prefix(&*file.to_string_lossy()).is_some_and(|rest| rest.starts_with([':', ' ']))
            }),
            _ => false,
        })?;
        let (file, line) = (setting.file.display(), setting.line);
        Some(format!("it is a default: '{}' of {file}, line {line}; --no-config goes without", key.name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The settings of files of these texts, the first of which counts most.
    fn of(named: &str, user: &str) -> Result<Config, FileError> {
        let folder = tempfile::tempdir().unwrap();
        let place = |whose, name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            Place { whose, path, is_there: true }
        };
        Config::of(&[place(Whose::Project, "a.toml", named), place(Whose::User, "b.toml", user)])
    }

    #[test]
    fn the_nearer_file_counts() {
        let config = of("builders = 3\ntimes = []", "builders = 5\nwidth = 80\ntimes = \"x\"").unwrap();
        assert_eq!((config.number(Key::Builders), config.number(Key::Width)), (Some(3), Some(80)));
        // nothing is said on purpose
        assert_eq!(config.files(Key::Times), [] as [PathBuf; 0]);
        assert_eq!(config.setting(Key::Builders).unwrap().line, 1);
    }

    /// Machines are described in one way: a project's farm is not joined with a user's builders.
    #[test]
    fn a_rival_is_taken_back() {
        let config = of("farm = \"f\"", "builders = 5").unwrap();
        assert_eq!(config.number(Key::Builders), None);
        assert!(config.file(Key::Farm).unwrap().ends_with("f"));
    }

    #[test]
    fn a_named_file_must_be_there() {
        let place = |whose| [Place { whose, path: PathBuf::from("/gone/x"), is_there: false }];
        assert!(Config::of(&place(Whose::Named)).unwrap_err().to_string().starts_with("/gone/x: No such file"));
        assert!(Config::of(&place(Whose::User)).is_ok());
    }

    #[test]
    fn messages_of_files_that_a_default_names() {
        let config = of("times = [\"t\", \"u\"]", "").unwrap();
        let file = config.files(Key::Times)[1].clone();
        let told = config.origin(&format!("{}: No such file", file.display())).unwrap();
        assert!(told.starts_with("it is a default: 'times' of ") && told.contains("line 1"), "{told}");
        assert_eq!(config.origin(&format!("{}2: No such file", file.display())), None);
    }
}
