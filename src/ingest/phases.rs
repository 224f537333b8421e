//! Whether a build has a fixup phase, which writes what it propagates.

/// What `phases` says of the fixup phase.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Phases {
    /// Not given, or not to be understood.
    #[default]
    Unknown,
    /// Given, without it.
    WithoutFixup,
    WithFixup,
}

impl Phases {
    /// `text` is all of `phases`, or an element of it. A text in which a word does not end in `Phase`
    /// is no list of phases.
    pub(super) fn add(&mut self, text: &[u8]) {
        let mut words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).peekable();
        if words.peek().is_none() {
            return;
        }
        for word in words {
            if word == b"fixupPhase" || !word.ends_with(b"Phase") {
                *self = Self::WithFixup;
            } else if *self == Self::Unknown {
                *self = Self::WithoutFixup;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_phases() {
        let check = |elements: &[&str], expect: Phases| {
            let mut phases = Phases::default();
            elements.iter().for_each(|text| phases.add(text.as_bytes()));
            assert_eq!(phases, expect, "{elements:?}");
        };
        check(&[], Phases::Unknown);
        check(&[" \n"], Phases::Unknown);
        check(&["unpackPhase\tinstallPhase"], Phases::WithoutFixup);
        check(&["unpackPhase", "installPhase"], Phases::WithoutFixup);
        check(&["installPhase fixupPhase"], Phases::WithFixup);
        // in either order, and what is no list of phases says nothing against the phase
        check(&["fixupPhase", "installPhase"], Phases::WithFixup);
        check(&["installPhase $extraPhases"], Phases::WithFixup);
    }
}
