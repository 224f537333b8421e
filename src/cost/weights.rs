//! Costs as what traversals add up.

use super::costs::Costs;
use crate::reach::Weights;

impl Costs {
    /// What each node weighs.
    #[must_use]
    pub fn weights(&self) -> Weights<'_> {
        Weights { millis: self.millis(), bytes: self.bytes() }
    }
}
