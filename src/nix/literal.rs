//! Texts as literals of Nix's language.

/// A text as a string of the language: nothing in it is syntax. Line breaks are escaped, for the lexer
/// reads a bare carriage return as a line feed.
#[must_use]
pub fn string_literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' | '$' => {
                literal.push('\\');
                literal.push(c);
            }
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            _ => literal.push(c),
        }
    }
    literal.push('"');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_syntax() {
        assert_eq!(string_literal(r#"a"b\c${d}"#), r#""a\"b\\c\${d}""#);
        assert_eq!(string_literal("\r\n\t"), r#""\r\n\t""#);
    }
}
