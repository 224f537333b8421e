//! Attributes that did not evaluate, and what Nix said.

use super::raw::{Chunk, RawFailure, Symbol};
use super::system::split_system;

/// The most characters that are kept of an error.
const MOST_CHARACTERS: usize = 2000;

impl Chunk {
    /// Keeps an attribute that did not evaluate, with Nix's message: without colours and control
    /// characters, of 2,000 characters at most. `attr` may have a system at its end or start, which
    /// counts before `system`.
    pub fn fail(&mut self, attr: &str, system: Option<&str>, error: &str) {
        let (name, own) = split_system(attr);
        let failure = RawFailure {
            name: self.strings.intern(name.as_bytes()),
            system: own.or(system).map_or(Symbol::NONE, |system| self.strings.intern(system.as_bytes())),
            error: self.strings.intern(plain(error).as_bytes()),
        };
        self.failures.push(failure);
    }
}

/// An error without colours and control characters (but for line ends and tabs), of 2,000 characters
/// at most. Of a longer one what its last `error:` begins is kept, for Nix puts that behind the trace.
fn plain(error: &str) -> String {
    let mut text = String::with_capacity(error.len());
    let mut rest = error.chars().peekable();
    while let Some(character) = rest.next() {
        if character == '\u{1b}' && rest.next_if_eq(&'[').is_some() {
            // the parameters of an escape sequence, and the character that ends it
            while rest.next_if(|c| matches!(c, ' '..='?')).is_some() {}
            rest.next_if(|c| matches!(c, '@'..='~'));
        } else if !character.is_control() || matches!(character, '\n' | '\t') {
            text.push(character);
        }
    }
    if text.chars().nth(MOST_CHARACTERS).is_some()
        && let Some(last) = text.rfind("error:")
    {
        text.drain(..last);
    }
    if let Some((end, _)) = text.char_indices().nth(MOST_CHARACTERS) {
        text.truncate(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(error: &str, expect: &str) {
        assert_eq!(plain(error), expect, "{error:?}");
    }

    #[test]
    fn colours_and_control_characters() {
        check("error: no", "error: no");
        check("\u{1b}[31;1merror:\u{1b}[0m a\r\n\tb\u{7}\u{9b}\0", "error: a\n\tb");
        check("\u{1b}[", "");
        check("\u{1b}[1", "");
        check("a\u{1b}b\u{1b}", "ab");
        check("", "");
    }

    #[test]
    fn long_ones_are_cut() {
        check(&"ü".repeat(2000), &"ü".repeat(2000));
        check(&"ü".repeat(2001), &"ü".repeat(2000));
        // what went wrong stands behind the trace
        let trace = "… while calling the 'derivation' builtin\n".repeat(100);
        check(&format!("error:\n{trace}error: no such file"), "error: no such file");
        check(&format!("error: {}", "x".repeat(3000)), &format!("error: {}", "x".repeat(1993)));
    }

    #[test]
    fn systems_are_told_apart() {
        let mut chunk = Chunk::default();
        chunk.fail("hello.x86_64-linux", Some("aarch64-linux"), "a");
        chunk.fail("hello", Some("aarch64-linux"), "b");
        chunk.fail("hello", None, "c");
        let text = |symbol: Symbol| String::from_utf8_lossy(chunk.strings.get(symbol)).into_owned();
        let all: Vec<_> = chunk.failures.iter().map(|f| (text(f.name), text(f.system), text(f.error))).collect();
        let expect = [("hello", "x86_64-linux", "a"), ("hello", "aarch64-linux", "b"), ("hello", "", "c")];
        assert_eq!(all, expect.map(|(name, system, error)| (name.to_owned(), system.to_owned(), error.to_owned())));
    }
}
