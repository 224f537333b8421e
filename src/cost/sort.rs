//! What sort of work a derivation is, as far as a name must tell it: builds, their wrappers and downloads often have
//! one pname.

use crate::graph::{Graph, NodeId};
use crate::nix::parse_drv_name;

/// A sort of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Sort {
    /// A build.
    Full,
    /// A wrapper, an environment, a script: it asks to be built locally, or is called one.
    Light,
    /// A download: a fixed-output derivation.
    Download,
}

/// How the names of wrappers and environments end, which otherwise have name and version of what they wrap.
const LIGHT: [&str; 4] = ["-env", "-wrapper", "-wrapped", "-hook"];

/// How the names of what is fetched end, which otherwise have name and version of what is built from it.
const FETCHED: [&str; 22] = [
    ".tar", ".gz", ".bz2", ".xz", ".lzma", ".lz", ".zst", ".tgz", ".tbz", ".tbz2", ".txz", ".zip", ".7z", ".jar",
    ".gem", ".crate", ".whl", ".deb", ".rpm", ".patch", ".diff", "-source",
];

impl Sort {
    /// Of a derivation.
    pub(super) fn of(graph: &Graph, node: NodeId) -> Self {
        if graph.is_fixed(node) {
            Self::Download
        } else if graph.prefers_local(node) || is_light(graph.name(node)) {
            Self::Light
        } else {
            Self::Full
        }
    }

    /// Of a store path that the closure does not have, by its name and whether it follows from its content.
    pub(super) fn of_path(name: &str, by_content: bool) -> Self {
        match by_content {
            true => Self::Download,
            false if is_light(name) => Self::Light,
            false => Self::Full,
        }
    }

    /// Of something that the closure does not have, by its name.
    pub(super) fn by_name(name: &str) -> Self {
        if FETCHED.iter().any(|end| name.ends_with(end)) {
            Self::Download
        } else if is_light(name) {
            Self::Light
        } else {
            Self::Full
        }
    }
}

/// Whether a wrapper's ending stands behind a version; where there is none it belongs to the pname.
fn is_light(name: &str) -> bool {
    let (_, version) = parse_drv_name(name);
    LIGHT.iter().any(|end| version.ends_with(end))
}
