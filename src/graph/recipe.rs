//! What identifies a recipe across bumps.

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER;

/// A digest of a derivation's recipe in which every input is replaced by its pname and output.
///
/// It is the same whatever versions the inputs have, and another one when anything else of the
/// recipe changes: flags, phases, the version and name of the package itself, its scripts and patches
/// (input sources count by content), which inputs stand in which variables, and their order.
///
/// Underestimates change: a source that is fetched counts by its name, so another file under the
/// name and version of the one before is not seen. Written in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecipeDigest(pub [u8; 32]);

impl RecipeDigest {
    /// Of what has no recipe that is known: input sources, holes, derivations known by name alone.
    pub const NONE: Self = Self([0; 32]);

    /// Whether a recipe is known.
    #[must_use]
    pub fn is_some(&self) -> bool {
        *self != Self::NONE
    }
}

/// Two hashes that tell what of a recipe's text differs: its own words, or which packages it names.
///
/// The text is that of an ATerm from the system on. Two of one recipe are equal whatever versions the
/// inputs have. What they leave out is in [`RecipeDigest`]: which output of an input is named, and the
/// content of input sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecipeText {
    /// Of the text with every store path (digest and whole name) and every placeholder left out.
    pub bare: u128,
    /// Of the packages' names in the store paths, in the order of the text.
    pub names: u128,
}

impl RecipeText {
    /// As a snapshot holds it: `bare`, then `names`, both little-endian.
    pub(crate) fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(&self.bare.to_le_bytes());
        bytes[16..].copy_from_slice(&self.names.to_le_bytes());
        bytes
    }

    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        let half = |at: usize| u128::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        Self { bare: half(0), names: half(16) }
    }
}

impl fmt::Display for RecipeDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

/// A text that is no digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected 64 hexadecimal digits of a recipe's digest")]
pub struct RecipeDigestError;

impl FromStr for RecipeDigest {
    type Err = RecipeDigestError;

    fn from_str(text: &str) -> Result<Self, RecipeDigestError> {
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| RecipeDigestError)?;
        Ok(Self(bytes.try_into().map_err(|_| RecipeDigestError)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_back() {
        let text = RecipeText { bare: 1 << 127 | 2, names: 3 << 64 | 4 };
        assert_eq!(RecipeText::from_bytes(text.to_bytes()), text);
        assert_eq!(text.to_bytes()[..2], [2, 0]);
    }

    #[test]
    fn text_and_back() {
        let digest = RecipeDigest(std::array::from_fn(|at| at as u8));
        assert_eq!(digest.to_string().parse(), Ok(digest));
        for wrong in ["", "00", &"0".repeat(63), &"0".repeat(66), &"G".repeat(64)] {
            assert_eq!(wrong.parse::<RecipeDigest>(), Err(RecipeDigestError), "{wrong}");
        }
    }
}
