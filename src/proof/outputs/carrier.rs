//! How a file carries the store paths that it mentions.

use super::run_path;
use crate::verdict::Carrier;

/// Stands in the text that nixpkgs' binary wrappers carry.
pub(crate) const BINARY_WRAPPER: &[u8] =
    b"# The C-code for this binary wrapper has been generated using the following command:";

/// Stands in the line that nixpkgs' wrapPython puts into a python script for its modules to be found: it adds
/// the folders of a list.
const ADDS_FOLDERS: &[u8] = b"site.addsitedir(";

/// Shells that wrappers are written for.
const SHELLS: [&[u8]; 5] = [b"sh", b"bash", b"dash", b"ash", b"zsh"];

/// How long a wrapper can be; nixpkgs writes some hundred lines at most.
const LONGEST_WRAPPER: usize = 1 << 20;

/// What is known of one file, to be asked for each place.
///
/// **Overestimates.** A script by hand whose last line is `exec PROGRAM … "$@"` counts as a wrapper.
/// **Underestimates.** What stands in a compressed file, an archive or a `.pyc` is [`Carrier::Other`].
#[derive(Debug)]
pub struct FileCarriers<'c> {
    content: &'c [u8],
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// The path of the file decides.
    Named(Carrier),
    /// An ELF file: where its run path and interpreter stand, and what all else is.
    Elf { run_path: Vec<std::ops::Range<usize>>, else_: Carrier },
    /// A text: where its first line ends if that names an interpreter, and whether it is a wrapper.
    Text { interpreter: usize, wrapper: bool },
    /// Neither.
    Binary,
}

impl<'c> FileCarriers<'c> {
    /// What is known of a file by its path in the output and its content. O(content) at most.
    #[must_use]
    pub fn new(path: &[u8], content: &'c [u8]) -> Self {
        let kind = match by_path(path) {
            Some(carrier) => Kind::Named(carrier),
            None if content.starts_with(b"\x7fELF") => {
                let wrapper = memchr::memmem::find(content, BINARY_WRAPPER).is_some();
                let else_ = if wrapper { Carrier::Wrapper } else { Carrier::Other };
                Kind::Elf { run_path: run_path::spans(content), else_ }
            }
            None if memchr::memchr(0, content).is_some() => Kind::Binary,
            None => {
                let first = content.split(|&byte| byte == b'\n').next().unwrap_or_default();
                let interpreter = if first.starts_with(b"#!") { first.len() } else { 0 };
                Kind::Text { interpreter, wrapper: interpreter > 0 && is_wrapper(first, content) }
            }
        };
        Self { content, kind }
    }

    /// How the file carries what stands at `offset`: the first of a store path's 32 digits.
    #[must_use]
    pub fn at(&self, offset: usize) -> Carrier {
        match &self.kind {
            Kind::Named(carrier) => *carrier,
            Kind::Elf { run_path, else_ } => {
                if run_path.iter().any(|span| span.contains(&offset)) {
                    Carrier::Rpath
                } else {
                    *else_
                }
            }
            Kind::Text { interpreter, .. } if offset < *interpreter => Carrier::Shebang,
            Kind::Text { wrapper: true, .. } => Carrier::Wrapper,
            Kind::Text { .. } if self.line(offset).is_some_and(has_python_wrapper) => Carrier::Wrapper,
            Kind::Text { .. } if in_path_list(self.content, offset) => Carrier::PathList,
            Kind::Text { .. } | Kind::Binary => Carrier::Other,
        }
    }

    fn line(&self, offset: usize) -> Option<&'c [u8]> {
        let (before, after) = self.content.split_at_checked(offset)?;
        let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        let end = memchr::memchr(b'\n', after).map_or(self.content.len(), |at| offset + at);
        self.content.get(start..end)
    }
}

fn has_python_wrapper(line: &[u8]) -> bool {
    memchr::memmem::find(line, ADDS_FOLDERS).is_some() && memchr::memmem::find(line, b"['").is_some()
}

impl Carrier {
    /// How a file of an output carries what it mentions at `offset`: `path` is that in the output,
    /// `offset` where the 32 digits begin. For many places of one file, ask [`FileCarriers`].
    #[must_use]
    pub fn of(path: &[u8], content: &[u8], offset: usize) -> Self {
        FileCarriers::new(path, content).at(offset)
    }
}

/// What the path alone decides.
fn by_path(path: &[u8]) -> Option<Carrier> {
    let mut parts = path.split(|&byte| byte == b'/');
    if parts.next() == Some(b"nix-support") && path.contains(&b'/') {
        let list = parts.next().is_some_and(|name| name.starts_with(b"propagated-"));
        return Some(if list { Carrier::Propagated } else { Carrier::NixSupport });
    }
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
    if name.ends_with(b".pc") {
        Some(Carrier::PkgConfig)
    } else if name.ends_with(b".cmake") {
        Some(Carrier::Cmake)
    } else if name.ends_with(b".la") {
        Some(Carrier::Libtool)
    } else if name.ends_with(b".pth") || name.ends_with(b".egg-link") || path.split(|&b| b == b'/').any(is_metadata) {
        Some(Carrier::PythonMetadata)
    } else {
        None
    }
}

/// Whether a folder or file holds the metadata of a python package.
fn is_metadata(part: &[u8]) -> bool {
    part.ends_with(b".dist-info") || part.ends_with(b".egg-info") || part == b"EGG-INFO"
}

/// Whether a script is a wrapper: a shell runs it, and its last line replaces it by a program, with the
/// arguments that it was given.
fn is_wrapper(first: &[u8], content: &[u8]) -> bool {
    if content.len() > LONGEST_WRAPPER {
        return false;
    }
    let mut words = first.get(2..).unwrap_or_default().split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let base = |word: &[u8]| word.rsplit(|&byte| byte == b'/').next().unwrap_or_default().to_vec();
    let mut interpreter = words.next().map(base).unwrap_or_default();
    if interpreter == b"env" {
        interpreter = words.next().map(base).unwrap_or_default();
    }
    let last = content.trim_ascii_end().rsplit(|&byte| byte == b'\n').next().unwrap_or_default().trim_ascii();
    SHELLS.contains(&interpreter.as_slice())
        && last.starts_with(b"exec ")
        && last.contains(&b'/')
        && last.ends_with(b"\"$@\"")
}

/// Whether a byte ends a path in texts of all kinds. A colon parts the elements of a list.
pub(crate) const fn parts_words(byte: u8) -> bool {
    byte <= b' '
        || matches!(
            byte,
            b':' | b'"'
                | b'\''
                | b'`'
                | b';'
                | b','
                | b'='
                | b'<'
                | b'>'
                | b'('
                | b')'
                | b'['
                | b']'
                | b'{'
                | b'}'
                | b'|'
                | b'$'
                | b'\\'
                | 0x7f
        )
}

/// Whether what stands at `offset` is an element of a list of paths that colons part: beside it, behind a
/// colon, stands another path, a variable, or the variable with the colon that comes along with it
/// (`${X:+:$X}`).
fn in_path_list(content: &[u8], offset: usize) -> bool {
    let Some((before, after)) = content.split_at_checked(offset) else { return false };
    let start = before.iter().rposition(|&byte| parts_words(byte)).map_or(0, |at| at + 1);
    let end = after.iter().position(|&byte| parts_words(byte)).map_or(content.len(), |at| offset + at);
    if content.get(start) != Some(&b'/') {
        return false;
    }
    let (before, after) = (content.get(..start).unwrap_or_default(), content.get(end..).unwrap_or_default());
    let follows = match after {
        [b':', next, ..] => matches!(next, b'/' | b'$' | b':'),
        [b'$', b'{', rest @ ..] => {
            let name = rest.iter().take_while(|&&byte| byte.is_ascii_alphanumeric() || byte == b'_').count();
            rest.get(name..).is_some_and(|rest| rest.starts_with(b":+:") || rest.starts_with(b"+:"))
        }
        _ => false,
    };
    follows || before.strip_suffix(b":").is_some_and(ends_with_element)
}

/// Whether a text ends with a path or a variable, as the element before a colon does.
fn ends_with_element(text: &[u8]) -> bool {
    if text.ends_with(b"}") || text.ends_with(b":") {
        return true;
    }
    let start = text.iter().rposition(|&byte| parts_words(byte)).map_or(0, |at| at + 1);
    let variable = start > 0 && text.get(start - 1) == Some(&b'$');
    variable || text.get(start) == Some(&b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    const D: &str = "0001x39905jwpbxh95qbvxcka0llljcd";

    /// The carrier of the last digest in a text, where `%` stands for a store path.
    fn at(path: &str, text: &str) -> Carrier {
        let text = text.replace('%', &format!("/nix/store/{D}-zlib-1.2"));
        Carrier::of(path.as_bytes(), text.as_bytes(), text.rfind(D).unwrap())
    }

    #[test]
    fn the_path_decides() {
        for (path, carrier) in [
            ("nix-support/propagated-build-inputs", Carrier::Propagated),
            ("nix-support/propagated-user-env-packages", Carrier::Propagated),
            ("nix-support/setup-hook", Carrier::NixSupport),
            ("nix-support/propagated/x", Carrier::NixSupport),
            ("nix-support", Carrier::Other),
            ("share/nix-support/propagated-build-inputs", Carrier::Other),
            ("lib/pkgconfig/zlib.pc", Carrier::PkgConfig),
            ("lib/cmake/x/xConfig.cmake", Carrier::Cmake),
            ("lib/libz.la", Carrier::Libtool),
            ("lib/libz.lab", Carrier::Other),
            ("lib/python3.11/site-packages/x-1.dist-info/RECORD", Carrier::PythonMetadata),
            ("lib/python3.11/site-packages/x-1.egg-info", Carrier::PythonMetadata),
            ("lib/python2.7/site-packages/x-1-py2.7.egg/EGG-INFO/requires.txt", Carrier::PythonMetadata),
            ("lib/python3.11/site-packages/x.pth", Carrier::PythonMetadata),
            ("lib/python3.11/site-packages/x.egg-link", Carrier::PythonMetadata),
            ("lib/python3.11/site-packages/x.py", Carrier::Other),
        ] {
            assert_eq!(at(path, "x % y"), carrier, "{path}");
        }
    }

    #[test]
    fn scripts() {
        let exec = "exec -a \"$0\" \"/nix/store/x/bin/.y-wrapped\"  \"$@\" \n";
        for (text, carrier) in [
            ("#!%/bin/perl -w\nuse strict;\n", Carrier::Shebang),
            ("#! %/bin/bash", Carrier::Shebang),
            ("#! /usr/bin/env perl\n'%'\n", Carrier::Other),
            (" #!%/bin/perl\n", Carrier::Other),
            (&format!("#! /bin/bash -e\nexport PATH='%/bin'${{PATH:+':'}}$PATH\n{exec}"), Carrier::Wrapper),
            (&format!("#!/usr/bin/env bash\nexport X='%'\n{exec}\n\n"), Carrier::Wrapper),
            (&format!("#! %/bin/bash -e\nexport X=y\n{exec}"), Carrier::Shebang),
            ("#! /bin/sh\nexport X='/usr'\nexec %/bin/x \"$@\"\n", Carrier::Wrapper),
            // what is run behind it makes it a script of its own
            (&format!("#! /bin/bash -e\nexport X='%'\n{exec}echo done\n"), Carrier::Other),
            (&format!("#! /usr/bin/perl\nexport X='%'\n{exec}"), Carrier::Other),
            ("#! /bin/sh\nexport X='%'\nexec gzip \"$@\"\n", Carrier::Other),
            ("#! /bin/sh\nexport X='%'\nexec /bin/gzip\n", Carrier::Other),
            (&format!("export X='%'\n{exec}"), Carrier::Other),
            (
                "#! /bin/python\nimport functools;functools.reduce(lambda k, p: site.addsitedir(p, k), ['%/lib'], x);\n",
                Carrier::Wrapper,
            ),
            // the same in another form, which comparisons call a wrapper, too
            ("#! /bin/python\nimport site; [site.addsitedir(one) for one in ['%/lib']]\n", Carrier::Wrapper),
            ("#! /bin/python\nsite.addsitedir('%/lib')\n", Carrier::Other),
        ] {
            assert_eq!(at("bin/x", text), carrier, "{text}");
        }
    }

    #[test]
    fn lists_of_paths() {
        for (text, carrier) in [
            ("PATH=%/bin:/usr/bin", Carrier::PathList),
            ("PATH=/usr/bin:%/bin\n", Carrier::PathList),
            ("PATH=/usr/bin:%/bin:/bin\n", Carrier::PathList),
            ("PATH=\"%/bin:$PATH\"", Carrier::PathList),
            ("PATH=$PATH:%/bin", Carrier::PathList),
            ("PATH=${PATH}:%/bin", Carrier::PathList),
            ("X='%/lib'${X:+:$X}", Carrier::Other),
            ("X=%/lib${X:+:$X}", Carrier::PathList),
            ("X=%/lib${X+:$X}", Carrier::PathList),
            ("%/share::/usr/share", Carrier::PathList),
            ("%/bin", Carrier::Other),
            ("dir: %/bin", Carrier::Other),
            ("dir:%/bin", Carrier::Other),
            ("'/usr': %/bin", Carrier::Other),
            ("%/x.c:12: error", Carrier::Other),
            ("https://%/bin", Carrier::Other),
            (&format!("a:/b:{D}-x"), Carrier::Other),
        ] {
            assert_eq!(at("etc/x", text), carrier, "{text}");
        }
        // a list in what is no text is not read as one
        let bytes = format!("\0/usr/bin:/nix/store/{D}-x/bin\0");
        assert_eq!(Carrier::of(b"x", bytes.as_bytes(), bytes.find(D).unwrap()), Carrier::Other);
    }

    #[test]
    fn any_offset_is_answered() {
        for text in ["", ":", "/a:/b", "#!", "#!/bin/sh\nexec /x \"$@\"", "\0", "\x7fELF"] {
            for offset in [0, 1, 2, 3, 100, usize::MAX] {
                let _ = Carrier::of(b"bin/x", text.as_bytes(), offset);
            }
        }
    }

    #[test]
    fn binary_wrappers() {
        let mut elf = b"\x7fELF\0\0".to_vec();
        elf.extend_from_slice(BINARY_WRAPPER);
        elf.extend_from_slice(format!("\n\nmakeCWrapper '/nix/store/{D}-x/bin/y'").as_bytes());
        let offset = memchr::memmem::find(&elf, D.as_bytes()).unwrap();
        assert_eq!(Carrier::of(b"bin/x", &elf, offset), Carrier::Wrapper);
        let plain: Vec<u8> = elf.iter().map(|&byte| if byte == b'#' { b'!' } else { byte }).collect();
        assert_eq!(Carrier::of(b"bin/x", &plain, offset), Carrier::Other);
    }
}
