//! Binary wrappers as nixpkgs' makeBinaryWrapper makes them: a small program that carries the command by
//! which it was made.

use super::gone::options_gone;
use super::paths::Rules;
use crate::proof::outputs::BINARY_WRAPPER;

/// How large such a wrapper is at most.
const LARGEST: usize = 4 << 20;

/// Whether two binary wrappers were made by commands that differ only by options and elements that are gone
/// with an input. Their code differs then, too, for it is made from the command.
///
/// **Overestimates** what is reference-only: that the code follows from the command is believed, if both
/// name the same compiler.
pub(super) fn same_but_for_paths(first: &[u8], second: &[u8], rules: &Rules<'_>) -> bool {
    match (command(first), command(second)) {
        (Some(one), Some(other)) => compiler(first) == compiler(second) && options_gone(one, other, rules),
        _ => false,
    }
}

fn command(content: &[u8]) -> Option<&[u8]> {
    let at = memchr::memmem::find(content.get(..LARGEST).unwrap_or(content), BINARY_WRAPPER)?;
    let text = content.get(at..)?;
    text.get(..memchr::memchr(0, text)?)
}

/// What names the compiler (`.comment`).
fn compiler(content: &[u8]) -> Option<&[u8]> {
    let at = memchr::memmem::find(content, b"GCC: (").or_else(|| memchr::memmem::find(content, b"clang version "))?;
    let text = content.get(at..)?;
    text.get(..memchr::memchr(0, text)?)
}
