//! narinfo files of binary caches.

use super::MetadataError;
use super::path_info::Listed;

/// Reads the path and its references: lines of a field, a colon, a blank and a value. Fields that are not
/// known are passed over.
///
/// # Errors
/// When a line is no field, a path is none, or there is not exactly one `StorePath`.
pub(super) fn parse(text: &[u8], shown: &str) -> Result<Listed, MetadataError> {
    let damaged = |place: String, expected: String| MetadataError::Damaged { path: shown.to_owned(), place, expected };
    let mut path: Option<String> = None;
    let mut references: Option<Vec<String>> = None;
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
        match field {
            "StorePath" if path.is_some() => return Err(damaged(place(), "a second StorePath".to_owned())),
            "StorePath" => path = Some(name(value.trim())?),
            "References" if references.is_some() => return Err(damaged(place(), "a second References".to_owned())),
            "References" => {
                let mut names = value.split_whitespace().map(name).collect::<Result<Vec<_>, _>>()?;
                names.sort();
                names.dedup();
                references = Some(names);
            }
            _ => {}
        }
    }
    let end = "to the end".to_owned();
    match (path, references) {
        (Some(path), Some(references)) => Ok(Listed::from([(path, references)])),
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
        let expected = Listed::from([(A.to_owned(), vec![A.to_owned(), B.to_owned()])]);
        assert_eq!(parse(text.as_bytes(), "x").unwrap(), expected);
        assert_eq!(parse(text.replace('\n', "\r\n").as_bytes(), "x").unwrap(), expected);
        let none = format!("References:\nStorePath: /nix/store/{A}");
        assert_eq!(parse(none.as_bytes(), "x").unwrap()[A], Vec::<String>::new());
    }

    #[test]
    fn odd_lines() {
        for (text, told) in [
            (String::new(), "x, to the end: expected a line 'StorePath"),
            (format!("StorePath: /nix/store/{A}\n"), "expected a line 'References"),
            (format!("StorePath: /nix/store/{A}\nStorePath: /nix/store/{A}\n"), "x, line 2: a second StorePath"),
            ("URL: x\n<html>\n".to_owned(), "x, line 2: expected a field and a colon, found '<html>'"),
            ("StorePath: /nix/store/x\n".to_owned(), "line 1: StorePath: expected a store path, found '/nix/store/x'"),
            (format!("StorePath: {A}\nReferences: {B} ,\n"), "line 2: References: expected a store path, found ','"),
        ] {
            let error = parse(text.as_bytes(), "x").unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
        assert!(parse(b"\xff: x", "x").unwrap_err().to_string().contains("UTF-8"));
    }
}
