//! Nix's base 32: 32 characters for the 160 bits of a store path, 52 for a sha256.
//!
//! The alphabet leaves out `e`, `o`, `u` and `t`; digits run from the last bit to the first
//! (Nix's `libutil/hash.cc`).

/// The 32 digits in the order of their values.
pub const ALPHABET: &[u8; 32] = b"0123456789abcdfghijklmnpqrsvwxyz";

/// Value of each byte as a digit; 255 for a byte that is none.
const VALUES: [u8; 256] = {
    let mut values = [255u8; 256];
    let mut i = 0;
    while i < 32 {
        values[ALPHABET[i] as usize] = i as u8;
        i += 1;
    }
    values
};

/// Whether `byte` is a digit of the alphabet.
#[inline]
#[must_use]
pub const fn is_digit(byte: u8) -> bool {
    VALUES[byte as usize] != 255
}

/// How many leading bytes of `text` are digits.
#[inline]
#[must_use]
pub fn digits(text: &[u8]) -> usize {
    text.iter().position(|&b| !is_digit(b)).unwrap_or(text.len())
}

/// Number of digits that `len` bytes take.
#[must_use]
pub const fn encoded_len(len: usize) -> usize {
    (len * 8).div_ceil(5)
}

/// Encodes bytes.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let len = encoded_len(bytes.len());
    let mut text = String::with_capacity(len);
    for n in (0..len).rev() {
        let bit = n * 5;
        let (byte, shift) = (bit / 8, bit % 8);
        let low = bytes[byte] >> shift;
        let high = match bytes.get(byte + 1) {
            Some(&next) if shift > 3 => next << (8 - shift),
            _ => 0,
        };
        text.push(ALPHABET[usize::from((low | high) & 31)] as char);
    }
    text
}

/// Decodes text to `N` bytes. `None` when the length is wrong, a byte is no digit, or unused high
/// bits are set.
#[must_use]
pub fn decode<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    if text.len() != encoded_len(N) {
        return None;
    }
    let mut bytes = [0u8; N];
    for (n, &digit) in text.iter().rev().enumerate() {
        let value = VALUES[usize::from(digit)];
        if value == 255 {
            return None;
        }
        let bit = n * 5;
        let (byte, shift) = (bit / 8, bit % 8);
        bytes[byte] |= value << shift;
        let carry = if shift > 3 { value >> (8 - shift) } else { 0 };
        match bytes.get_mut(byte + 1) {
            Some(next) => *next |= carry,
            None if carry != 0 => return None,
            None => {}
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_values() {
        // `nix-hash --type sha256 --to-base32` of sha256("")
        let empty = data_encoding::HEXLOWER
            .decode(b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
            .unwrap();
        assert_eq!(encode(&empty), "0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73");
    }

    #[test]
    fn every_length_of_hash() {
        // as `nix-hash --to-base32` of Nix 2.8.0 prints md5, sha1 and sha512 of nothing
        fn check<const N: usize>(base16: &str, base32: &str) {
            let bytes = data_encoding::HEXLOWER.decode(base16.as_bytes()).unwrap();
            assert_eq!(encode(&bytes), base32);
            assert_eq!(decode::<N>(base32.as_bytes()).unwrap().as_slice(), bytes);
            assert_eq!(decode::<N>(&base32.as_bytes()[1..]), None);
        }
        check::<16>("d41d8cd98f00b204e9800998ecf8427e", "3y8bwfr609h3lh9ch0izcqq7fl");
        check::<20>("da39a3ee5e6b4b0d3255bfef95601890afd80709", "143xibwh31h9bvxzalr0sjvbbvpa6ffs");
        check::<64>(
            "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
            "0zdl9zrg8r3i9c1g90lgg9ip5ijzv3yhz91i0zzn3r8ap9ws784gkp9dk9j3aglhgf1amqb0pj21mh7h1nxcl18akqvvf7ggqsy30yg",
        );
        assert_eq!(encode(&[]), "");
    }

    #[test]
    fn refuses_what_is_no_encoding() {
        assert_eq!(decode::<20>(b"e0000000000000000000000000000000"), None);
        assert_eq!(decode::<20>(b"0000000000000000000000000000000"), None);
        // 52 digits hold 260 bits: the four above 256 must be zero
        let mut text = [b'0'; 52];
        text[0] = b'z';
        assert_eq!(decode::<32>(&text), None);
    }

    proptest! {
        #[test]
        fn round_trip(path: [u8; 20], hash: [u8; 32]) {
            prop_assert_eq!(decode::<20>(encode(&path).as_bytes()), Some(path));
            prop_assert_eq!(decode::<32>(encode(&hash).as_bytes()), Some(hash));
        }
    }
}
