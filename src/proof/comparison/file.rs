//! Two files compared.

use std::collections::BTreeSet;

use super::paths::Rules;
use super::walk::{Mismatch, walk};
use super::{binary_wrapper, elf, gone, gzip};
use crate::proof::outputs::FileCarriers;
use crate::verdict::Carrier;

/// How two files differ, the least first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Difference {
    /// Not at all, byte by byte.
    None,
    /// By counterparts alone.
    Counterparts,
    /// By references, carried so.
    References(BTreeSet<Carrier>),
    /// In more.
    Content,
}

/// Compares two files by what they hold; `path` is that in the output. With the first place where bytes
/// differ that are no counterparts, unless that is some number of an ELF file or in what is packed.
///
/// A `.pyc` and what else is no text is compared byte by byte once digests stand for each other, ELF files
/// part by part, `.gz` by what is packed. Jars, zip files and other archives are not looked into.
pub(super) fn compare_files(
    path: &[u8],
    first: &[u8],
    second: &[u8],
    rules: &Rules<'_>,
) -> (Difference, Option<Mismatch>) {
    if first == second {
        return (Difference::None, None);
    }
    let text = is_text(first) && is_text(second);
    let at = match walk(first, second, rules, !text) {
        Ok(walked) if walked.references.is_empty() => return (Difference::Counterparts, None),
        Ok(walked) => {
            let carriers = FileCarriers::new(path, first);
            let found = walked.references.iter().map(|&at| carriers.at(at)).collect();
            // before it there are counterparts alone, which are of one length
            let at = walked.references.first().map(|&at| Mismatch { first: at, second: at });
            return (Difference::References(found), at);
        }
        Err(at) => at,
    };
    match in_parts(path, first, second, text, rules) {
        Some(difference) => (difference, text.then_some(at)),
        None => (Difference::Content, Some(at)),
    }
}

fn in_parts(path: &[u8], first: &[u8], second: &[u8], text: bool, rules: &Rules<'_>) -> Option<Difference> {
    if text {
        return gone::gone(path, first, second, rules).map(Difference::References);
    }
    if first.starts_with(b"\x7fELF") && second.starts_with(b"\x7fELF") {
        return match elf::same_but_for_paths(first, second, rules) {
            Some(carriers) if carriers.is_empty() => Some(Difference::Counterparts),
            Some(carriers) => Some(Difference::References(carriers)),
            None if binary_wrapper::same_but_for_paths(first, second, rules) => {
                Some(Difference::References(BTreeSet::from([Carrier::Wrapper])))
            }
            None => None,
        };
    }
    let (one, other) = (gzip::unpacked(first)?, gzip::unpacked(second)?);
    let path = path.strip_suffix(b".gz").unwrap_or(path);
    // what is packed twice is compared as it is; what holds the same was packed otherwise
    let text = is_text(&one) && is_text(&other);
    match walk(&one, &other, rules, !text) {
        Ok(walked) if walked.references.is_empty() => walked.counterparts.then_some(Difference::Counterparts),
        Ok(walked) => {
            let carriers = FileCarriers::new(path, &one);
            Some(Difference::References(walked.references.iter().map(|&at| carriers.at(at)).collect()))
        }
        Err(_) if text => gone::gone(path, &one, &other, rules).map(Difference::References),
        Err(_) => None,
    }
}

/// Whether bytes are a text, as far as lines and lists are looked for: no byte is zero.
fn is_text(content: &[u8]) -> bool {
    memchr::memchr(0, content).is_none()
}
