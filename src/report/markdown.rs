//! Markdown for comments: nothing that comes from a derivation or from Nix can be more than text
//! there. No markup, no HTML, no link, and nobody is pinged.

use std::borrow::Cow;

use super::table::{Column, printable};

/// How many bytes a comment has at most. GitHub takes 65,536 characters; what is left is for a line by
/// which a workflow knows its own comment.
pub(super) const COMMENT: usize = 65_000;

/// How many bytes of a name are shown. Names of store paths have 211 at most.
const NAME: usize = 240;

/// A part that is folded away.
pub(super) fn details(summary: &str, content: &str) -> String {
    format!("<details><summary>{summary}</summary>\n\n{content}\n\n</details>")
}

/// The first bytes of a text, and `…` where it has more.
pub(super) fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    let kept = text.floor_char_boundary(most.saturating_sub('…'.len_utf8()));
    Cow::Owned(format!("{}…", text.get(..kept).unwrap_or_default()))
}

/// A name: in a code span no character means anything, but for the end of the span, and in tables `|`.
pub(super) fn code(name: &str) -> String {
    let name = printable(&cut(name, NAME)).into_owned();
    if name.contains('|') || name.chars().all(char::is_whitespace) {
        return format!("<code>{}</code>", entities(&name));
    }
    let fence = "`".repeat(longest_run(&name) + 1);
    // blanks at both ends are taken off again
    let padded = name.starts_with(['`', ' ']) || name.ends_with(['`', ' ']);
    let blank = if padded { " " } else { "" };
    format!("{fence}{blank}{name}{blank}{fence}")
}

/// How many backticks stand in a row at most.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Every character that could mean something as a number: those are never markup.
fn entities(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_alphanumeric() || !c.is_ascii() => safe.push(c),
            // addresses are found in text that was numbers
            '@' => safe.push_str(&format!("&#64;{JOINER}")),
            c => safe.push_str(&format!("&#{};", u32::from(c))),
        }
    }
    safe
}

/// Keeps a character from its neighbour without a gap or a place to break a line.
const JOINER: char = '\u{2060}';

/// A sentence. What markdown would take for its own is written as numbers; a joiner keeps mentions
/// (`@x`), references (`#1`, `GH-1`) and addresses (`http://`, `www.`, `a@b`) from being found in what
/// is shown, which happens after markup is gone.
pub(super) fn prose(text: &str, most: usize) -> String {
    let text = cut(text, most);
    let line: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    let mut safe = String::with_capacity(line.len());
    let line = printable(&line);
    let mut chars = line.chars().peekable();
    let mut first = true;
    while let Some(c) = chars.next() {
        let special =
            matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '$' | '&' | '!' | '@' | '#');
        if special || (first && c.is_ascii() && !c.is_ascii_alphabetic()) {
            safe.push_str(&format!("&#{};", u32::from(c)));
        } else {
            safe.push(c);
        }
        first = false;
        let joined = chars.peek().is_some_and(|next| next.is_alphanumeric() || *next == '/');
        if joined && (matches!(c, '@' | '#' | ':') || begins_link(&safe)) {
            safe.push(JOINER);
        }
    }
    safe
}

/// Whether what has been written ends in what begins an address or a reference.
fn begins_link(written: &str) -> bool {
    ["www.", "gh-"].into_iter().any(|begin| {
        let end = written.len().checked_sub(begin.len()).and_then(|start| written.get(start..));
        end.is_some_and(|end| end.eq_ignore_ascii_case(begin))
    })
}

/// A text of several lines, in a block that it cannot end.
pub(super) fn fenced(text: &str, most: usize) -> String {
    let text = cut(text, most);
    let lines: Vec<Cow<'_, str>> = text.lines().map(printable).collect();
    let lines = lines.join("\n");
    let fence = "`".repeat(longest_run(&lines).max(2) + 1);
    format!("{fence}text\n{lines}\n{fence}")
}

/// The heading of a table, and the line below it. Not padded: blanks count as well.
pub(super) fn heading(columns: &[Column]) -> String {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let sides: Vec<&str> = columns.iter().map(|(_, number)| if *number { "--:" } else { "---" }).collect();
    format!("{}\n{}", row(&names), row(&sides))
}

/// A row of a table; the cells are markdown already, without `|` and line breaks.
pub(super) fn row<S: AsRef<str>>(cells: &[S]) -> String {
    let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
    format!("| {} |", cells.join(" | "))
}

/// As many of `count` items as `budget` bytes have room for, with what stands between them; then what
/// `more` says, given how many are shown. `more` is at its longest where none is. Items that have no
/// room are not made.
pub(super) fn within(
    (items, count): (impl IntoIterator<Item = String>, usize),
    between: &str,
    budget: usize,
    more: impl Fn(usize) -> String,
) -> String {
    let rest = between.len() + more(0).len();
    let mut text = String::new();
    for (at, item) in items.into_iter().enumerate() {
        let after = if at + 1 == count { 0 } else { rest };
        let fits = text.len() + between.len() + item.len() + after <= budget;
        if at > 0 {
            text.push_str(between);
        }
        if !fits {
            text.push_str(&more(at));
            break;
        }
        text.push_str(&item);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_spans_end_where_they_should() {
        for (name, expect) in [
            ("hello-1.0", "`hello-1.0`"),
            ("a`b", "``a`b``"),
            ("``", "``` `` ```"),
            ("a\\", "`a\\`"),
            ("a\nb", "`a\\nb`"),
            ("@x <b> http://y", "`@x <b> http://y`"),
            ("a|b", "<code>a&#124;b</code>"),
            ("@x|", "<code>&#64;\u{2060}x&#124;</code>"),
            ("a\\|</code>", "<code>a&#92;&#124;&#60;&#47;code&#62;</code>"),
            (" ", "<code>&#32;</code>"),
            ("", "<code></code>"),
            (" a", "`  a `"),
            ("a\u{202e}b", "`a\\u{202e}b`"),
        ] {
            assert_eq!(code(name), expect, "{name}");
        }
        assert_eq!(code(&"é".repeat(1000)).len(), 2 + 236 + 3);
    }

    #[test]
    fn prose_is_text() {
        for (text, expect) in [
            ("version 1.0 → 2.0", "version 1.0 → 2.0"),
            ("a|b*c_d", "a&#124;b&#42;c&#95;d"),
            ("by @x #1 GH-2", "by &#64;\u{2060}x &#35;\u{2060}1 GH-\u{2060}2"),
            ("see https://x.y WWW.x.y", "see https:\u{2060}//x.y WWW.\u{2060}x.y"),
            ("<img src=x>", "&#60;img src=x&#62;"),
            ("- a", "&#45; a"),
            ("é a", "é a"),
            ("1. a", "&#49;. a"),
            ("a\nb\tc", "a b c"),
            ("&#64;x", "&#38;&#35;\u{2060}64;x"),
            (":tada: a: b @", "&#58;\u{2060}tada: a: b &#64;"),
        ] {
            assert_eq!(prose(text, 100), expect, "{text}");
        }
        assert_eq!(prose("abcdef", 5), "ab…");
    }

    #[test]
    fn fences_hold() {
        assert_eq!(fenced("a\n```\nb\u{1b}", 100), "````text\na\n```\nb\\u{1b}\n````");
        assert_eq!(fenced("a", 100), "```text\na\n```");
    }

    #[test]
    fn what_has_no_room_is_counted() {
        let items = ["aaaa", "bbbb", "cccc"].map(str::to_owned);
        let shown = |budget| within((items.clone(), 3), ", ", budget, |shown| format!("… and {} more", 3 - shown));
        assert_eq!(shown(100), "aaaa, bbbb, cccc");
        assert_eq!(shown(23), "aaaa, … and 2 more");
        assert_eq!(shown(5), "… and 3 more");
        for budget in 14..40 {
            assert!(shown(budget).len() <= budget, "{budget}");
        }
    }
}
