//! Elements of lines, and whether some are gone.

use super::paths::Rules;
use super::walk::walk;

/// Whether the second elements are the first ones without some that mention what was taken out; those that
/// stay may differ in store paths that stand for each other.
///
/// Takes the first way that fits, which is enough: where an element can be kept, keeping it leaves the
/// others as much room as dropping it. O(elements).
pub(super) fn elements_gone<'e>(
    first: impl IntoIterator<Item = &'e [u8]>,
    second: impl IntoIterator<Item = &'e [u8]>,
    rules: &Rules<'_>,
) -> bool {
    let mut second = second.into_iter().peekable();
    for element in first {
        if second.next_if(|other| same(element, other, rules)).is_none() && !goes(element, rules) {
            return false;
        }
    }
    second.next().is_none()
}

/// Whether an element may be gone: of a list that semicolons part, each of its own elements.
fn goes(element: &[u8], rules: &Rules<'_>) -> bool {
    rules.goes(element) && element.split(|&byte| byte == b';').all(|part| rules.mentions(part))
}

/// Whether two texts are the same but for store paths that stand for each other.
pub(super) fn same(first: &[u8], second: &[u8], rules: &Rules<'_>) -> bool {
    first == second || walk(first, second, rules, false).is_ok()
}

/// The words of a line: what blanks part, and each quote by itself.
pub(super) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).flat_map(|word| pieces(word, |byte| matches!(byte, b'"' | b'\'')))
}

/// The pieces of a text between the bytes that part it, and these bytes, each by itself.
pub(super) fn pieces(text: &[u8], parts: impl Fn(u8) -> bool) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = *rest.first()?;
        let end = if parts(first) { 1 } else { rest.iter().position(|&byte| parts(byte)).unwrap_or(rest.len()) };
        let (piece, behind) = rest.split_at_checked(end)?;
        rest = behind;
        Some(piece)
    })
}

/// Whether two lines are the same but for elements that are gone from lists of paths, which `between`
/// parts. All else stands as it stood; of a list that has lost an element at least `stay` elements stay.
pub(super) fn lists_gone(first: &[u8], second: &[u8], between: u8, stay: usize, rules: &Rules<'_>) -> bool {
    let parts = |byte: u8| byte != between && crate::proof::outputs::parts_words(byte);
    let mut others = pieces(second, parts);
    let mut lost = false;
    for piece in pieces(first, parts) {
        let Some(other) = others.next() else { return false };
        if same(piece, other, rules) {
            continue;
        }
        let (elements, left) = (piece.split(|&byte| byte == between), other.split(|&byte| byte == between));
        let paths = left.clone().filter(|element| is_path(element)).count();
        // a name in capitals heads a list that may be empty: RPATH:/a/lib
        let headed = other.len() > 1 && other.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_');
        if paths < stay && !headed || !elements_gone(elements, left, rules) {
            return false;
        }
        lost = true;
    }
    lost && others.next().is_none()
}

/// Whether an element of a list is a path.
fn is_path(element: &[u8]) -> bool {
    element.first() == Some(&b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_line() {
        let check = |line: &str, expect: &[&str]| {
            let found: Vec<&str> = words(line.as_bytes()).map(|word| std::str::from_utf8(word).unwrap()).collect();
            assert_eq!(found, expect);
        };
        check("dependency_libs=' -L/a/lib -lz'\n", &["dependency_libs=", "'", "-L/a/lib", "-lz", "'"]);
        check("", &[]);
        check("  a  \"\"", &["a", "\"", "\""]);
    }
}
