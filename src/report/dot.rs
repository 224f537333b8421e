//! Words of Graphviz's language.

use super::table;

/// A text in quotes.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", table::printable(text).replace('\\', "\\\\").replace('"', "\\\""))
}

/// A label of several lines.
pub(super) fn label(lines: &[String]) -> String {
    let lines: Vec<String> =
        lines.iter().map(|line| table::printable(line).replace('\\', "\\\\").replace('"', "\\\"")).collect();
    format!("\"{}\"", lines.join("\\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        assert_eq!(quoted("a\"b\\c\n"), r#""a\"b\\c\\n""#);
        assert_eq!(label(&["a\"b".to_owned(), "c".to_owned()]), r#""a\"b\nc""#);
    }
}
