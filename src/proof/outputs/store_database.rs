//! Nix's store database: which paths are valid, what they refer to, and how large they are.

use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};

use super::{MetadataError, Recorded, recorded};

/// How long somebody who writes is waited for.
const WAIT: Duration = Duration::from_secs(5);

/// How a database begins.
pub(super) const MAGIC: &[u8] = b"SQLite format 3\0";

/// A store database, opened to be read. It may be in use: what is being written is seen when it is done.
#[derive(Debug)]
pub struct StoreDatabase {
    connection: Connection,
    path: String,
    /// What is not seen, if anything is not.
    note: Option<String>,
}

/// The path as a URI of SQLite.
fn uri(path: &Path, how: &str) -> String {
    let mut uri = String::from("file:");
    for &byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_') {
            uri.push(byte.into());
        } else {
            let _ = write!(uri, "%{byte:02x}");
        }
    }
    uri.push('?');
    uri.push_str(how);
    uri
}

impl StoreDatabase {
    /// Opens it to be read. Where its folder cannot be written, and SQLite can keep no lock, it is read as it
    /// lies there; [`Self::note`] tells.
    ///
    /// # Errors
    /// When it cannot be opened, is none of Nix, or somebody writes it for longer than five seconds.
    pub fn open(path: &Path) -> Result<Self, MetadataError> {
        match Self::open_as(path, "mode=ro") {
            Err(MetadataError::Database { source, .. }) if cannot_lock(&source) => {
                let mut database = Self::open_as(path, "mode=ro&immutable=1")?;
                let mut log = path.to_path_buf().into_os_string();
                log.push("-wal");
                let unseen = std::fs::metadata(PathBuf::from(log)).is_ok_and(|log| log.len() > 0);
                let unseen = if unseen { "; what stands in its -wal file alone is not seen" } else { "" };
                database.note = Some(format!(
                    "{}: read as it lies there, for its folder cannot be written{unseen}",
                    path.display()
                ));
                Ok(database)
            }
            opened => opened,
        }
    }

    fn open_as(path: &Path, how: &str) -> Result<Self, MetadataError> {
        let shown = path.display().to_string();
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let opened = Connection::open_with_flags(uri(&absolute, how), flags);
        let connection = opened.map_err(|source| MetadataError::Database { path: shown.clone(), source })?;
        let database = Self { connection, path: shown, note: None };
        database.connection.busy_timeout(WAIT).map_err(|source| database.error(source))?;
        for table in ["ValidPaths", "Refs"] {
            let named = "select 1 from sqlite_master where type = 'table' and name = ?1";
            let found = database.connection.query_row(named, [table], |_| Ok(())).optional();
            if found.map_err(|source| database.error(source))?.is_none() {
                return Err(MetadataError::Schema { path: database.path, table });
            }
        }
        Ok(database)
    }

    fn error(&self, source: rusqlite::Error) -> MetadataError {
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                MetadataError::Busy(self.path.clone(), WAIT.as_secs())
            }
            _ => MetadataError::Database { path: self.path.clone(), source },
        }
    }

    /// What is not seen, if anything is not.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    fn texts(&self, query: &str, parameters: impl rusqlite::Params) -> Result<Vec<String>, MetadataError> {
        let run = || {
            let mut statement = self.connection.prepare_cached(query)?;
            let rows = statement.query_map(parameters, |row| row.get(0))?;
            rows.collect::<Result<Vec<String>, rusqlite::Error>>()
        };
        run().map_err(|source| self.error(source))
    }

    /// All valid paths, ascending.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn paths(&self) -> Result<Vec<String>, MetadataError> {
        self.texts("select path from ValidPaths order by path", [])
    }

    /// What is recorded of all valid paths but what they refer to, ascending by base name. What is no store path
    /// is left out.
    ///
    /// # Errors
    /// When the database cannot be read, or a size is none.
    pub(super) fn recorded(&self) -> Result<Vec<(String, Recorded)>, MetadataError> {
        type Row = (String, Option<i64>, bool);
        let run = || {
            let query = "select path, narSize, ca is not null and ca <> '' from ValidPaths";
            let mut statement = self.connection.prepare(query)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            rows.collect::<Result<Vec<Row>, rusqlite::Error>>()
        };
        let mut all = Vec::new();
        for (path, bytes, by_content) in run().map_err(|source| self.error(source))? {
            let Some(name) = super::base_name(&path) else { continue };
            let told = bytes.map(u64::try_from).transpose();
            let checked = told.map_err(|_| format!("expected a number of bytes, found {}", bytes.unwrap_or_default()));
            let nar = checked.and_then(recorded::size).map_err(|expected| MetadataError::Damaged {
                path: self.path.clone(),
                place: format!("table ValidPaths, path '{path}', narSize"),
                expected,
            })?;
            all.push((name.to_owned(), Recorded { references: None, nar, download: None, by_content }));
        }
        all.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        Ok(all)
    }

    /// What a path refers to, ascending; `None` where it is not valid.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn references(&self, path: &str) -> Result<Option<Vec<String>>, MetadataError> {
        if self.texts("select path from ValidPaths where path = ?1", [path])?.is_empty() {
            return Ok(None);
        }
        let query = "select to_.path from Refs \
                     join ValidPaths from_ on from_.id = Refs.referrer \
                     join ValidPaths to_ on to_.id = Refs.reference \
                     where from_.path = ?1 order by to_.path";
        Ok(Some(self.texts(query, [path])?))
    }
}

/// Whether SQLite could not make the files beside the database that it locks with.
fn cannot_lock(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = "create table ValidPaths (id integer primary key autoincrement not null, path text unique \
         not null, hash text not null, registrationTime integer not null, deriver text, narSize integer, ultimate \
         integer, sigs text, ca text); create table Refs (referrer integer not null, reference integer not null, \
         primary key (referrer, reference));";

    fn made(folder: &Path, journal: &str) -> (PathBuf, Connection) {
        let path = folder.join("a b%3f?#.sqlite");
        let connection = Connection::open(&path).unwrap();
        connection.pragma_update(None, "journal_mode", journal).unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        for (id, name) in [(1, "/nix/store/b"), (2, "/nix/store/a"), (3, "/nix/store/c")] {
            let insert = "insert into ValidPaths (id, path, hash, registrationTime) values (?1, ?2, 'sha256:0', 0)";
            connection.execute(insert, (id, name)).unwrap();
        }
        connection.execute_batch("insert into Refs values (1, 1), (1, 2), (3, 1)").unwrap();
        (path, connection)
    }

    #[test]
    fn references_and_paths() {
        let folder = tempfile::tempdir().unwrap();
        for journal in ["wal", "truncate"] {
            let inner = folder.path().join(journal);
            std::fs::create_dir(&inner).unwrap();
            let (path, writer) = made(&inner, journal);
            let database = StoreDatabase::open(&path).unwrap();
            assert_eq!(database.paths().unwrap(), ["/nix/store/a", "/nix/store/b", "/nix/store/c"]);
            let of = |path: &str| database.references(path).unwrap();
            assert_eq!(of("/nix/store/b"), Some(vec!["/nix/store/a".to_owned(), "/nix/store/b".to_owned()]));
            assert_eq!(of("/nix/store/a"), Some(Vec::new()));
            assert_eq!(of("/nix/store/d"), None);
            assert_eq!(database.note(), None);
            drop(writer);
        }
    }

    #[test]
    fn sizes() {
        let folder = tempfile::tempdir().unwrap();
        let (path, writer) = made(folder.path(), "wal");
        let (a, b) = ("0001x39905jwpbxh95qbvxcka0llljcd-a", "1001x39905jwpbxh95qbvxcka0llljcd-b");
        let rename = "update ValidPaths set path = '/nix/store/' || ?1, narSize = ?2, ca = ?3 where id = ?4";
        writer.execute(rename, (b, 700, "fixed:sha256:0", 1)).unwrap();
        writer.execute(rename, (a, 0, None::<&str>, 2)).unwrap();
        let database = StoreDatabase::open(&path).unwrap();
        let recorded = |nar, by_content| Recorded { references: None, nar, download: None, by_content };
        // what is no store path is none to ask for
        let expected = [(a.to_owned(), recorded(None, false)), (b.to_owned(), recorded(Some(700), true))];
        assert_eq!(database.recorded().unwrap(), expected);
        writer.execute("update ValidPaths set narSize = -1 where id = 2", ()).unwrap();
        let error = database.recorded().unwrap_err().to_string();
        assert!(
            error.contains(&format!("path '/nix/store/{a}', narSize: expected a number of bytes, found -1")),
            "{error}"
        );
    }

    /// A store that Nix writes to: what it has done is seen, what it does is not.
    #[test]
    fn in_use() {
        let folder = tempfile::tempdir().unwrap();
        let (path, writer) = made(folder.path(), "wal");
        writer.execute_batch("begin immediate; delete from Refs;").unwrap();
        let database = StoreDatabase::open(&path).unwrap();
        assert_eq!(database.references("/nix/store/c").unwrap().unwrap(), ["/nix/store/b"]);
        writer.execute_batch("commit;").unwrap();
        assert_eq!(database.references("/nix/store/c").unwrap().unwrap(), Vec::<String>::new());
        // where the log does not serve (Nix's use-sqlite-wal = false), a writer shuts others out
        let inner = folder.path().join("truncate");
        std::fs::create_dir(&inner).unwrap();
        let (path, writer) = made(&inner, "truncate");
        writer.execute_batch("begin exclusive;").unwrap();
        let error = StoreDatabase::open(&path).unwrap_err();
        assert!(matches!(error, MetadataError::Busy(..)), "{error}");
        assert!(error.to_string().contains("give a copy"), "{error}");
    }

    #[test]
    fn as_it_lies_there() {
        let folder = tempfile::tempdir().unwrap();
        let (path, writer) = made(folder.path(), "wal");
        drop(writer);
        let database = StoreDatabase::open_as(&path, "mode=ro&immutable=1").unwrap();
        assert_eq!(database.paths().unwrap().len(), 3);
    }

    #[test]
    fn what_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let other = folder.path().join("other.sqlite");
        Connection::open(&other).unwrap().execute_batch("create table ValidPaths (id)").unwrap();
        let error = StoreDatabase::open(&other).unwrap_err().to_string();
        assert!(error.contains("without Nix's table Refs"), "{error}");
        // the columns of another schema
        Connection::open(&other).unwrap().execute_batch("create table Refs (id)").unwrap();
        let error = StoreDatabase::open(&other).unwrap().paths().unwrap_err().to_string();
        assert!(error.contains("no such column: path"), "{error}");
        let (path, writer) = made(folder.path(), "delete");
        drop(writer);
        let whole = std::fs::read(&path).unwrap();
        for (at, length) in [(0, 100), (0, whole.len() / 2), (100, whole.len()), (4096, whole.len())] {
            let mut bytes = whole[..length].to_vec();
            bytes[at.min(length)..].fill(0xaa);
            std::fs::write(&path, &bytes).unwrap();
            // damaged is told, or is not where one looks; it never panics
            let told = StoreDatabase::open(&path).and_then(|database| database.paths());
            assert!(at > 100 || told.is_err(), "{at} {length}: {told:?}");
        }
        let error = StoreDatabase::open(&folder.path().join("none")).unwrap_err().to_string();
        assert!(error.contains("none: unable to open"), "{error}");
    }
}
