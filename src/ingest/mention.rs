//! Where a text names store paths or placeholders.

use super::raw::Fingerprint;
use crate::nix::nixbase32;
use crate::nix::store_path::DIGEST_LEN;

/// Digits of a placeholder (a sha256) after its slash.
const PLACEHOLDER_LEN: usize = nixbase32::encoded_len(32);

/// Calls `found` for every store path (`<store dir>/<digest>-`) and every placeholder (`/` and 52
/// digits) in `text`, by its first digits, from left to right, repeats included.
///
/// Linear: one search for slashes, each looked at once. A path whose hash part is no nixbase32 is
/// told too where it has the right length; it resolves to nothing.
#[inline]
pub(crate) fn for_each(text: &[u8], store_dir: &[u8], mut found: impl FnMut(Fingerprint)) {
    let prefix = store_dir.len();
    for slash in memchr::memchr_iter(b'/', text) {
        let rest = &text[slash..];
        let Some(&next) = rest.get(1) else { break };
        if rest.len() > prefix + DIGEST_LEN + 1
            && next == store_dir[1]
            && rest[prefix] == b'/'
            && rest[prefix + 1 + DIGEST_LEN] == b'-'
            && &rest[..prefix] == store_dir
        {
            if let Some(&digits) = rest[prefix + 1..].first_chunk() {
                found(Fingerprint(digits));
            }
        } else if rest.len() > PLACEHOLDER_LEN
            && nixbase32::is_digit(next)
            && is_placeholder(&rest[1..])
            && let Some(&digits) = rest[1..].first_chunk()
        {
            found(Fingerprint(digits));
        }
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
        for_each(text.as_bytes(), b"/nix/store", |path| seen.push(String::from_utf8(path.0.to_vec()).unwrap()));
        assert_eq!(seen, expect, "{text}");
    }

    #[test]
    fn paths_and_placeholders() {
        const A: &str = "0001x39905jwpbxh95qbvxcka0llljcd";
        const P: &str = "0z5wazm41x38j8plq8v1k25srx3nyd0qscdf3w5k6h2rb9h2jr8j";
        check("", &[]);
        check("/", &[]);
        check(&format!("/nix/store/{A}-x"), &[&A[..16]]);
        check(&format!("/nix/store/{A}"), &[]);
        check(&format!("-L/nix/store/{A}-x/lib -I/nix/store/{A}-y"), &[&A[..16], &A[..16]]);
        check(&format!("/other/store/{A}-x"), &[]);
        check(&format!("a\\n/{P}/bin"), &[&P[..16]]);
        check(&format!("/{P}"), &[&P[..16]]);
        check(&format!("/{}", &P[1..]), &[]);
        check("//nix/store/", &[]);
    }
}
