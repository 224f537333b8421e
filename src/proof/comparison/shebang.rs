//! The first line of a script.

use super::paths::Rules;

/// Whether two first lines name the same program with the same arguments, the first by a path of
/// what was taken out: `#!/nix/store/…-perl/bin/perl -w` and `#!/usr/bin/env perl -w` or `#!/usr/bin/perl -w`.
///
/// **Overestimates** what is the same: the program may be another one where the script is run.
pub(super) fn exchanged(first: &[u8], second: &[u8], rules: &Rules<'_>) -> bool {
    match (Interpreter::of(first), Interpreter::of(second)) {
        (Some(one), Some(other)) => rules.mentions(first) && one.name == other.name && one.arguments == other.arguments,
        _ => false,
    }
}

struct Interpreter<'l> {
    name: &'l [u8],
    arguments: Vec<&'l [u8]>,
}

impl<'l> Interpreter<'l> {
    fn of(line: &'l [u8]) -> Option<Self> {
        let mut words =
            line.strip_prefix(b"#!")?.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).peekable();
        let mut path = words.next()?;
        if path.first() != Some(&b'/') {
            return None;
        }
        if base_name(path) == b"env" {
            words.next_if(|word| *word == b"-S");
            // `env X=y perl` is not read
            path = words.next().filter(|word| !word.contains(&b'=') && word.first() != Some(&b'-'))?;
        }
        Some(Self { name: base_name(path), arguments: words.collect() })
    }
}

fn base_name(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or(path)
}
