//! Where a path leads, through symbolic links.

use std::collections::HashMap;

/// How many links a path may lead through; Linux has the same limit.
const MOST_LINKS: usize = 40;

/// What is at a path of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Node {
    /// A symbolic link, and its target.
    Link(Vec<u8>),
    /// A folder.
    Folder,
    /// Something else.
    File,
}

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Led {
    /// The path without links.
    pub(super) path: Vec<u8>,
    /// The links on the way, each as a path without links before its last part.
    pub(super) through: Vec<Vec<u8>>,
}

/// The links of the store, which `look` finds, and those that a build makes.
///
/// Underestimates: of a folder that the build moves, the links in it are lost.
pub(super) struct Links<L> {
    store: Vec<u8>,
    look: L,
    known: HashMap<Vec<u8>, Option<Node>>,
    made: HashMap<Vec<u8>, Vec<u8>>,
}

impl<L: Fn(&[u8]) -> Option<Node>> Links<L> {
    /// `store` is the folder of store paths, without a slash at its end.
    pub(super) fn new(store: &[u8], look: L) -> Self {
        Self { store: store.to_vec(), look, known: HashMap::new(), made: HashMap::new() }
    }

    /// What lies at a path of the store, where that is known.
    pub(super) fn node(&mut self, path: &[u8]) -> Option<Node> {
        if let Some(target) = self.made.get(path) {
            return Some(Node::Link(target.clone()));
        }
        let below = path.strip_prefix(self.store.as_slice())?;
        if below.len() < 2 {
            return None;
        }
        if let Some(node) = self.known.get(path) {
            return node.clone();
        }
        let node = (self.look)(path);
        self.known.insert(path.to_vec(), node.clone());
        node
    }

    /// Where an absolute path leads; with `last`, also where its last part does. `None` where it leads in a
    /// circle.
    pub(super) fn follow(&mut self, path: &[u8], last: bool) -> Option<Led> {
        let mut through: Vec<Vec<u8>> = Vec::new();
        let mut done: Vec<u8> = Vec::new();
        let mut open: Vec<Vec<u8>> = parts(path).rev().collect();
        while let Some(part) = open.pop() {
            if part == b".." {
                done.truncate(memchr::memrchr(b'/', &done).unwrap_or(0));
                continue;
            }
            let parent = done.len();
            done.push(b'/');
            done.extend_from_slice(&part);
            if open.is_empty() && !last {
                break;
            }
            if let Some(Node::Link(target)) = self.node(&done) {
                if through.len() == MOST_LINKS {
                    return None;
                }
                through.push(done.clone());
                done.truncate(if target.first() == Some(&b'/') { 0 } else { parent });
                open.extend(parts(&target).rev());
            }
        }
        Some(Led { path: done, through })
    }

    /// A link was made.
    pub(super) fn make(&mut self, path: &[u8], target: Vec<u8>) {
        if let Some(led) = self.follow(path, false) {
            self.made.insert(led.path, target);
        }
    }

    /// What was at one path is at another now; nothing is at the first.
    pub(super) fn shift(&mut self, from: &[u8], to: &[u8]) {
        let (Some(from), Some(to)) = (self.follow(from, false), self.follow(to, false)) else { return };
        let moved = self.made.remove(&from.path);
        self.made.remove(&to.path);
        if let Some(target) = moved {
            self.made.insert(to.path, target);
        }
    }

    /// Nothing is at a path any more.
    pub(super) fn remove(&mut self, path: &[u8]) {
        if !self.made.is_empty()
            && let Some(led) = self.follow(path, false)
        {
            self.made.remove(&led.path);
        }
    }
}

/// The parts of a path that are not empty, nor `.`.
fn parts(path: &[u8]) -> impl DoubleEndedIterator<Item = Vec<u8>> {
    path.split(|&byte| byte == b'/').filter(|part| !part.is_empty() && *part != b".").map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links() -> Links<impl Fn(&[u8]) -> Option<Node>> {
        Links::new(b"/nix/store", |path: &[u8]| match path {
            b"/nix/store/farm/lib" => Some(Node::Link(b"/nix/store/real/lib".to_vec())),
            b"/nix/store/farm/up" => Some(Node::Link(b"../real/./lib".to_vec())),
            b"/nix/store/farm/round" => Some(Node::Link(b"round".to_vec())),
            b"/nix/store/farm" | b"/nix/store/real" | b"/nix/store/real/lib" => Some(Node::Folder),
            b"/nix/store/real/lib/x" => Some(Node::File),
            _ => None,
        })
    }

    fn check(links: &mut Links<impl Fn(&[u8]) -> Option<Node>>, path: &str, expect: &str, through: &[&str]) {
        let led = links.follow(path.as_bytes(), true).unwrap();
        assert_eq!(String::from_utf8_lossy(&led.path), expect, "{path}");
        let found: Vec<_> = led.through.iter().map(|path| String::from_utf8_lossy(path)).collect();
        assert_eq!(found, through, "{path}");
    }

    #[test]
    fn through_the_store() {
        let mut links = links();
        check(&mut links, "/nix/store/farm/lib/x", "/nix/store/real/lib/x", &["/nix/store/farm/lib"]);
        check(&mut links, "/nix/store/farm/up//x", "/nix/store/real/lib/x", &["/nix/store/farm/up"]);
        check(&mut links, "/nix/store/farm/lib/../y", "/nix/store/real/y", &["/nix/store/farm/lib"]);
        check(&mut links, "/usr/lib/../../../x", "/x", &[]);
        assert_eq!(links.follow(b"/nix/store/farm/round", true), None);
        let own = links.follow(b"/nix/store/farm/lib", false).unwrap();
        assert_eq!((own.path.as_slice(), own.through.len()), (b"/nix/store/farm/lib".as_slice(), 0));
    }

    #[test]
    fn through_what_a_build_makes() {
        let mut links = links();
        links.make(b"/build/a", b"/nix/store/farm/lib/x".to_vec());
        check(&mut links, "/build/a", "/nix/store/real/lib/x", &["/build/a", "/nix/store/farm/lib"]);
        links.shift(b"/build/a", b"/build/b");
        check(&mut links, "/build/a", "/build/a", &[]);
        check(&mut links, "/build/b", "/nix/store/real/lib/x", &["/build/b", "/nix/store/farm/lib"]);
        links.remove(b"/build/b");
        check(&mut links, "/build/b", "/build/b", &[]);
    }
}
