//! What messages quote of a file.

use std::fmt::Display;

/// As much of what was found as a message has room for.
const MOST: usize = 100;

/// The beginning of what was found, on one line.
pub(super) fn quoted(found: impl Display) -> String {
    let text = found.to_string();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn what_is_long_is_cut() {
        assert_eq!(quoted("é".repeat(100)), "é".repeat(100));
        assert_eq!(quoted("é".repeat(101)), format!("{}…", "é".repeat(100)));
        assert_eq!(quoted(1e300).chars().count(), 101);
    }
}
