//! Paths of files for people.

/// The path in an output as text: bytes that are not UTF-8 are escaped (`\xff`), the root is a dot.
#[must_use]
pub fn shown(path: &[u8]) -> String {
    if path.is_empty() {
        return ".".to_owned();
    }
    let mut text = String::with_capacity(path.len());
    for chunk in path.utf8_chunks() {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| text.push_str(&byte.escape_ascii().to_string()));
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn shown() {
        for (path, text) in [(&b""[..], "."), (b"bin/x", "bin/x"), (b"a\xffb\xc3\xbc", "a\\xffb\u{fc}")] {
            assert_eq!(super::shown(path), text);
        }
    }
}
