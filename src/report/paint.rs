//! Colours by meaning, for tables on a terminal. What is coloured says the same in words.

use anstyle::{AnsiColor, Style};

/// What a colour stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// As it should be: green waves, what is proven.
    Good,
    /// To be looked at: what could be treated, what waits.
    Notable,
    /// To be mended.
    Bad,
    /// Claimed on grounds that assume something.
    Claimed,
    /// Weak grounds, or none.
    Faint,
    /// What stands out: headings, what is heavy.
    Strong,
}

/// Ends what a mark has begun.
const END: char = '\u{2069}';

impl Meaning {
    const ALL: [Self; 6] = [Self::Good, Self::Notable, Self::Bad, Self::Claimed, Self::Faint, Self::Strong];

    /// A character without width that begins it in a table that is not laid out yet. No cell has it of its
    /// own: [`super::printable`] escapes them all.
    const fn mark(self) -> char {
        match self {
            Self::Good => '\u{202a}',
            Self::Notable => '\u{202b}',
            Self::Bad => '\u{202c}',
            Self::Claimed => '\u{202d}',
            Self::Faint => '\u{202e}',
            Self::Strong => '\u{2066}',
        }
    }

    fn style(self) -> Style {
        let colour = |colour: AnsiColor| Style::new().fg_color(Some(anstyle::Color::Ansi(colour)));
        match self {
            Self::Good => colour(AnsiColor::Green),
            Self::Notable => colour(AnsiColor::Yellow),
            Self::Bad => colour(AnsiColor::Red).bold(),
            Self::Claimed => colour(AnsiColor::Cyan),
            Self::Faint => Style::new().dimmed(),
            Self::Strong => Style::new().bold(),
        }
    }
}

/// What a word means where verdicts, grades and states stand.
fn word(word: &str) -> Option<Meaning> {
    match word.trim_matches(['(', ')', ',', ':', ';']) {
        "proven" | "observed" | "green" | "locked" | "success" | "built" | "ok" | "measured" => Some(Meaning::Good),
        "inferred" => Some(Meaning::Claimed),
        "suspected" | "unknown" | "queued" | "not-started" | "estimated" => Some(Meaning::Faint),
        "reference-only" | "test-only" | "no-effect" | "blocked" | "running" | "aborted" | "unsupported"
        | "wont-fix" | "cant-fix" => Some(Meaning::Notable),
        "failing" | "failed" | "timed-out" | "log-limit" | "output-limit" | "nondeterministic"
        | "evaluation-failed" | "dependency-failed" | "different" | "mass" => Some(Meaning::Bad),
        _ => None,
    }
}

fn marked(meaning: Meaning, text: &str) -> String {
    format!("{}{text}{END}", meaning.mark())
}

/// A heading, marked word by word: it may be wrapped.
pub(super) fn heading(text: &str) -> String {
    text.split(' ').map(|word| marked(Meaning::Strong, word)).collect::<Vec<_>>().join(" ")
}

/// A cell of the column with this heading, marked by what it means.
pub(super) fn cell(heading: &str, text: String) -> String {
    match heading {
        "grade" | "verdict" | "claim" | "says" | "state" | "status" | "known" | "what was seen" | "outcome" => {
            let words = text.split(' ').map(|part| match word(part) {
                Some(meaning) => marked(meaning, part),
                None => part.to_owned(),
            });
            words.collect::<Vec<_>>().join(" ")
        }
        "heavyweight" | "heavy build" => marked(Meaning::Strong, &text),
        "failed" if text != "0" && !text.is_empty() => marked(Meaning::Bad, &text),
        _ => text,
    }
}

/// The words of a line outside tables that are coloured, by how the line begins.
fn line(text: &str) -> Option<(usize, usize, Meaning)> {
    let after = |begin: &str| text.strip_prefix(begin).map(|rest| (begin.len(), rest));
    if text.starts_with("note:") {
        return Some((0, "note:".len(), Meaning::Notable));
    }
    let (at, rest) = after("needless at ").or_else(|| after("branch: "))?;
    let first = rest.split([' ', ':']).next().unwrap_or_default();
    Some((at, at + first.len(), word(first)?))
}

/// A table of a terminal with its marks turned into colours.
pub(super) fn painted(text: &str) -> String {
    let mut painted = String::with_capacity(text.len() + text.len() / 8);
    for (at, text) in text.split('\n').enumerate() {
        if at > 0 {
            painted.push('\n');
        }
        match line(text) {
            Some((from, to, meaning)) if text.is_char_boundary(to) => {
                let style = meaning.style();
                painted.push_str(&format!("{}{style}{}{style:#}{}", &text[..from], &text[from..to], &text[to..]));
            }
            _ => paint_marks(text, &mut painted),
        }
    }
    painted
}

/// A style that is open at the end of a line, whose cell goes on below, ends there.
fn paint_marks(text: &str, painted: &mut String) {
    let mut open: Option<Style> = None;
    for c in text.chars() {
        match Meaning::ALL.into_iter().find(|meaning| meaning.mark() == c) {
            Some(meaning) => {
                let style = meaning.style();
                painted.push_str(&style.render().to_string());
                open = Some(style);
            }
            None if c == END => {
                painted.extend(open.take().map(|style| style.render_reset().to_string()));
            }
            None => painted.push(c),
        }
    }
    painted.extend(open.map(|style| style.render_reset().to_string()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_colours() {
        let text = format!("{}  x", cell("verdict", "test-only (inferred, rule)".to_owned()));
        assert_eq!(painted(&text), "\u{1b}[33mtest-only\u{1b}[0m \u{1b}[36m(inferred,\u{1b}[0m rule)  x");
        assert_eq!(painted("note: 1"), "\u{1b}[33mnote:\u{1b}[0m 1");
        assert_eq!(painted("needless at proven: 1"), "needless at \u{1b}[32mproven\u{1b}[0m: 1");
        assert_eq!(painted("branch: staging\nx"), "branch: staging\nx");
    }

    /// A word that a column is too narrow for goes on in the next line, where the colour is over.
    #[test]
    fn no_colour_runs_over() {
        let text = marked(Meaning::Bad, "fai\nled");
        assert_eq!(painted(&text), "\u{1b}[1m\u{1b}[31mfai\u{1b}[0m\nled");
    }

    /// Only columns of verdicts and states: a package may be called 'failed'.
    #[test]
    fn names_are_not_coloured() {
        assert_eq!(cell("derivation", "failed".to_owned()), "failed");
        assert_eq!(cell("failed", "0".to_owned()), "0");
    }
}
