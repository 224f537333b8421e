//! Two outputs compared.

use std::fs;
use std::hint::black_box;
use std::path::Path;

use nix_ripple::nix::Digest;
use nix_ripple::proof::comparison::{CompareParams, compare};
use nix_ripple::proof::outputs::Tree;
use nix_ripple::verdict::Outcome;

use super::generate::Random;
use super::{Row, median, ms, time};

/// How large each of the two is.
const SIZE: usize = 500 << 20;

const OWN: [&str; 2] = ["0001x39905jwpbxh95qbvxcka0llljcd", "1001x39905jwpbxh95qbvxcka0llljcd"];
const INPUT: [&str; 2] = ["2001x39905jwpbxh95qbvxcka0llljcd", "3001x39905jwpbxh95qbvxcka0llljcd"];

/// Two trees of 500 MB each: half of it small files, half of it 64 large ones; one file in twenty records
/// the own path and that of an input, which are others in the second.
pub(crate) fn comparison(scratch: &Path, table: &mut Vec<Row>) {
    let folders = [scratch.join("first"), scratch.join("second")];
    let files = write(&folders);
    let trees = || folders.each_ref().map(|folder| [("out".to_owned(), Tree::of_path(folder).expect("a tree"))]);
    let digest = |text: &str| Digest::from_prefix(text.as_bytes()).expect("a digest");
    let params = CompareParams {
        counterparts: [(digest(OWN[1]), digest(OWN[0]))].into(),
        exchanged: [(digest(INPUT[1]), digest(INPUT[0]))].into(),
        ..CompareParams::default()
    };
    let all = || {
        let [first, second] = trees();
        let found = compare(&first, &second, &params).expect("two trees");
        assert_eq!(found.outcome, Outcome::ReferenceOnly);
        assert_eq!(found.files.len(), files.div_ceil(20), "{:?}", found.files.first());
        black_box(found);
    };
    let reading = || {
        for folder in &folders {
            for entry in fs::read_dir(folder).expect("a folder") {
                black_box(fs::read(entry.expect("an entry").path()).expect("a file").len());
            }
        }
    };
    let (mut whole, mut read) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        read.push(time(reading));
        whole.push(time(all));
    }
    table.push([
        format!("`compare` of two trees of 500 MB, {files} files each"),
        ms(median(whole)),
        format!("reading both, one thread: {}", ms(median(read))),
        "3 s".to_owned(),
    ]);
    for folder in &folders {
        fs::remove_dir_all(folder).expect("scratch");
    }
}

/// Writes both, and gives the number of files in each.
fn write(folders: &[std::path::PathBuf; 2]) -> usize {
    let mut random = Random::new(1);
    for folder in folders {
        fs::create_dir(folder).expect("scratch");
    }
    let (mut files, mut written) = (0, 0);
    while written < SIZE {
        let size = if files % 400 == 1 { SIZE / 128 } else { 500 + random.below(20_000) };
        let mut bytes = Vec::with_capacity(size + 200);
        while bytes.len() < size {
            bytes.extend_from_slice(&(random.below(usize::MAX) as u64).to_le_bytes());
        }
        let at = random.below(bytes.len());
        for (side, folder) in folders.iter().enumerate() {
            let mut bytes = bytes.clone();
            if files % 20 == 0 {
                let text = format!("/nix/store/{}-x-1/lib:/nix/store/{}-y-2/lib\0", OWN[side], INPUT[side]);
                bytes.splice(at..at, text.into_bytes());
            }
            fs::write(folder.join(format!("{files:06}")), bytes).expect("scratch");
        }
        written += size;
        files += 1;
    }
    files
}
