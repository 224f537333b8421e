//! What a build opened of its inputs.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::verdict::OpenedIn;

/// The outputs that are watched, each with the number of its input.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Inputs {
    /// By the path; several inputs may have the same.
    by_path: HashMap<Vec<u8>, Vec<usize>>,
    /// The folder that they lie in.
    store: Vec<u8>,
}

impl Inputs {
    /// An output of an input.
    pub(in super::super) fn add(&mut self, path: &str, input: usize) {
        let path = path.as_bytes();
        if let Some(at) = memchr::memrchr(b'/', path) {
            self.store = path.get(..at).unwrap_or_default().to_vec();
        }
        self.by_path.entry(path.to_vec()).or_default().push(input);
    }

    /// The folder of store paths.
    pub(super) fn store(&self) -> &[u8] {
        &self.store
    }

    /// The inputs that a path without links lies in, and what of the path is below the output.
    pub(super) fn of<'p>(&self, path: &'p [u8]) -> Option<(&[usize], &'p [u8])> {
        let below = path.strip_prefix(self.store.as_slice())?.strip_prefix(b"/")?;
        let end = path.len() - below.len() + memchr::memchr(b'/', below).unwrap_or(below.len());
        let (output, rest) = path.split_at_checked(end)?;
        self.by_path.get(output).map(|inputs| (inputs.as_slice(), rest))
    }
}

/// What was opened, by input and phase.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in super::super) struct Opened(BTreeMap<(usize, Option<String>), BTreeSet<Vec<u8>>>);

impl Opened {
    pub(super) fn add(&mut self, input: usize, phase: Option<&String>, path: &[u8]) {
        let files = self.0.entry((input, phase.cloned())).or_default();
        if !files.contains(path) {
            files.insert(path.to_vec());
        }
    }

    /// What was opened of an input, by phase; the files by their paths.
    pub(in super::super) fn of(&self, input: usize) -> Vec<OpenedIn> {
        let of_input = self.0.range((input, None)..).take_while(|((other, _), _)| *other == input);
        let phase = |((_, phase), files): (&(usize, Option<String>), &BTreeSet<Vec<u8>>)| {
            let first = String::from_utf8_lossy(files.first()?).into_owned();
            Some(OpenedIn { phase: phase.clone(), files: files.len() as u64, first })
        };
        of_input.filter_map(phase).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_a_path_is() {
        let mut inputs = Inputs::default();
        inputs.add("/nix/store/a-x", 0);
        inputs.add("/nix/store/b-y", 1);
        inputs.add("/nix/store/b-y", 2);
        let check = |path: &str, expect: Option<(&[usize], &str)>| {
            let found = inputs.of(path.as_bytes()).map(|(inputs, rest)| (inputs, std::str::from_utf8(rest).unwrap()));
            assert_eq!(found, expect, "{path}");
        };
        check("/nix/store/a-x/bin/x", Some((&[0], "/bin/x")));
        check("/nix/store/b-y", Some((&[1, 2], "")));
        check("/nix/store/a-xx/bin", None);
        check("/nix/store", None);
        check("/tmp/store/nix/store/a-x/bin/x", None);
    }

    #[test]
    fn by_phase_and_path() {
        let mut opened = Opened::default();
        let phase = Some("buildPhase".to_owned());
        for (input, phase, path) in [
            (1, phase.as_ref(), "/b"),
            (1, phase.as_ref(), "/a"),
            (1, phase.as_ref(), "/a"),
            (1, None, "/c"),
            (2, None, "/d"),
        ] {
            opened.add(input, phase, path.as_bytes());
        }
        let first = |phase, files, first: &str| OpenedIn { phase, files, first: first.to_owned() };
        assert_eq!(opened.of(1), [first(None, 1, "/c"), first(phase, 2, "/a")]);
        assert_eq!(opened.of(0), []);
    }
}
