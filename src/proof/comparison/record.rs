//! `RECORD`: the list of a python package's files with their digests.

use super::file::Difference;
use super::paths::Rules;
use super::words::same;

/// How two lists of files differ, where that follows from how the files do: a digest and a length of a file
/// that itself differs no more than by references, a line of a file that is gone as a reference. `None`
/// where more differs. `of` tells of a file by its path in the output, and whether it is gone.
///
/// The digest may be one of before a wrapper was put around a program: what stands beside it as
/// `.NAME-wrapped` is asked, too. **Overestimates**: that the digests are right is not looked at.
pub(super) fn explained(
    path: &[u8],
    first: &[u8],
    second: &[u8],
    rules: &Rules<'_>,
    of: impl Fn(&[u8]) -> Option<(Difference, bool)>,
) -> Option<Difference> {
    let packages = parent(parent(path));
    let mut others = second.split(|&byte| byte == b'\n').peekable();
    let mut worst = Difference::None;
    for line in first.split(|&byte| byte == b'\n') {
        if others.next_if(|other| line == *other || same(line, other, rules)).is_some() {
            continue;
        }
        let (name, rest) = fields(line)?;
        let file = joined(packages, name)?;
        let (folder, base) =
            file.iter().rposition(|&byte| byte == b'/').map_or((&[][..], file.as_slice()), |at| file.split_at(at + 1));
        let wrapped = [folder, b".", base, b"-wrapped"].concat();
        let own = of(&file);
        let gone = own.as_ref().is_some_and(|(_, gone)| *gone);
        let difference = [own, of(&wrapped)].into_iter().flatten().map(|(difference, _)| difference).max()?;
        if matches!(difference, Difference::None | Difference::Content) {
            return None;
        }
        let other = others.next_if(|other| fields(other).is_some_and(|(other, rest)| name == other && is_digest(rest)));
        // a line may only be gone with its file
        if !is_digest(rest) || other.is_none() && !gone {
            return None;
        }
        worst = worst.max(difference);
    }
    (others.next().is_none() && worst != Difference::None).then_some(worst)
}

/// The path, and the digest with the length.
fn fields(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = memchr::memrchr(b',', line)?;
    let digest = memchr::memrchr(b',', line.get(..length)?)?;
    Some((line.get(..digest)?, line.get(digest + 1..)?))
}

/// Whether a text is `sha256=…,123`.
fn is_digest(text: &[u8]) -> bool {
    let text = text.trim_ascii_end();
    let digits = text.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    text.starts_with(b"sha256=")
        && digits > 0
        && text.len() > digits
        && text.get(text.len() - digits - 1) == Some(&b',')
}

fn parent(path: &[u8]) -> &[u8] {
    memchr::memrchr(b'/', path).and_then(|at| path.get(..at)).unwrap_or_default()
}

/// A path below a folder, without `..`.
fn joined(folder: &[u8], path: &[u8]) -> Option<Vec<u8>> {
    let mut parts: Vec<&[u8]> = folder.split(|&byte| byte == b'/').filter(|part| !part.is_empty()).collect();
    for part in path.split(|&byte| byte == b'/') {
        match part {
            b".." => drop(parts.pop()?),
            b"." | b"" => {}
            part => parts.push(part),
        }
    }
    Some(parts.join(&b'/'))
}
