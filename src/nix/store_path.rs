//! Store paths: `/nix/store/<32 digits of nixbase32>-<name>`.

use std::fmt;

use super::blocks::{self, Block};

/// Nix's default store directory.
pub const DEFAULT_STORE_DIR: &str = "/nix/store";

/// Number of characters of the hash part.
pub const DIGEST_LEN: usize = 32;

/// The longest name that Nix accepts.
pub const MAX_NAME_LEN: usize = 211;

/// The hash part of a store path as it is printed: 32 digits of nixbase32.
///
/// Kept as text, because closures are read and printed far more often than hashed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; DIGEST_LEN]);

impl Digest {
    /// Stands for "no path known".
    pub const NONE: Self = Self([0; DIGEST_LEN]);

    /// The digest at the start of `text`, if its first 32 bytes are digits.
    #[inline]
    #[must_use]
    pub fn from_prefix(text: &[u8]) -> Option<Self> {
        let head: &[u8; DIGEST_LEN] = text.first_chunk()?;
        let (low, high) = head.split_at(blocks::LEN);
        let digits = |half: &[u8]| half.first_chunk().is_some_and(|half| Block::new(half).all_digits());
        (digits(low) && digits(high)).then_some(Self(*head))
    }

    /// The digest as text. Empty for [`Digest::NONE`].
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self.0 {
            [0, ..] => "",
            _ => std::str::from_utf8(&self.0).unwrap_or(""),
        }
    }

    /// Whether this is a digest at all.
    #[must_use]
    pub fn is_some(&self) -> bool {
        *self != Self::NONE
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is wrong with a text that should be a store path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StorePathError {
    /// It does not begin with a store directory.
    #[error("a store path begins with the store directory, as in /nix/store/<hash>-<name>")]
    NotAbsolute,
    /// The 32 characters after the directory are no nixbase32.
    #[error("the hash part of a store path is 32 digits of nixbase32 and a dash")]
    Digest,
    /// The name is empty, too long, or has a character that Nix refuses.
    #[error("the name of a store path is 1 to 211 characters of 0-9 a-z A-Z + - . _ ? =")]
    Name,
}

/// A store path, borrowed from the text it was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StorePath<'a> {
    /// The hash part.
    pub digest: Digest,
    /// What follows the dash; ASCII.
    pub name: &'a str,
}

const NAME_BYTE: [bool; 256] = {
    let mut ok = [false; 256];
    let mut i = 0;
    while i < 256 {
        let b = i as u8;
        ok[i] = b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.' | b'_' | b'?' | b'=');
        i += 1;
    }
    ok
};

/// Whether a byte may stand in the name of a store path.
pub(crate) const fn is_name_byte(byte: u8) -> bool {
    NAME_BYTE[byte as usize]
}

/// Whether Nix accepts `name` as the name of a store path (or of an output).
#[must_use]
pub fn is_valid_name(name: &[u8]) -> bool {
    let mut blocks = name.chunks_exact(blocks::LEN);
    !name.is_empty()
        && name.len() <= MAX_NAME_LEN
        && blocks.all(|block| block.first_chunk().is_some_and(|block| Block::new(block).all_name_bytes()))
        && blocks.remainder().iter().all(|&byte| is_name_byte(byte))
}

impl<'a> StorePath<'a> {
    /// Reads `<hash>-<name>`.
    ///
    /// # Errors
    /// When the hash part or the name is not what Nix accepts.
    #[inline]
    pub fn from_base_name(text: &'a [u8]) -> Result<Self, StorePathError> {
        let digest = Digest::from_prefix(text).ok_or(StorePathError::Digest)?;
        let Some((b'-', name)) = text[DIGEST_LEN..].split_first() else {
            return Err(StorePathError::Digest);
        };
        if !is_valid_name(name) {
            return Err(StorePathError::Name);
        }
        let name = std::str::from_utf8(name).map_err(|_| StorePathError::Name)?;
        Ok(Self { digest, name })
    }

    /// Reads an absolute path and gives the store directory beside it.
    ///
    /// # Errors
    /// When it has no directory, or as [`StorePath::from_base_name`].
    #[inline]
    pub fn from_absolute(text: &'a [u8]) -> Result<(&'a [u8], Self), StorePathError> {
        if text.first() != Some(&b'/') {
            return Err(StorePathError::NotAbsolute);
        }
        let slash = memchr::memrchr(b'/', text).ok_or(StorePathError::NotAbsolute)?;
        // `//x` lies in no store directory that a text could be searched for
        if slash == 0 || text[slash - 1] == b'/' {
            return Err(StorePathError::NotAbsolute);
        }
        Ok((&text[..slash], Self::from_base_name(&text[slash + 1..])?))
    }

    /// `<hash>-<name>`.
    #[must_use]
    pub fn base_name(&self) -> String {
        format!("{}-{}", self.digest.as_str(), self.name)
    }

    /// The absolute path in `store_dir`.
    #[must_use]
    pub fn absolute(&self, store_dir: &str) -> String {
        format!("{store_dir}/{}-{}", self.digest.as_str(), self.name)
    }
}

/// The path part of what `nix-instantiate` prints: without `!output` or `^output`, and without the
/// surrounding blanks.
#[must_use]
pub fn strip_output(line: &str) -> &str {
    let line = line.trim();
    // no name holds either character, so the first one ends the path
    match line.find(['!', '^']) {
        Some(at) if line[..at].ends_with(".drv") => &line[..at],
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "0001x39905jwpbxh95qbvxcka0llljcd";

    #[test]
    fn reads_and_prints() {
        let text = format!("/nix/store/{HASH}-Text-WrapI18N-0.06.tar.gz.drv");
        let (dir, path) = StorePath::from_absolute(text.as_bytes()).unwrap();
        assert_eq!(dir, b"/nix/store");
        assert_eq!(path.name, "Text-WrapI18N-0.06.tar.gz.drv");
        assert_eq!(path.absolute("/nix/store"), text);
    }

    #[test]
    fn refuses() {
        use StorePathError as E;
        let check = |text: String, expect: E| {
            assert_eq!(StorePath::from_absolute(text.as_bytes()).unwrap_err(), expect, "{text}");
        };
        check(String::new(), E::NotAbsolute);
        check(format!("{HASH}-x"), E::NotAbsolute);
        check(format!("/{HASH}-x"), E::NotAbsolute);
        check("/nix/store/short-x".to_owned(), E::Digest);
        check(format!("/nix/store/{HASH}"), E::Digest);
        check(format!("/nix/store/{HASH}-"), E::Name);
        check(format!("/nix/store/{HASH}-a b"), E::Name);
        check(format!("/nix/store/{HASH}-{}", "x".repeat(212)), E::Name);
        check(format!("/nix/store/{HASH}-ü"), E::Name);
        check(format!("/nix/store/{HASH}-a\0"), E::Name);
        check(format!("/nix/store/{HASH}-../../../etc/passwd"), E::Digest);
        check(format!("/nix/store/{HASH}-x/bin"), E::Digest);
        check(format!("/nix/store/{HASH}_x"), E::Digest);
        check(format!("/nix/store/{}-x", &HASH[1..]), E::Digest);
        check(format!("/nix/store/{}-x", HASH.to_uppercase()), E::Digest);
        for digit in "eout".chars() {
            check(format!("/nix/store/{digit}{}-x", &HASH[1..]), E::Digest);
        }
        check("/".to_owned(), E::NotAbsolute);
        check("/nix/store/".to_owned(), E::Digest);
    }

    #[test]
    fn names_that_nix_accepts() {
        for name in ["a", "AZaz09+-._?=", "-1.0", "x.drv", &"n".repeat(211)] {
            let text = format!("{HASH}-{name}");
            let path = StorePath::from_base_name(text.as_bytes()).unwrap();
            assert_eq!((path.name, path.base_name()), (name, text.clone()));
        }
        assert_eq!(Digest::NONE.as_str(), "");
        assert!(!Digest::NONE.is_some());
    }

    #[test]
    fn what_nix_instantiate_prints() {
        assert_eq!(strip_output("/nix/store/x.drv!bin\n"), "/nix/store/x.drv");
        assert_eq!(strip_output("/nix/store/x.drv^bin,dev"), "/nix/store/x.drv");
        assert_eq!(strip_output(" /nix/store/x.drv"), "/nix/store/x.drv");
        assert_eq!(strip_output("/nix/store/x.drv-y"), "/nix/store/x.drv-y");
        assert_eq!(strip_output("/nix/store/x.drv^out.drv"), "/nix/store/x.drv", "an output may be named like this");
        assert_eq!(strip_output("/nix/store/x.drv.drv!out"), "/nix/store/x.drv.drv");
        assert_eq!(strip_output("/nix/store/x.drv^out^lib"), "/nix/store/x.drv");
        assert_eq!(strip_output("/nix/store/x^out"), "/nix/store/x^out");
        assert_eq!(strip_output(""), "");
    }
}
