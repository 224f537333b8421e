//! Built outputs read.

use std::fs;
use std::hint::black_box;
use std::path::Path;

use nix_ripple::nix::{Digest, nixbase32};
use nix_ripple::proof::outputs::{Scanner, StorePaths};

use super::{Row, side_by_side};

/// How much is scanned.
const BYTES: usize = 256 << 20;

/// How many digests a package with many inputs has, and how many a store has.
const FEW: u64 = 200;
const MANY: u64 = 150_000;

/// The scan for known digests from memory on one thread: of libraries and texts of this machine, and of
/// nothing but digits of nixbase32, where a search that skips by the alphabet cannot skip.
pub(crate) fn outputs(table: &mut Vec<Row>) {
    let real = real();
    let digits = digits(real.len());
    let (few, many) = (scanner(FEW), scanner(MANY));
    for (what, bytes) in [("libraries and texts", &real), ("digits of nixbase32", &digits)] {
        let rate = |time: std::time::Duration| format!("{:.1} GB/s", bytes.len() as f64 / time.as_secs_f64() / 1e9);
        let (ours, read) = side_by_side(5, || drop(black_box(few.scan(bytes))), || drop(black_box(sum(bytes))));
        let (_, skipping) = side_by_side(1, || (), || drop(black_box(skipping(few.digests(), bytes))));
        table.push([
            format!("scan of {:.0} MB of {what} for {FEW} digests, one thread", bytes.len() as f64 / 1e6),
            rate(ours),
            format!("adding up the bytes: {}; a search that skips by the alphabet: {}", rate(read), rate(skipping)),
            "1.5 GB/s".to_owned(),
        ]);
        let (ours, named) = side_by_side(
            3,
            || drop(black_box(many.scan(bytes))),
            || drop(black_box(StorePaths::of(bytes, b"/nix/store"))),
        );
        table.push([
            format!("the same for {MANY} digests"),
            rate(ours),
            format!("for any store path: {}", rate(named)),
            "1.5 GB/s".to_owned(),
        ]);
    }
}

fn sum(bytes: &[u8]) -> u64 {
    bytes.chunks_exact(8).filter_map(|c| c.first_chunk()).fold(0, |sum, c| sum ^ u64::from_le_bytes(*c))
}

/// As Nix's own scan goes: from the end of a window to the first byte that is no digit.
fn skipping(digests: &[Digest], bytes: &[u8]) -> usize {
    let known: std::collections::HashSet<&[u8]> = digests.iter().map(|digest| digest.0.as_slice()).collect();
    let (mut at, mut found) = (0, 0);
    while let Some(window) = bytes.get(at..at + 32) {
        match window.iter().rposition(|&byte| !nixbase32::is_digit(byte)) {
            Some(other) => at += other + 1,
            None => {
                found += usize::from(known.contains(window));
                at += 1;
            }
        }
    }
    found
}

fn scanner(count: u64) -> Scanner {
    Scanner::new((0..count).filter_map(|number| {
        let hash = blake3::hash(&number.to_le_bytes());
        Digest::from_prefix(nixbase32::encode(hash.as_bytes()).as_bytes())
    }))
}

fn digits(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new().finalize_xof().fill(&mut bytes);
    bytes.iter_mut().for_each(|byte| *byte = nixbase32::ALPHABET[usize::from(*byte % 32)]);
    bytes
}

/// Files of the machine, one after the other: `/usr/lib`, by name, and texts of `/usr/share`.
fn real() -> Vec<u8> {
    let mut bytes = Vec::with_capacity(BYTES);
    for (folder, until) in [("/usr/lib", BYTES / 4 * 3), ("/usr/share", BYTES), ("/usr/lib", BYTES)] {
        let mut open = vec![Path::new(folder).to_path_buf()];
        while let Some(path) = open.pop() {
            let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
            if metadata.is_dir() {
                let mut inner: Vec<_> = fs::read_dir(&path).into_iter().flatten().flatten().map(|e| e.path()).collect();
                inner.sort();
                open.append(&mut inner);
            } else if metadata.is_file() && bytes.len() < until {
                bytes.extend(fs::read(&path).unwrap_or_default());
            }
        }
    }
    bytes.truncate(BYTES);
    bytes
}
