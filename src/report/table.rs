//! Tables and numbers as people read them.

use std::borrow::Cow;

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};

use super::paint;

/// How wide a table may be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Layout {
    /// Columns of the terminal; `None` when there is none, and nothing is wrapped.
    pub width: Option<u16>,
    /// Whether tables are coloured by meaning.
    pub colours: bool,
}

/// A column: heading, and whether it holds numbers.
pub(super) type Column = (&'static str, bool);

fn filled<R>(columns: &[Column], rows: R, colours: bool) -> Table
where
    R: IntoIterator,
    R::Item: IntoIterator<Item = String>,
{
    let heading = |heading: &str| if colours { paint::heading(heading) } else { heading.to_owned() };
    let cell = |(at, cell): (usize, String)| {
        let cell = printable(&cell).into_owned();
        match columns.get(at) {
            Some((heading, _)) if colours => paint::cell(heading, cell),
            _ => cell,
        }
    };
    let rows = rows.into_iter().map(|row| row.into_iter().enumerate().map(cell).collect::<Vec<_>>());
    let mut table = Table::new();
    table.set_header(columns.iter().map(|(text, _)| heading(text)));
    for row in rows {
        table.add_row(row);
    }
    for (at, (_, number)) in columns.iter().enumerate() {
        if *number && let Some(column) = table.column_mut(at) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// How many characters of a cell are not wrapped in the columns with these headings: names, to be
/// pasted, and words.
const WHOLE: [(&str, u16); 19] = [
    ("cause", 30),
    ("what changed", 20),
    ("attributes", 36),
    ("maintainer", 40),
    ("team", 40),
    ("owner", 40),
    ("input", 30),
    ("consumer", 30),
    ("derivation", 30),
    ("package", 30),
    ("reached through", 30),
    ("bump", 30),
    ("role", 21),
    ("verdict", 14),
    ("what was seen", 16),
    ("files that differ", 23),
    ("how it comes", 13),
    ("time", 9),
    ("remedy", 12),
];

/// The blanks around a cell.
const PADDING: u16 = 2;

/// Gives room that is left to columns, evenly, but to none more than it needs: those that lack least
/// come first. Of each its place, its width and what it needs. O(columns · log).
fn share_out(columns: &mut [(usize, usize, usize)], mut room: usize) {
    columns.sort_by_key(|&(at, width, needs)| (needs.saturating_sub(width), at));
    let count = columns.len();
    for (nth, (_, width, needs)) in columns.iter_mut().enumerate() {
        let more = needs.saturating_sub(*width).min(room / (count - nth));
        *width += more;
        room -= more;
    }
}

/// How much of a text that is wrapped stands in a line at least: the name of a system, with a comma.
const READABLE: usize = 16;

/// The same where there is hardly any room.
const LEGIBLE: usize = 8;

/// How wide each column is in a table of `width`; `None` where all have what they need.
///
/// Numbers are never broken. Texts keep their words whole, names as much as [`WHOLE`] says; where there is no room
/// for that, texts and headings are broken, down to [`LEGIBLE`]. Where that is not enough, lines are longer than the
/// terminal is wide.
/// O(cells).
fn planned_widths(columns: &[Column], rows: &[Vec<String>], width: usize) -> Option<Vec<usize>> {
    let count = |text: &str| text.chars().count();
    let word = |text: &str| text.split(' ').map(count).max().unwrap_or(0);
    let widest = |at: usize, of: &dyn Fn(&str) -> usize| {
        rows.iter().filter_map(|row| row.get(at)).map(|cell| of(&printable(cell))).max().unwrap_or(0)
    };
    let needs: Vec<usize> =
        columns.iter().enumerate().map(|(at, (heading, _))| widest(at, &count).max(count(heading))).collect();
    let room = width.saturating_sub(usize::from(PADDING) * columns.len());
    if needs.iter().sum::<usize>() <= room {
        return None;
    }
    // at the least, in three steps: as one would have it, so that it can be read, and at all
    let floors = |step: usize| -> Vec<usize> {
        let floor = |(at, (heading, number)): (usize, &Column)| {
            let (content, longest) = (widest(at, &count), widest(at, &word));
            let least = match WHOLE.into_iter().find(|(known, _)| known == heading) {
                // a unit may stand below its number
                _ if *number => {
                    if step < 2 {
                        content
                    } else {
                        longest
                    }
                }
                Some((_, most)) if step == 0 => content.min(most.into()),
                _ if step < 2 => longest.min(READABLE),
                _ => longest.min(LEGIBLE),
            };
            if step < 2 { least.max(word(heading)) } else { least.max(1) }
        };
        columns.iter().enumerate().map(floor).collect()
    };
    let fits = |floors: &Vec<usize>| floors.iter().sum::<usize>() <= room;
    let floors = (0..3).map(floors).find(fits).unwrap_or_else(|| floors(1));
    let left = room.saturating_sub(floors.iter().sum());
    let mut shares: Vec<(usize, usize, usize)> =
        floors.into_iter().zip(needs).enumerate().map(|(at, (floor, needs))| (at, floor, needs)).collect();
    share_out(&mut shares, left);
    shares.sort_unstable();
    Some(shares.into_iter().map(|(_, width, _)| width).collect())
}

/// A table for a terminal.
pub(super) fn plain<R>(columns: &[Column], layout: Layout, rows: R) -> String
where
    R: IntoIterator,
    R::Item: IntoIterator<Item = String>,
{
    let rows: Vec<Vec<String>> = rows.into_iter().map(|row| row.into_iter().collect()).collect();
    let widths = layout.width.and_then(|width| planned_widths(columns, &rows, width.into()));
    let mut table = filled(columns, rows, layout.colours);
    table.load_style(presets::NOTHING);
    if let Some(width) = layout.width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    for (at, width) in widths.into_iter().flatten().enumerate() {
        let width = u16::try_from(width).unwrap_or(u16::MAX).saturating_add(PADDING);
        if let Some(column) = table.column_mut(at) {
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
        }
    }
    let text = table.to_string();
    // cells are padded to the column's width; blanks at the end of a line serve nobody
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// A table in markdown; what markdown would take for its own is escaped.
pub(super) fn markdown<R>(columns: &[Column], rows: R) -> String
where
    R: IntoIterator,
    R::Item: IntoIterator<Item = String>,
{
    let rows = rows.into_iter().map(|row| row.into_iter().map(|cell| escape(&cell)).collect::<Vec<_>>());
    filled(columns, rows, false).load_style(presets::ASCII_MARKDOWN).to_string()
}

/// Text for markdown.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '*' | '_' | '`' | '<' | '>' | '[' | ']' | '\\' | '#' | '@' => {
                escaped.push('\\');
                escaped.push(c);
            }
            '\n' | '\r' => escaped.push(' '),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// Text without characters that could drive a terminal or turn a line: they are written as escapes.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(drives) {
        return Cow::Borrowed(text);
    }
    let escape = |c: char| if drives(c) { c.escape_default().to_string() } else { c.to_string() };
    Cow::Owned(text.chars().map(escape).collect())
}

/// Whether a character is not one to see: a control character, one that turns the direction of a line,
/// or one that ends it.
fn drives(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// `1234567` as `1,234,567`.
pub(super) fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: `1 derivation`, `2 derivations`.
pub(super) fn counted(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", number(count), if count == 1 { "" } else { "s" })
}

/// A share of a whole in percent.
pub(super) fn percent(part: u64, whole: u64) -> String {
    fraction(part as f64, whole)
}

/// The same for a part that is no whole number.
pub(super) fn fraction(part: f64, whole: u64) -> String {
    match part * 100.0 / whole as f64 {
        _ if whole == 0 => String::new(),
        share if part > 0.0 && share < 0.1 => "< 0.1 %".to_owned(),
        share => format!("{share:.1} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (count, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(number(count), text);
        }
        assert_eq!(counted(1, "derivation"), "1 derivation");
        assert_eq!(counted(0, "derivation"), "0 derivations");
        assert_eq!(percent(1, 3), "33.3 %");
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(printable("a\u{1b}[2Jb\r"), "a\\u{1b}[2Jb\\r");
        assert_eq!(printable("a\u{202e}b\u{2028}"), "a\\u{202e}b\\u{2028}");
        assert!(matches!(printable("plain é"), Cow::Borrowed(_)));
    }

    /// Where it is wider than all columns must be, a terminal is used: 100 columns were told in 80.
    #[test]
    fn room_that_is_left_is_used() {
        let columns = [("cause", false), ("what changed", false), ("share", true)];
        let row = || [format!("{}1", "long-name-".repeat(4)), "some words, ".repeat(20), "1".to_owned()];
        let widest = |width: u16| {
            let text = plain(&columns, Layout { width: Some(width), ..Layout::default() }, [row()]);
            assert_eq!(text.matches("long-name-1").count(), usize::from(width >= 90), "{width}: {text}");
            text.lines().map(|line| line.chars().count()).max().unwrap_or(0)
        };
        for width in [70, 80, 90, 100, 120, 200] {
            let widest = widest(width);
            assert!(widest + 12 > usize::from(width) && widest <= usize::from(width), "{widest} of {width}");
        }
    }

    #[test]
    fn room_is_given_evenly() {
        let mut columns = [(0, 30, 65), (1, 20, 180), (5, 36, 40), (6, 9, 5)];
        share_out(&mut columns, 84);
        assert_eq!(columns, [(6, 9, 5), (5, 40, 40), (0, 65, 65), (1, 65, 180)]);
        share_out(&mut columns, 0);
        assert_eq!(columns[3], (1, 65, 180));
    }

    #[test]
    fn markdown_escapes() {
        assert_eq!(escape("a|b_c@d"), "a\\|b\\_c\\@d");
    }
}
