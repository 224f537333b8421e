//! What an output can offer a build.

use std::collections::{BTreeMap, BTreeSet};

use super::channel::{Channel, offers};
use super::{Entry, Tree, shown};

/// What an output can offer to the build of a package that has it as an input: names by the channel through
/// which it gets them.
///
/// It tells what can be used, not what is: which of it a build reads, only an experiment or a trace shows.
/// **Overestimates.** Names that no build asks for; channels that work only where a set-up hook puts them
/// into a search path. **Underestimates.** What the output's links lead to in other outputs, what it
/// propagates (only named, not followed), zipped python eggs, and any file of [`Channel::Data`], which a
/// build can read by its path all the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Channels {
    /// What is offered, by the channel; the names are sorted, and each stands there once. Channels through
    /// which nothing is offered are not there.
    pub names: BTreeMap<Channel, BTreeSet<String>>,
    /// Files whose content would tell more, but is not known (of a listing) or cannot be read.
    pub unread: Vec<String>,
}

impl Channels {
    /// What a tree offers. O(n log n) in the number of files; of few their content is read.
    #[must_use]
    pub fn of(tree: &Tree) -> Self {
        let mut channels = Self::default();
        for (path, entry) in &tree.entries {
            if !matches!(entry, Entry::Directory) {
                channels.add(path, entry);
            }
        }
        channels
    }

    fn add(&mut self, path: &[u8], entry: &Entry) {
        let text = String::from_utf8_lossy(path);
        let parts: Vec<&str> = text.split('/').collect();
        let executable = matches!(entry, Entry::Symlink(_) | Entry::Regular { executable: true, .. });
        if path.is_empty() {
            // what is no folder is run as a hook
            self.insert(Channel::SetupHook, ".".to_owned());
            return;
        }
        match offers(&parts, executable) {
            Some((channel, name)) => self.insert(channel, name),
            None => self.insert(Channel::Data, shown(path)),
        }
        if let ["nix-support", list] = parts.as_slice()
            && list.starts_with("propagated-")
        {
            self.read(path, entry, Channel::Propagated, |text| {
                text.split_whitespace().map(|path| path.rsplit('/').next().unwrap_or(path).to_owned()).collect()
            });
        }
        if let [.., folder, "entry_points.txt"] = parts.as_slice()
            && (folder.ends_with(".dist-info") || folder.ends_with(".egg-info") || *folder == "EGG-INFO")
        {
            self.read(path, entry, Channel::PythonPlugins, plugin_groups);
        }
    }

    fn insert(&mut self, channel: Channel, name: String) {
        self.names.entry(channel).or_default().insert(name);
    }

    fn read(&mut self, path: &[u8], entry: &Entry, channel: Channel, names: fn(&str) -> Vec<String>) {
        let bytes = match entry {
            Entry::Regular { content, .. } => content.map(&shown(path)).ok(),
            Entry::Symlink(_) | Entry::Directory => None,
        };
        match bytes {
            Some(bytes) => names(&String::from_utf8_lossy(&bytes)).into_iter().for_each(|n| self.insert(channel, n)),
            None => self.unread.push(shown(path)),
        }
    }

    /// The names that a channel offers, sorted.
    pub fn of_channel(&self, channel: Channel) -> impl Iterator<Item = &str> {
        self.names.get(&channel).into_iter().flatten().map(String::as_str)
    }

    /// Whether it offers nothing but data.
    #[must_use]
    pub fn only_data(&self) -> bool {
        self.names.keys().all(|channel| *channel == Channel::Data)
    }
}

/// The groups of `entry_points.txt` that have an entry; scripts are programs.
fn plugin_groups(text: &str) -> Vec<String> {
    let mut group = None;
    let mut groups = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            group = Some(name.trim());
        } else if line.contains('=')
            && !line.starts_with(['#', ';'])
            && let Some(name) = group
            && !["console_scripts", "gui_scripts"].contains(&name)
        {
            groups.push(name.to_owned());
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::outputs::Content;

    fn file(text: Option<&str>) -> Entry {
        let content = text.map_or(Content::Unknown, |text| Content::Bytes(text.as_bytes().into()));
        Entry::Regular { executable: false, size: 0, content }
    }

    fn told(files: &[(&str, Entry)]) -> Channels {
        let entries = files.iter().map(|(path, entry)| (path.as_bytes().to_vec(), entry.clone()));
        Channels::of(&Tree { entries: entries.collect() })
    }

    #[test]
    fn contents_that_tell_more() {
        let points = "[console_scripts]\nx = y:z\n# [no]\n[pytest11]\nhypothesis = a.b\n\n[empty]\n[sphinx.html_themes]\na=b\nc=d\n";
        let channels = told(&[
            ("", Entry::Directory),
            ("lib/python3.11/site-packages/x-1.dist-info/entry_points.txt", file(Some(points))),
            ("nix-support/propagated-build-inputs", file(Some("/nix/store/a-b  /nix/store/c-d\n"))),
            ("nix-support/propagated-native-build-inputs", file(None)),
        ]);
        let names = |channel| channels.of_channel(channel).collect::<Vec<_>>();
        assert_eq!(names(Channel::PythonPlugins), ["pytest11", "sphinx.html_themes"]);
        assert_eq!(
            names(Channel::Propagated),
            ["a-b", "c-d", "propagated-build-inputs", "propagated-native-build-inputs"]
        );
        assert_eq!(channels.unread, ["nix-support/propagated-native-build-inputs"]);
        assert!(!channels.only_data());
        assert!(told(&[("share/x", file(None))]).only_data() && told(&[]).only_data());
    }

    #[test]
    fn a_file_is_run_as_a_hook() {
        let channels = told(&[("", file(None))]);
        assert_eq!(channels.of_channel(Channel::SetupHook).collect::<Vec<_>>(), ["."]);
    }
}
