//! A build, followed through the lines of strace.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::super::phase::last_phase;
use super::line::{Call, Line, Told, line};
use super::links::{Links, Node};
use super::opened::{Inputs, Opened};

/// How often an interpreter may have one of its own.
const MOST_INTERPRETERS: usize = 4;

/// Follows the processes of a build: all that come after its builder is executed, till that ends. Nix's
/// own processes touch every input, to put it into the sandbox and to look for references, and do not count.
pub(in super::super) struct Watch<'w, L> {
    builder: &'w [u8],
    inputs: &'w Inputs,
    links: Links<L>,
    /// Processes that are none of the build.
    others: HashSet<u32>,
    running: Option<u32>,
    seen: bool,
    begun: HashMap<u32, Vec<u8>>,
    folders: HashMap<u32, Vec<u8>>,
    /// Relative paths of processes whose folder is not known yet.
    waiting: HashMap<u32, Vec<Waiting>>,
    phase: Option<String>,
    opened: Opened,
    executed: BTreeSet<(Option<String>, Vec<u8>)>,
}

/// A relative path that is used.
struct Waiting {
    phase: Option<String>,
    path: Vec<u8>,
    touch: Touch,
}

/// How a path is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Touch {
    /// It is opened.
    Open,
    /// It is executed.
    Execute,
    /// It is looked whether it is there, and what it is.
    Look {
        /// Also where the last part of the path leads.
        follow: bool,
    },
    /// It becomes the working folder.
    Enter,
}

impl<'w, L: Fn(&[u8]) -> Option<Node>> Watch<'w, L> {
    /// `builder` is the path that Nix executes; `look` tells what lies at a path of the store.
    pub(in super::super) fn new(builder: &'w [u8], inputs: &'w Inputs, look: L) -> Self {
        Self {
            builder,
            inputs,
            links: Links::new(inputs.store(), look),
            others: HashSet::new(),
            running: None,
            seen: false,
            begun: HashMap::new(),
            folders: HashMap::new(),
            waiting: HashMap::new(),
            phase: None,
            opened: Opened::default(),
            executed: BTreeSet::new(),
        }
    }

    /// The next line.
    pub(in super::super) fn line(&mut self, text: &[u8]) {
        let Some(Line { process, told }) = line(text) else { return };
        match told {
            Told::Begun(start) => {
                self.meet(process);
                self.begun.insert(process, start.to_vec());
            }
            Told::Resumed(rest) => {
                if let Some(mut whole) = self.begun.remove(&process) {
                    whole.extend_from_slice(rest);
                    self.whole(process, &whole);
                }
            }
            Told::Call(text) => {
                self.meet(process);
                self.whole(process, text);
            }
            Told::Superseded { by } => self.supersede(process, by),
            Told::Ended => self.end(process),
            Told::Other => {}
        }
    }

    /// What was opened, when all lines were told; `None` where no builder was seen. `interpreter` reads
    /// from the head of a file what the kernel executes to run it.
    pub(in super::super) fn finish(mut self, interpreter: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Option<Opened> {
        for (phase, path) in std::mem::take(&mut self.executed) {
            let mut file = path;
            for _ in 0..MOST_INTERPRETERS {
                let Some(next) = interpreter(&file) else { break };
                let Some(led) = self.touch(phase.as_ref(), &next, Touch::Execute, false) else { break };
                file = led;
            }
        }
        self.seen.then_some(self.opened)
    }

    /// Whoever is there while no builder runs is none of the build.
    fn meet(&mut self, process: u32) {
        if self.running.is_none() {
            self.others.insert(process);
        }
    }

    fn supersede(&mut self, process: u32, by: u32) {
        if let Some(text) = self.begun.remove(&by) {
            self.begun.insert(process, text);
        }
        if let Some(folder) = self.folders.remove(&by) {
            self.folders.insert(process, folder);
        }
        if self.running == Some(by) {
            self.running = Some(process);
        }
        if self.others.remove(&by) {
            self.others.insert(process);
        }
    }

    fn end(&mut self, process: u32) {
        self.others.remove(&process);
        self.begun.remove(&process);
        self.folders.remove(&process);
        self.waiting.remove(&process);
        if self.running == Some(process) {
            self.running = None;
            self.phase = None;
        }
    }

    fn whole(&mut self, process: u32, text: &[u8]) {
        let Some(call) = Call::of(text) else { return };
        if self.running.is_none() {
            if call.name == b"execve" && call.text(0).as_deref() == Some(self.builder) {
                self.running = Some(process);
                self.seen = true;
                self.others.remove(&process);
            }
        } else if self.others.contains(&process) {
            if [b"clone".as_slice(), b"clone3", b"fork", b"vfork"].contains(&call.name) {
                self.others.insert(call.result);
            }
        } else {
            self.of_build(process, &call);
        }
    }

    fn of_build(&mut self, process: u32, call: &Call<'_>) {
        if call.is_working_folder(0)
            && let Some(folder) = call.file(0)
        {
            self.enter(process, folder);
        }
        let is_folder = call.has(b"S_IFDIR") || call.has(b"O_DIRECTORY");
        let follow = !call.has(b"AT_SYMLINK_NOFOLLOW");
        match call.name {
            b"open" | b"creat" => self.open(process, call, 0, is_folder),
            b"openat" | b"openat2" => self.open(process, call, 1, is_folder),
            b"execve" => self.named(process, call, 0, Touch::Execute, false),
            b"execveat" => self.named(process, call, 1, Touch::Execute, false),
            b"stat" | b"stat64" | b"access" => self.named(process, call, 0, Touch::Look { follow: true }, is_folder),
            b"lstat" | b"lstat64" | b"readlink" | b"link" => {
                self.named(process, call, 0, Touch::Look { follow: false }, is_folder);
            }
            b"newfstatat" | b"fstatat64" | b"statx" | b"faccessat" | b"faccessat2" => {
                self.named(process, call, 1, Touch::Look { follow }, is_folder);
            }
            b"readlinkat" | b"linkat" => self.named(process, call, 1, Touch::Look { follow: false }, is_folder),
            b"chdir" => {
                self.named(process, call, 0, Touch::Enter, true);
                self.change_folder(process, call);
            }
            b"fchdir" => {
                if let Some(folder) = call.file(0) {
                    self.enter(process, folder);
                }
            }
            b"symlink" => self.link(call.text(0), self.place(process, call, 1)),
            b"symlinkat" => self.link(call.text(0), self.place(process, call, 2)),
            b"rename" => self.shift(self.place(process, call, 0), self.place(process, call, 1)),
            b"renameat" | b"renameat2" => self.shift(self.place(process, call, 1), self.place(process, call, 3)),
            b"unlink" => self.remove(self.place(process, call, 0)),
            b"unlinkat" => self.remove(self.place(process, call, 1)),
            b"write" => self.said(call),
            _ => {}
        }
    }

    /// A phase, where this tells one: the set-up script writes it to a pipe or a terminal.
    fn said(&mut self, call: &Call<'_>) {
        let to_file = call.file(0).is_some_and(|path| path.starts_with(b"/") && !path.starts_with(b"/dev/"));
        let Some(text) = call.start(1).filter(|text| text.starts_with(b"@nix ") && !to_file) else { return };
        let text = String::from_utf8_lossy(&text);
        if let Some(phase) = last_phase(&text) {
            self.phase = Some(phase);
        } else if text.contains("setPhase") {
            // cut off
            self.phase = None;
        }
    }

    fn enter(&mut self, process: u32, folder: Vec<u8>) {
        if let Some(waiting) = self.waiting.remove(&process) {
            for Waiting { phase, path, touch } in waiting {
                self.touch(phase.as_ref(), &joined(&folder, &path), touch, false);
            }
        }
        self.folders.insert(process, folder);
    }

    fn change_folder(&mut self, process: u32, call: &Call<'_>) {
        match self.place(process, call, 0) {
            Some(path) => {
                if let Some(led) = self.links.follow(&path, true) {
                    self.folders.insert(process, led.path);
                }
            }
            None => {
                self.folders.remove(&process);
            }
        }
    }

    /// The absolute path that an argument names; that of a folder may stand before it.
    fn place(&self, process: u32, call: &Call<'_>, at: usize) -> Option<Vec<u8>> {
        let path = call.text(at)?;
        if path.first() == Some(&b'/') {
            return Some(path);
        }
        let before = at.checked_sub(1).and_then(|at| call.file(at));
        let folder = before.or_else(|| self.folders.get(&process).cloned())?;
        Some(joined(&folder, &path))
    }

    fn open(&mut self, process: u32, call: &Call<'_>, at: usize, is_folder: bool) {
        self.named(process, call, at, Touch::Open, is_folder);
        // what it led to, by the kernel's own word
        if let Some(path) = &call.opened {
            let phase = self.phase.clone();
            self.touch(phase.as_ref(), path, Touch::Open, is_folder);
        }
    }

    /// A path that an argument names is used.
    fn named(&mut self, process: u32, call: &Call<'_>, at: usize, touch: Touch, is_folder: bool) {
        let is_open_file = call.text(at).is_some_and(|path| path.is_empty());
        if is_open_file && matches!(touch, Touch::Look { .. }) {
            return;
        }
        let phase = self.phase.clone();
        match self.place(process, call, at) {
            Some(path) => drop(self.touch(phase.as_ref(), &path, touch, is_folder)),
            None => {
                // of a folder the kernel's word tells what it led to
                if let Some(path) = call.text(at).filter(|path| !path.is_empty() && !is_folder) {
                    self.waiting.entry(process).or_default().push(Waiting { phase, path, touch });
                }
            }
        }
    }

    /// Counts a path that is used, and the links to it; gives where it leads.
    fn touch(&mut self, phase: Option<&String>, path: &[u8], touch: Touch, is_folder: bool) -> Option<Vec<u8>> {
        let follow = touch != Touch::Look { follow: false };
        let led = self.links.follow(path, follow)?;
        let is_folder = is_folder || self.links.node(&led.path) == Some(Node::Folder);
        if touch == Touch::Execute {
            self.executed.insert((phase.cloned(), led.path.clone()));
        }
        if !is_folder {
            self.count(phase, &led.path, touch);
        }
        // the set-up script looks for folders in every input
        if !is_folder || touch == Touch::Enter {
            for link in &led.through {
                self.count(phase, link, touch);
            }
        }
        Some(led.path)
    }

    fn count(&mut self, phase: Option<&String>, path: &[u8], touch: Touch) {
        let Some((inputs, rest)) = self.inputs.of(path) else { return };
        // what the set-up script looks for in every input
        let looks = matches!(touch, Touch::Look { .. });
        if rest.starts_with(b"/nix-support/propagated-")
            || looks && (rest.is_empty() || rest.starts_with(b"/nix-support/"))
        {
            return;
        }
        for &input in inputs {
            self.opened.add(input, phase, path);
        }
    }

    fn link(&mut self, target: Option<Vec<u8>>, path: Option<Vec<u8>>) {
        if let (Some(target), Some(path)) = (target, path) {
            self.links.make(&path, target);
        }
    }

    fn shift(&mut self, from: Option<Vec<u8>>, to: Option<Vec<u8>>) {
        if let (Some(from), Some(to)) = (from, to) {
            self.links.shift(&from, &to);
        }
    }

    fn remove(&mut self, path: Option<Vec<u8>>) {
        if let Some(path) = path {
            self.links.remove(&path);
        }
    }
}

fn joined(folder: &[u8], path: &[u8]) -> Vec<u8> {
    if path.first() == Some(&b'/') {
        return path.to_vec();
    }
    let mut joined = folder.to_vec();
    joined.push(b'/');
    joined.extend_from_slice(path);
    joined
}

#[cfg(test)]
mod tests;
