//! Which store paths a text names, where none are known beforehand.

use std::collections::BTreeMap;

use crate::nix::Digest;
use crate::nix::nixbase32::{digits, is_digit};
use crate::nix::store_path::{DIGEST_LEN, MAX_NAME_LEN, is_name_byte};

/// The names that stand behind a digest, with how often they do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    names: BTreeMap<Vec<u8>, u64>,
    /// Whether it stands behind the store's folder anywhere.
    pub absolute: bool,
}

impl Named {
    /// The name that most mentions give; of several, the shortest, for what follows a path can look like
    /// a part of its name.
    #[must_use]
    pub fn name(&self) -> String {
        let best = self.names.iter().max_by_key(|(name, count)| (**count, std::cmp::Reverse((name.len(), *name))));
        best.map(|(name, _)| String::from_utf8_lossy(name).into_owned()).unwrap_or_default()
    }

    fn join(&mut self, other: Self) {
        self.absolute |= other.absolute;
        for (name, count) in other.names {
            *self.names.entry(name).or_default() += count;
        }
    }
}

/// Store paths that texts name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StorePaths(pub BTreeMap<Digest, Named>);

impl StorePaths {
    /// Those of some bytes: 32 digits and a name behind a dash, neither preceded by a letter nor by a digit.
    ///
    /// **Overestimates.** Not every such text is a store path: other hashes of 32 digits can look alike.
    /// Behind the store's folder (`/nix/store/`) none do. **Underestimates.** A digest without a name is not
    /// found, nor what is compressed. O(n).
    #[must_use]
    pub fn of(bytes: &[u8], store_dir: &[u8]) -> Self {
        let mut found = Self::default();
        let mut at = 0;
        while let Some(window) = bytes.get(at..).and_then(|rest| rest.first_chunk::<DIGEST_LEN>()) {
            // from its end: most windows are told by one look
            if let Some(other) = window.iter().rposition(|&byte| !is_digit(byte)) {
                at += other + 1;
                continue;
            }
            let rest = bytes.get(at + DIGEST_LEN..).unwrap_or_default();
            if let Some((b'-', rest)) = rest.split_first() {
                found.note(Digest(*window), bytes.get(..at).unwrap_or_default(), rest, store_dir);
            }
            at += DIGEST_LEN + digits(rest) + 1;
        }
        found
    }

    fn note(&mut self, digest: Digest, before: &[u8], after: &[u8], store_dir: &[u8]) {
        let name = after.iter().take(MAX_NAME_LEN + 1).take_while(|&&byte| is_name_byte(byte)).count();
        let bounded = before.last().is_none_or(|byte| !byte.is_ascii_alphanumeric());
        let Some(name) = after.get(..name).filter(|name| bounded && !name.is_empty() && name.len() <= MAX_NAME_LEN)
        else {
            return;
        };
        let named = self.0.entry(digest).or_default();
        named.absolute |= before.strip_suffix(b"/").is_some_and(|folder| folder.ends_with(store_dir));
        *named.names.entry(name.to_vec()).or_default() += 1;
    }

    /// Adds those of another text.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for (digest, named) in other.0 {
            self.0.entry(digest).or_default().join(named);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const D: &str = "0001x39905jwpbxh95qbvxcka0llljcd";
    const E: &str = "1001x39905jwpbxh95qbvxcka0llljcd";

    fn check(text: &str, expected: &[(&str, &str, bool)]) {
        let found = StorePaths::of(text.as_bytes(), b"/nix/store");
        let found: Vec<(&str, String, bool)> =
            found.0.iter().map(|(digest, named)| (digest.as_str(), named.name(), named.absolute)).collect();
        let expected: Vec<(&str, String, bool)> =
            expected.iter().map(|(digest, name, absolute)| (*digest, (*name).to_owned(), *absolute)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn named_by_texts() {
        check(&format!("x /nix/store/{D}-zlib-1.2/lib:"), &[(D, "zlib-1.2", true)]);
        check(&format!("{D}-zlib-1.2"), &[(D, "zlib-1.2", false)]);
        check(&format!("/nix/store/{D}-a:/nix/store/{E}-b"), &[(D, "a", true), (E, "b", true)]);
        check(&format!("{D}-a.{E}-b"), &[(D, "a.1001x39905jwpbxh95qbvxcka0llljcd-b", false), (E, "b", false)]);
        check(&format!("/mnt/nix/store/{D}-a /gnu/store/{E}-b"), &[(D, "a", true), (E, "b", false)]);
        // the end of a sentence is no part of a name that is told otherwise
        check(&format!("/nix/store/{D}-a. /nix/store/{D}-a/b"), &[(D, "a", true)]);
        for none in ["", "-", D, &D[1..]] {
            check(none, &[]);
        }
        check(&format!("{D}_a"), &[]);
        check(&format!("{D}-"), &[]);
        check(&format!("x{D}-a"), &[]);
        check(&format!("0{D}-a"), &[]);
        check(&format!("E{D}-a"), &[]);
        check(&format!("{D}-{}", "n".repeat(212)), &[]);
        check(&format!("{D}-{}", "n".repeat(211)), &[(D, &"n".repeat(211), false)]);
        check(&format!("{D}{E}-a {E}-b"), &[(E, "b", false)]);
    }

    #[test]
    fn joined() {
        let one = StorePaths::of(format!("{D}-a").as_bytes(), b"/nix/store");
        let other = StorePaths::of(format!("/nix/store/{D}-a/b {E}-c").as_bytes(), b"/nix/store");
        let both = one.and(other);
        assert_eq!(both.0.len(), 2);
        assert!(both.0.values().next().unwrap().absolute);
    }
}
