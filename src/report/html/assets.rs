//! Scripts and styles of pages.

use super::picture::Picture;

/// How pages look.
pub(super) const STYLE: &str = include_str!("assets/page.css");

/// What every page runs, in order.
const CORE: [&str; 5] = [
    include_str!("assets/page.js"),
    include_str!("assets/format.js"),
    include_str!("assets/table.js"),
    include_str!("assets/filter.js"),
    include_str!("assets/variants.js"),
];

/// What every page with a picture runs, in order, before the pictures' own.
const DRAWING: [&str; 14] = [
    // as the licence asks of all copies
    concat!("/*!\nD3: ", include_str!("vendor/LICENSE"), "*/"),
    include_str!("vendor/d3-array.min.js"),
    include_str!("vendor/d3-color.min.js"),
    include_str!("vendor/d3-format.min.js"),
    include_str!("vendor/d3-interpolate.min.js"),
    include_str!("vendor/d3-time.min.js"),
    include_str!("vendor/d3-time-format.min.js"),
    include_str!("vendor/d3-scale.min.js"),
    include_str!("vendor/d3-selection.min.js"),
    include_str!("vendor/d3-axis.min.js"),
    include_str!("vendor/d3-hierarchy.min.js"),
    include_str!("assets/marks.js"),
    include_str!("assets/svg.js"),
    include_str!("assets/time.js"),
];

/// Starts the page; the last.
const START: &str = "ripple.start();";

/// What draws a picture of a kind.
fn script(picture: &Picture) -> &'static str {
    match picture {
        Picture::Treemap(_) => include_str!("assets/treemap.js"),
        Picture::Gantt(_) => include_str!("assets/gantt.js"),
        Picture::Frontier(_) => include_str!("assets/frontier.js"),
        Picture::Farm(_) => include_str!("assets/farm.js"),
        Picture::Icicle(_) => include_str!("assets/icicle.js"),
        Picture::Bars(_) => include_str!("assets/bars.js"),
    }
}

/// All scripts of a page with these pictures, in the order in which they run.
pub(super) fn scripts<'p>(pictures: impl Iterator<Item = &'p Picture>) -> Vec<&'static str> {
    let mut names: Vec<&str> = Vec::new();
    let mut drawing: Vec<&'static str> = Vec::new();
    for picture in pictures {
        if !names.contains(&picture.name()) {
            names.push(picture.name());
            drawing.push(script(picture));
        }
    }
    let shared: &[&str] = if drawing.is_empty() { &[] } else { &DRAWING };
    CORE.iter().chain(shared).chain(&drawing).copied().chain([START]).collect()
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use sha2::{Digest as _, Sha256};

    use super::*;

    /// What stands in `vendor/README.md` of each file: name, version, digest.
    #[test]
    fn vendored_files_are_those_of_the_table() {
        let rows = include_str!("vendor/README.md").lines().filter_map(|line| line.strip_prefix("| `d3-"));
        let vendored: Vec<&str> =
            DRAWING.iter().filter(|script| script.starts_with("// https://d3js.org/d3-")).copied().collect();
        let mut count = 0;
        for (row, script) in rows.zip(&vendored) {
            let cells: Vec<&str> = row.split(" | ").map(|cell| cell.trim_matches(['`', '|', ' '])).collect();
            let [file, version, digest] = cells[..] else { panic!("{row}") };
            let (module, _) = file.split_once(".min.js").unwrap();
            let heading = script.lines().next().unwrap();
            assert!(heading.starts_with(&format!("// https://d3js.org/d3-{module}/ v{version} ")), "{heading}");
            assert_eq!(HEXLOWER.encode(&Sha256::digest(script)), digest, "{file}");
            count += 1;
        }
        assert_eq!((count, vendored.len()), (10, 10));
    }
}
