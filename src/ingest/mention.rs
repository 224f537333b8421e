//! Where a text names store paths or placeholders.

use super::raw::Fingerprint;
use crate::nix::blocks::{self, Block};
use crate::nix::nixbase32;
use crate::nix::store_path::DIGEST_LEN;

/// Digits of a placeholder (a sha256) after its slash.
const PLACEHOLDER_LEN: usize = nixbase32::encoded_len(32);

/// Finds store paths and placeholders; knows the store directory.
#[derive(Debug, Clone)]
pub(crate) struct Finder {
    /// The store directory and a slash.
    prefix: Vec<u8>,
    /// The first bytes of the prefix, and which of them count, to compare sixteen bytes at once.
    head: u128,
    mask: u128,
}

impl Finder {
    pub(crate) fn new(store_dir: &str) -> Self {
        let prefix = [store_dir.as_bytes(), b"/"].concat();
        let mut head = [0u8; 16];
        let mut mask = [0u8; 16];
        for (at, &byte) in prefix.iter().take(16).enumerate() {
            head[at] = byte;
            mask[at] = 0xff;
        }
        Self { prefix, head: u128::from_le_bytes(head), mask: u128::from_le_bytes(mask) }
    }

    /// What follows the store directory and its slash in `text`; `None` for what lies elsewhere.
    #[inline]
    pub(crate) fn below<'t>(&self, text: &'t [u8]) -> Option<&'t [u8]> {
        let head = text.first_chunk()?;
        let len = self.prefix.len();
        let same = u128::from_le_bytes(*head) & self.mask == self.head && (len <= 16 || text.starts_with(&self.prefix));
        if same { text.get(len..) } else { None }
    }

    /// The shortest text that can name a path.
    fn least(&self) -> usize {
        (self.prefix.len() + DIGEST_LEN + 1).min(PLACEHOLDER_LEN + 1)
    }

    /// Calls `found` for every store path (`<store dir>/<digest>-`) and every placeholder (`/` and
    /// 52 digits) in `text`, by its first digits and where they stand, from left to right, repeats
    /// included.
    ///
    /// Linear: slashes are searched sixteen bytes at a time, and each is looked at once. A path
    /// whose hash part is no nixbase32 is told too; it resolves to nothing.
    #[inline]
    pub(crate) fn for_each(&self, text: &[u8], mut found: impl FnMut(Fingerprint, usize)) {
        if text.len() < self.least() {
            return;
        }
        // nothing shorter than this can follow the last slash that matters
        let last = text.len() - self.least();
        let mut at = 0;
        while at <= last {
            let Some(block) = text[at..].first_chunk() else {
                if text[at] == b'/' {
                    at += self.look(text, at, &mut found);
                } else {
                    at += 1;
                }
                continue;
            };
            let slashes = Block::new(block).equal(b'/');
            if slashes == 0 {
                at += blocks::LEN;
                continue;
            }
            at += slashes.trailing_zeros() as usize;
            if at <= last {
                at += self.look(text, at, &mut found);
            }
        }
    }

    /// Looks at a slash, and says how far the next can be.
    #[inline(always)]
    fn look(&self, text: &[u8], slash: usize, found: &mut impl FnMut(Fingerprint, usize)) -> usize {
        let rest = &text[slash..];
        let Some(head) = rest.first_chunk() else { return 1 };
        let len = self.prefix.len();
        if u128::from_le_bytes(*head) & self.mask == self.head && (len <= 16 || rest.starts_with(&self.prefix)) {
            let Some(digits) = rest.get(len..).and_then(|rest| rest.first_chunk()) else { return 1 };
            if rest.get(len + DIGEST_LEN) == Some(&b'-') {
                found(Fingerprint::of(digits), slash + len);
                return len + DIGEST_LEN;
            }
        } else if nixbase32::is_digit(head[1]) && is_placeholder(&rest[1..]) {
            if let Some(digits) = rest[1..].first_chunk() {
                found(Fingerprint::of(digits), slash + 1);
            }
            return PLACEHOLDER_LEN;
        }
        1
    }
}

#[inline(never)]
fn is_placeholder(text: &[u8]) -> bool {
    // the digits are tested from the far end: what is a path has a slash, dot or dash there
    text.len() >= PLACEHOLDER_LEN
        && nixbase32::is_digit(text[PLACEHOLDER_LEN - 1])
        && nixbase32::digits(&text[..PLACEHOLDER_LEN]) == PLACEHOLDER_LEN
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[&str]) {
        let mut seen = Vec::new();
        Finder::new("/nix/store").for_each(text.as_bytes(), |path, _| seen.push(path));
        let expect: Vec<Fingerprint> =
            expect.iter().map(|digits| Fingerprint::of(digits.as_bytes().first_chunk().unwrap())).collect();
        assert_eq!(seen, expect, "{text}");
    }

    #[test]
    fn paths_and_placeholders() {
        const A: &str = "0001x39905jwpbxh95qbvxcka0llljcd";
        const P: &str = "0z5wazm41x38j8plq8v1k25srx3nyd0qscdf3w5k6h2rb9h2jr8j";
        check("", &[]);
        check("/", &[]);
        check(&format!("/nix/store/{A}-x"), &[A]);
        check(&format!("/nix/store/{A}"), &[]);
        check(&format!("-L/nix/store/{A}-x/lib -I/nix/store/{A}-y"), &[A, A]);
        check(&format!("/other/store/{A}-x"), &[]);
        check(&format!("a\\n/{P}/bin"), &[P]);
        check(&format!("/{P}"), &[P]);
        check(&format!("/{}", &P[1..]), &[]);
        check("//nix/store/", &[]);
        check(&format!("/nix/store//nix/store/{A}-x"), &[A]);
        check(&format!("/nix/store/{A}/{A}-x"), &[]);
        check(&format!("/{P}/nix/store/{A}-x/{P}"), &[P, A, P]);
        for blanks in 0..70 {
            let text = format!("{0}/nix/store/{A}-x{0}/{P}", " ".repeat(blanks));
            check(&text, &[A, P]);
        }
    }

    #[test]
    fn a_long_store_directory() {
        const A: &str = "0001x39905jwpbxh95qbvxcka0llljcd";
        let dir = "/home/somebody/somewhere/nix/store";
        let mut seen = 0;
        Finder::new(dir)
            .for_each(format!("{dir}/{A}-x /nix/store/{A}-x /home/somebody/somewhat").as_bytes(), |_, _| seen += 1);
        assert_eq!(seen, 1);
    }
}
