//! Which files of an output mention which store paths, and how.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::{Entry, FileCarriers, Hit, Scanner, StorePaths, Tree, TreeError};
use crate::nix::Digest;
use crate::verdict::Carrier;

/// A file of an output that mentions a store path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileMention {
    /// Its path in the output.
    pub path: Vec<u8>,
    /// How often it does so, by the kind.
    pub carriers: BTreeMap<Carrier, u64>,
    /// Where the first of the 32 digits stands first, in bytes from the start; none where a link's target or
    /// the file's own name mentions it.
    pub offset: Option<u64>,
}

/// For each store path that an output mentions, the files that do, by their paths.
pub type Mentions = BTreeMap<Digest, Vec<FileMention>>;

impl Tree {
    /// Which of the digests its files mention: in their bytes, their names and the targets of links, as Nix
    /// looks for them. Files are read on all threads.
    ///
    /// **Underestimates.** What is compressed, or written otherwise than by its 32 digits, is not seen; Nix
    /// does not see it either.
    ///
    /// # Errors
    /// When a file cannot be read, or a listing does not hold its content.
    pub fn mentions(&self, scanner: &Scanner) -> Result<Mentions, TreeError> {
        let entries: Vec<(&Vec<u8>, &Entry)> = self.entries.iter().collect();
        let of_entry = |(path, entry): (&Vec<u8>, &Entry)| {
            let mut found: BTreeMap<Digest, FileMention> = BTreeMap::new();
            let mut note = |hit: &Hit, carrier: Carrier, offset: Option<u64>| {
                let empty = || FileMention { path: path.clone(), carriers: BTreeMap::new(), offset };
                let mention = found.entry(hit.digest).or_insert_with(empty);
                *mention.carriers.entry(carrier).or_default() += 1;
            };
            match entry {
                Entry::Directory => {}
                Entry::Symlink(target) => {
                    scanner.scan(target).iter().for_each(|hit| note(hit, Carrier::Symlink, None));
                }
                Entry::Regular { content, .. } => {
                    let bytes = content.map(&String::from_utf8_lossy(path))?;
                    let hits = scanner.scan_long(&bytes);
                    let carriers = (!hits.is_empty()).then(|| FileCarriers::new(path, &bytes));
                    for (hit, carriers) in hits.iter().zip(carriers.iter().cycle()) {
                        note(hit, carriers.at(hit.offset), Some(hit.offset as u64));
                    }
                }
            }
            let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
            scanner.scan(name).iter().for_each(|hit| note(hit, Carrier::Other, None));
            Ok(found)
        };
        let parts: Vec<BTreeMap<Digest, FileMention>> =
            entries.into_par_iter().map(of_entry).collect::<Result<_, TreeError>>()?;
        let mut mentions = Mentions::new();
        for (digest, mention) in parts.into_iter().flatten() {
            mentions.entry(digest).or_default().push(mention);
        }
        Ok(mentions)
    }

    /// The store paths that its files name, where none are known beforehand; see [`StorePaths::of`].
    ///
    /// # Errors
    /// As [`Self::mentions`].
    pub fn store_paths(&self, store_dir: &str) -> Result<StorePaths, TreeError> {
        let entries: Vec<(&Vec<u8>, &Entry)> = self.entries.iter().collect();
        let of_entry = |(path, entry): (&Vec<u8>, &Entry)| {
            let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
            let named = StorePaths::of(name, store_dir.as_bytes());
            Ok(match entry {
                Entry::Directory => named,
                Entry::Symlink(target) => named.and(StorePaths::of(target, store_dir.as_bytes())),
                Entry::Regular { content, .. } => {
                    let bytes = content.map(&String::from_utf8_lossy(path))?;
                    named.and(StorePaths::of(&bytes, store_dir.as_bytes()))
                }
            })
        };
        let all = entries.into_par_iter().map(of_entry);
        all.try_reduce(StorePaths::default, |one, other| Ok(one.and(other)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::outputs::Content;

    const D: &str = "0001x39905jwpbxh95qbvxcka0llljcd";

    fn tree(files: &[(&str, Entry)]) -> Tree {
        let entries = files.iter().map(|(path, entry)| (path.as_bytes().to_vec(), entry.clone()));
        Tree { entries: entries.collect() }
    }

    fn regular(text: &str) -> Entry {
        let bytes = text.as_bytes();
        Entry::Regular { executable: false, size: bytes.len() as u64, content: Content::Bytes(bytes.into()) }
    }

    #[test]
    fn in_files_links_and_names() {
        let files = [
            ("", Entry::Directory),
            ("bin", Entry::Directory),
            ("bin/x", regular(&format!("#!/nix/store/{D}-perl/bin/perl\n'/nix/store/{D}-perl/y'\n{D}"))),
            ("link", Entry::Symlink(format!("../{D}-perl/bin").into_bytes())),
            (&format!("{D}-copy"), Entry::Directory),
            ("none", regular("")),
        ];
        let files: Vec<(&str, Entry)> = files.into_iter().collect();
        let tree = tree(&files);
        let scanner = Scanner::new(Digest::from_prefix(D.as_bytes()));
        let mentions = tree.mentions(&scanner).unwrap();
        let told: Vec<String> = mentions.values().flatten().map(|m| format!("{:?}", (&m.carriers, m.offset))).collect();
        assert_eq!(told, ["({Other: 1}, None)", "({Shebang: 1, Other: 2}, Some(13))", "({Symlink: 1}, None)"]);
        let named = tree.store_paths("/nix/store").unwrap();
        assert_eq!(named.0.values().map(|n| (n.name(), n.absolute)).collect::<Vec<_>>(), [("perl".to_owned(), true)]);
    }

    #[test]
    fn content_that_is_not_there_is_an_error() {
        let unknown = Entry::Regular { executable: false, size: 3, content: Content::Unknown };
        let error = tree(&[("a", unknown)]).mentions(&Scanner::new([])).unwrap_err();
        assert!(error.to_string().contains("a listing names this file"), "{error}");
    }
}
