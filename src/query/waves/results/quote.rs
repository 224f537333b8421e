//! What messages quote of a file.

/// As much of it as a message has room for.
const MOST: usize = 100;

/// The beginning of a text.
pub(super) fn start(text: &str) -> String {
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
