//! What is left to build, as text.

use super::table::{counted, number};
use crate::query::Remaining;

impl Remaining {
    /// `3 builds and 2 downloads; 40 derivations are built already`.
    pub(super) fn counts(&self) -> String {
        let builds = match self.untouched {
            None | Some(0) => counted(self.builds, "build"),
            Some(untouched) => {
                format!("{} ({} of what does not change)", counted(self.builds, "build"), number(untouched))
            }
        };
        let mut counts = match (self.builds, self.fetches) {
            (0, 0) => "nothing is left to build".to_owned(),
            (_, 0) => builds,
            (0, fetches) => counted(fetches, "download"),
            (_, fetches) => format!("{builds} and {}", counted(fetches, "download")),
        };
        let is = |count: u64| if count == 1 { "is" } else { "are" };
        if self.cached > 0 {
            counts += &format!("; {} {} built already", counted(self.cached, "derivation"), is(self.cached));
        }
        if self.unknown > 0 {
            let unknown = counted(self.unknown, "derivation");
            counts += &format!("; {unknown} that {} not in the closure may need more", is(self.unknown));
        }
        counts
    }

    /// The figures, one a line; none where nothing is left.
    pub(super) fn lines(&self) -> Vec<String> {
        if self.builds + self.fetches == 0 { Vec::new() } else { self.cost.lines() }
    }
}
