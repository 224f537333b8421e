//! What built outputs refer to, and where they say so.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{
    Built, Content, Entry, FileMention, Mentions, Metadata, MetadataError, Scanner, StorePaths, Tree, TreeError, shown,
};
use crate::nix::store_path::DEFAULT_STORE_DIR;
use crate::nix::{Digest, StorePath, normalise_pname, parse_drv_name};
use crate::verdict::{Carrier, ReferenceSource};

/// Why references cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum ReferencesError {
    /// A file of an output.
    #[error("{output}: {source}; what it mentions is not known, so nothing is told of this output")]
    Tree {
        /// The output, as it was given.
        output: String,
        /// What is wrong.
        source: TreeError,
    },
    /// The metadata.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// A listing without metadata.
    #[error(
        "{0}: a listing does not hold what its files mention; give metadata (--metadata: a store database, \
         'nix path-info --json' or a narinfo file), or the output itself"
    )]
    Listing(String),
}

/// What outputs refer to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReferencesReport {
    /// Version of this shape.
    pub version: u32,
    /// In the order given.
    pub outputs: Vec<OutputReferences>,
    /// What is not seen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What an output refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutputReferences {
    /// Its store path; as it was given, where that is not known.
    pub output: String,
    /// Where the references are known from; the files that mention them are always found by a scan.
    pub source: ReferenceSource,
    /// Ascending.
    pub references: Vec<Reference>,
}

/// A store path that an output refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reference {
    /// The path.
    pub path: String,
    /// Its name.
    pub name: String,
    /// Whether it is the output itself.
    pub own: bool,
    /// Whether no file has it behind the store's folder, so that it may be something else that looks alike.
    /// Only of what was found without metadata.
    pub bare: bool,
    /// How often the output mentions it.
    pub mentions: u64,
    /// The files that do, by path.
    pub files: Vec<MentioningFile>,
}

/// A file that mentions a store path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MentioningFile {
    /// Its path in the output.
    pub path: String,
    /// How often, by the kind.
    pub carriers: BTreeMap<Carrier, u64>,
    /// Where the hash stands first, in bytes from the start; none of a link and of a file's own name.
    pub offset: Option<u64>,
}

impl Reference {
    fn new(name: &StorePath<'_>, own: bool, bare: bool, files: Vec<FileMention>) -> Self {
        let files: Vec<MentioningFile> = files
            .into_iter()
            .map(|file| MentioningFile { path: shown(&file.path), carriers: file.carriers, offset: file.offset })
            .collect();
        Self {
            path: name.absolute(DEFAULT_STORE_DIR),
            name: name.name.to_owned(),
            own,
            bare,
            mentions: files.iter().flat_map(|file| file.carriers.values()).sum(),
            files,
        }
    }

    /// In how many files each kind occurs.
    #[must_use]
    pub fn carriers(&self) -> BTreeMap<Carrier, u64> {
        let mut carriers = BTreeMap::new();
        for carrier in self.files.iter().flat_map(|file| file.carriers.keys()) {
            *carriers.entry(*carrier).or_default() += 1;
        }
        carriers
    }

    /// Whether it is what was asked for: its path, its base name, its name, or its pname without case and
    /// interpreter prefix.
    #[must_use]
    pub fn is(&self, asked: &str) -> bool {
        let pname = |name: &str| normalise_pname(parse_drv_name(name).0);
        self.path == asked
            || self.path.strip_suffix(asked).is_some_and(|before| before.ends_with('/'))
            || self.name == asked
            || pname(&self.name) == pname(asked)
    }
}

/// The files whose content is known, and links.
fn known(tree: &Tree) -> Tree {
    let known = |entry: &Entry| !matches!(entry, Entry::Regular { content: Content::Unknown, .. });
    let entries = tree.entries.iter().filter(|(_, entry)| known(entry));
    Tree { entries: entries.map(|(path, entry)| (path.clone(), entry.clone())).collect() }
}

/// What outputs refer to, and where: by the first of the metadata that knows the output; where there is none, by
/// a scan for what the metadata names, or else for all store paths that its files name.
///
/// **Overestimates.** Without metadata, a text that looks like a store path counts (see
/// [`StorePaths::of`]). **Underestimates.** A path in a compressed file is not seen; nor does Nix see it.
/// With metadata, a reference that no file mentions as it is stands there without files.
///
/// # Errors
/// When a file or the metadata cannot be read, or a listing stands alone.
pub fn references(outputs: &[Built], metadata: &[Metadata]) -> Result<ReferencesReport, ReferencesError> {
    let mut notes: BTreeSet<String> = metadata.iter().filter_map(|data| data.note().map(str::to_owned)).collect();
    let mut told = Vec::with_capacity(outputs.len());
    for built in outputs {
        told.push(of_output(built, metadata, &mut notes)?);
    }
    Ok(ReferencesReport { version: 1, outputs: told, notes: notes.into_iter().collect() })
}

fn of_output(
    built: &Built,
    metadata: &[Metadata],
    notes: &mut BTreeSet<String>,
) -> Result<OutputReferences, ReferencesError> {
    let tree_error = |source| ReferencesError::Tree { output: built.given.clone(), source };
    let own = built.base_name.as_deref().and_then(|name| StorePath::from_base_name(name.as_bytes()).ok());
    let output = own.map_or_else(|| built.given.clone(), |own| own.absolute(DEFAULT_STORE_DIR));
    let mut recorded = None;
    for data in metadata {
        if let Some(own) = &own
            && let Some(names) = data.references(own, DEFAULT_STORE_DIR)?
        {
            recorded = Some((data.source(), names));
            break;
        }
    }
    if let Some((source, names)) = recorded {
        let mut mentions = mentions(built, &names, notes).map_err(tree_error)?;
        let references = names.iter().filter_map(|name| reference(name, own, &mut mentions, true)).collect();
        return Ok(OutputReferences { output, source, references });
    }
    if built.listed {
        return Err(ReferencesError::Listing(built.given.clone()));
    }
    let source = ReferenceSource::Scan;
    if !metadata.is_empty() {
        notes.insert(format!("{output}: the metadata does not know it; scanned for the store paths that it names"));
        let mut names = BTreeSet::new();
        for data in metadata {
            names.extend(data.known()?);
        }
        names.extend(built.base_name.clone());
        let names: Vec<String> = names.into_iter().collect();
        let mut mentions = mentions(built, &names, notes).map_err(tree_error)?;
        let references = names.iter().filter_map(|name| reference(name, own, &mut mentions, false)).collect();
        return Ok(OutputReferences { output, source, references });
    }
    let mut named = built.tree.store_paths(DEFAULT_STORE_DIR).map_err(tree_error)?;
    let scanner = Scanner::new(named.0.keys().copied().chain(own.map(|own| own.digest)));
    let mut mentions = built.tree.mentions(&scanner).map_err(tree_error)?;
    Ok(OutputReferences { output, source, references: found(&mut named, own, &mut mentions) })
}

fn mentions(built: &Built, names: &[String], notes: &mut BTreeSet<String>) -> Result<Mentions, TreeError> {
    let digests = names.iter().filter_map(|name| Digest::from_prefix(name.as_bytes()));
    let scanner = Scanner::new(digests);
    if !built.listed {
        return built.tree.mentions(&scanner);
    }
    notes.insert(format!("{}: of a listing, only links tell where a reference is", built.given));
    known(&built.tree).mentions(&scanner)
}

/// A reference by its base name; one that no file mentions only where it is `recorded`.
fn reference(name: &str, own: Option<StorePath<'_>>, mentions: &mut Mentions, recorded: bool) -> Option<Reference> {
    let path = StorePath::from_base_name(name.as_bytes()).ok()?;
    let files = mentions.remove(&path.digest);
    (recorded || files.is_some()).then(|| Reference::new(&path, own == Some(path), false, files.unwrap_or_default()))
}

/// References that were found by the texts alone.
fn found(named: &mut StorePaths, own: Option<StorePath<'_>>, mentions: &mut Mentions) -> Vec<Reference> {
    let mut references = Vec::new();
    for (digest, files) in std::mem::take(mentions) {
        let named = named.0.remove(&digest);
        let own = own.filter(|own| own.digest == digest);
        let name = own
            .map_or_else(|| named.as_ref().map_or_else(String::new, |named| named.name()), |own| own.name.to_owned());
        let bare = own.is_none() && !named.is_some_and(|named| named.absolute);
        references.push(Reference::new(&StorePath { digest, name: &name }, own.is_some(), bare, files));
    }
    references
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::outputs::Recorded;
    use std::collections::BTreeMap;

    const A: &str = "0001x39905jwpbxh95qbvxcka0llljcd-python3.11-Pillow-9.4";
    const B: &str = "1001x39905jwpbxh95qbvxcka0llljcd-b";
    const C: &str = "2001x39905jwpbxh95qbvxcka0llljcd-c";

    fn built(text: &str, listed: bool) -> Built {
        let content = if listed { Content::Unknown } else { Content::Bytes(text.as_bytes().into()) };
        let file = Entry::Regular { executable: false, size: 0, content };
        let link = Entry::Symlink(format!("/nix/store/{B}/x").into_bytes());
        let entries = [("", Entry::Directory), ("a", file), ("l", link)];
        let entries = entries.into_iter().map(|(path, entry)| (path.as_bytes().to_vec(), entry)).collect();
        Built { given: "given".to_owned(), base_name: Some(A.to_owned()), tree: Tree { entries }, listed }
    }

    fn told(report: &ReferencesReport) -> Vec<(String, bool, bool, u64)> {
        let references = report.outputs.iter().flat_map(|output| &output.references);
        references.map(|r| (r.path["/nix/store/".len()..].to_owned(), r.own, r.bare, r.mentions)).collect()
    }

    #[test]
    fn by_metadata_by_candidates_and_by_texts() {
        let text = format!("{}\n/nix/store/{A}/x {C} {C}", &B[..32]);
        let listed = |of: &str, names: &[&str]| {
            let references = Some(names.iter().map(|&name| name.to_owned()).collect());
            Metadata::PathInfo(BTreeMap::from([(of.to_owned(), Recorded { references, ..Recorded::default() })]))
        };
        // recorded: what is recorded, found or not, and nothing else
        let report = references(&[built(&text, false)], &[listed(C, &[]), listed(A, &[A, B])]).unwrap();
        assert_eq!(report.outputs[0].source, ReferenceSource::PathInfo);
        assert_eq!(told(&report), [(A.to_owned(), true, false, 1), (B.to_owned(), false, false, 2)]);
        let report = references(&[built("", false)], &[listed(A, &[C])]).unwrap();
        assert_eq!(told(&report), [(C.to_owned(), false, false, 0)]);
        // not recorded: what the metadata names, where it is found
        let report = references(&[built(&text, false)], &[listed(C, &[B])]).unwrap();
        assert_eq!(report.outputs[0].source, ReferenceSource::Scan);
        assert_eq!(told(&report).len(), 3);
        assert!(report.notes[0].contains("the metadata does not know it"));
        // no metadata: what looks like a store path
        let report = references(&[built(&text, false)], &[]).unwrap();
        let expected = [(A, true, false, 1), (B, false, false, 2), (C, false, true, 2)];
        assert_eq!(told(&report), expected.map(|(name, own, bare, count)| (name.to_owned(), own, bare, count)));
        // a listing: by its links
        let report = references(&[built("", true)], &[listed(A, &[A, B])]).unwrap();
        assert_eq!(told(&report), [(A.to_owned(), true, false, 0), (B.to_owned(), false, false, 1)]);
        assert!(references(&[built("", true)], &[]).unwrap_err().to_string().contains("--metadata"));
    }

    /// Of an output that cannot be read whole, nothing is told.
    #[test]
    fn a_file_that_has_vanished() {
        let mut output = built("", false);
        let content = Content::File("/nonexistent/a".into());
        output.tree.entries.insert(b"a".to_vec(), Entry::Regular { executable: false, size: 1, content });
        let error = references(&[output], &[]).unwrap_err().to_string();
        assert!(
            error.starts_with("given: /nonexistent/a: No such file") && error.contains("nothing is told"),
            "{error}"
        );
    }

    #[test]
    fn what_is_asked_for() {
        let path = StorePath::from_base_name(A.as_bytes()).unwrap();
        let reference = Reference::new(&path, false, false, Vec::new());
        for asked in [A, &format!("/nix/store/{A}"), "python3.11-Pillow-9.4", "pillow", "Pillow"] {
            assert!(reference.is(asked), "{asked}");
        }
        for asked in ["", "illow", "pillow-simd", "4", B] {
            assert!(!reference.is(asked), "{asked}");
        }
    }
}
