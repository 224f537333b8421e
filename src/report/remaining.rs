//! What is left to build, as text.

use super::table::counted;
use crate::query::Remaining;

impl Remaining {
    /// `3 builds and 2 downloads; 40 derivations are there already`.
    pub(super) fn counts(&self) -> String {
        let mut counts = match (self.builds, self.downloads) {
            (0, 0) => "nothing is left to build".to_owned(),
            (builds, 0) => counted(builds, "build"),
            (0, downloads) => counted(downloads, "download"),
            (builds, downloads) => format!("{} and {}", counted(builds, "build"), counted(downloads, "download")),
        };
        let is = |count: u64| if count == 1 { "is" } else { "are" };
        if self.there > 0 {
            counts += &format!("; {} {} there already", counted(self.there, "derivation"), is(self.there));
        }
        if self.unknown > 0 {
            let unknown = counted(self.unknown, "derivation");
            counts += &format!("; {unknown} that {} not in the closure may need more", is(self.unknown));
        }
        counts
    }

    /// The figures, one a line; none where nothing is left.
    pub(super) fn lines(&self) -> Vec<String> {
        if self.builds + self.downloads == 0 { Vec::new() } else { self.cost.lines() }
    }
}
