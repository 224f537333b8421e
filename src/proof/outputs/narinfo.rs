//! narinfo files of binary caches.

use std::path::Path;

use rayon::prelude::*;

use super::path_info::Listed;
use super::{MetadataError, Recorded, recorded};

/// Reads all narinfo files of a folder, as of a binary cache on the disk; other files are passed over.
///
/// # Errors
/// When the folder or a file cannot be read, one is damaged, there is none, or two tell of one path.
pub(super) fn read_folder(folder: &Path) -> Result<Listed, MetadataError> {
    let shown = |path: &Path| path.display().to_string();
    let io = |path: &Path, source| MetadataError::Io { path: shown(path), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|source| io(folder, source))? {
        let path = entry.map_err(|source| io(folder, source))?.path();
        if path.extension().is_some_and(|end| end == "narinfo") {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(MetadataError::NoNarInfo(shown(folder)));
    }
    files.sort();
    let read = |path: &std::path::PathBuf| {
        let text = std::fs::read(path).map_err(|source| io(path, source))?;
        parse(&text, &shown(path))
    };
    let read: Vec<Result<Listed, MetadataError>> = files.par_iter().map(read).collect();
    let mut all = Listed::new();
    for (file, listed) in files.iter().zip(read) {
        for (path, recorded) in listed? {
            if all.contains_key(&path) {
                let expected = format!("another file of the folder tells of {path}, too");
                return Err(MetadataError::Damaged { path: shown(file), place: "StorePath".to_owned(), expected });
            }
            all.insert(path, recorded);
        }
    }
    Ok(all)
}

/// Reads what is told of a path: lines of a field, a colon, a blank and a value. Fields that are not known are
/// passed over.
///
/// # Errors
/// When a line is no field, a path or a size is none, or there is not exactly one `StorePath`.
pub(super) fn parse(text: &[u8], shown: &str) -> Result<Listed, MetadataError> {
    let damaged = |place: String, expected: String| MetadataError::Damaged { path: shown.to_owned(), place, expected };
    let mut path: Option<String> = None;
    let mut told = Recorded::default();
    for (nth, line) in text.split(|&byte| byte == b'\n').enumerate() {
        let place = || format!("line {}", nth + 1);
        let line = std::str::from_utf8(line).map_err(|_| damaged(place(), "expected text in UTF-8".to_owned()))?;
        if line.trim().is_empty() {
            continue;
        }
        let Some((field, value)) = line.split_once(':') else {
            return Err(damaged(place(), format!("expected a field and a colon, found '{}'", line.escape_debug())));
        };
        let name = |text: &str| {
            let expected = || format!("{field}: expected a store path, found '{}'", text.escape_debug());
            super::base_name(text).map(str::to_owned).ok_or_else(|| damaged(place(), expected()))
        };
        let size = |text: &str| {
            let expected = || format!("{field}: expected a number of bytes, found '{}'", text.trim().escape_debug());
            let bytes = text.trim().parse().map_err(|_| damaged(place(), expected()))?;
            recorded::size(Some(bytes)).map_err(|expected| damaged(place(), format!("{field}: {expected}")))
        };
        match field {
            "StorePath" if path.is_some() => return Err(damaged(place(), "a second StorePath".to_owned())),
            "StorePath" => path = Some(name(value.trim())?),
            "References" if told.references.is_some() => {
                return Err(damaged(place(), "a second References".to_owned()));
            }
            "References" => {
                let mut names = value.split_whitespace().map(name).collect::<Result<Vec<_>, _>>()?;
                names.sort();
                names.dedup();
                told.references = Some(names);
            }
            "NarSize" => told.nar = size(value)?,
            "FileSize" => told.download = size(value)?,
            "CA" => told.by_content = !value.trim().is_empty(),
            _ => {}
        }
    }
    let end = "to the end".to_owned();
    match (path, &told.references) {
        (Some(path), Some(_)) => Ok(Listed::from([(path, told)])),
        (None, _) => Err(damaged(end, "expected a line 'StorePath: …'".to_owned())),
        (_, None) => Err(damaged(end, "expected a line 'References: …', which may have no value".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "0001x39905jwpbxh95qbvxcka0llljcd-a";
    const B: &str = "1001x39905jwpbxh95qbvxcka0llljcd-b";

    #[test]
    fn reads() {
        let text = format!(
            "StorePath: /nix/store/{A}\nURL: nar/x.nar.xz\nCompression: xz\nFileHash: sha256:1\nNarSize: 3\n\
             References: {B} {A}\nDeriver: unknown-deriver\nSig: k:a\nSig: l:b\nCA: fixed:x\n"
        );
        let references = Some(vec![A.to_owned(), B.to_owned()]);
        let recorded = Recorded { references, nar: Some(3), download: None, by_content: true };
        let expected = Listed::from([(A.to_owned(), recorded)]);
        assert_eq!(parse(text.as_bytes(), "x").unwrap(), expected);
        assert_eq!(parse(text.replace('\n', "\r\n").as_bytes(), "x").unwrap(), expected);
        let none = format!("References:\nStorePath: /nix/store/{A}");
        let recorded = Recorded { references: Some(Vec::new()), ..Recorded::default() };
        assert_eq!(parse(none.as_bytes(), "x").unwrap()[A], recorded);
        let sizes = format!("{none}\nNarSize: 0\nFileSize: 17\nCA:\n");
        assert_eq!(parse(sizes.as_bytes(), "x").unwrap()[A], Recorded { download: Some(17), ..recorded });
    }

    #[test]
    fn odd_lines() {
        for (text, told) in [
            (String::new(), "x, to the end: expected a line 'StorePath"),
            (format!("StorePath: /nix/store/{A}\n"), "expected a line 'References"),
            (format!("StorePath: /nix/store/{A}\nStorePath: /nix/store/{A}\n"), "x, line 2: a second StorePath"),
            ("URL: x\n<html>\n".to_owned(), "x, line 2: expected a field and a colon, found '<html>'"),
            ("StorePath: /nix/store/x\n".to_owned(), "line 1: StorePath: expected a store path, found '/nix/store/x'"),
            (format!("StorePath: {A}\nNarSize: -3\n"), "line 2: NarSize: expected a number of bytes, found '-3'"),
            (format!("StorePath: {A}\nFileSize: 3 kB\n"), "line 2: FileSize: expected a number of bytes, found '3 kB'"),
            (format!("StorePath: {A}\nNarSize: 1099511627777\n"), "NarSize: expected at most 1099511627776 bytes"),
            (format!("StorePath: {A}\nReferences: {B} ,\n"), "line 2: References: expected a store path, found ','"),
        ] {
            let error = parse(text.as_bytes(), "x").unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
        assert!(parse(b"\xff: x", "x").unwrap_err().to_string().contains("UTF-8"));
    }

    #[test]
    fn folders() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text).unwrap();
        let error = || read_folder(folder.path()).unwrap_err().to_string();
        write("nix-cache-info", "StoreDir: /nix/store\n".to_owned());
        assert!(error().ends_with(": no narinfo file in it; give the folder of a binary cache"), "{}", error());
        for name in [A, B] {
            write(&format!("{}.narinfo", &name[..32]), format!("StorePath: {name}\nNarSize: 5\nReferences:\n"));
        }
        let read = read_folder(folder.path()).unwrap();
        assert_eq!(read.keys().collect::<Vec<_>>(), [A, B]);
        assert_eq!(read[B].nar, Some(5));
        write("copy.narinfo", format!("StorePath: {A}\nReferences:\n"));
        assert!(
            error().contains(&format!("copy.narinfo, StorePath: another file of the folder tells of {A}")),
            "{}",
            error()
        );
        write("copy.narinfo", "<html>".to_owned());
        assert!(error().contains("copy.narinfo, line 1: expected a field"), "{}", error());
    }
}
