//! What an output of unknown size is taken to have.

use std::fmt;

use rustc_hash::FxHashMap;

use super::spread::Spread;
use crate::graph::{Graph, NodeId};
use crate::nix::language_of;

/// How many known sizes a class needs to stand for one that is not known.
const ENOUGH: u32 = 5;

/// Outputs that are of like size: those of one kind, with as much in common as there are enough known sizes for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SizeClass<'g> {
    /// Modules of one language, and what else is like them.
    Language(Kind, Option<&'static str>, &'g str),
    /// One output of one kind.
    Output(Kind, &'g str),
    /// What is fetched, or what is built.
    Fetched(bool),
    /// Every output of the closure whose size is known.
    All,
    /// Every path of the files, for no output of the closure has a known size.
    Files,
}

/// What the derivation says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kind {
    /// Fixed-output: a download.
    pub fetched: bool,
    /// It asks for a machine that is `big-parallel`.
    pub big_parallel: bool,
    /// It prefers to be built locally.
    pub local: bool,
}

impl Kind {
    fn of(graph: &Graph, node: NodeId) -> Self {
        Self {
            fetched: graph.is_fixed(node),
            big_parallel: graph.features(node).any(|feature| feature == "big-parallel"),
            local: graph.prefers_local(node),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(fetched(self.fetched))?;
        f.write_str(if self.big_parallel { ", big-parallel" } else { "" })?;
        f.write_str(if self.local { ", preferLocalBuild" } else { "" })
    }
}

const fn fetched(fetched: bool) -> &'static str {
    if fetched { "fetched" } else { "built" }
}

impl fmt::Display for SizeClass<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Language(kind, Some(language), output) => write!(f, "{kind}, {language}, output {output}"),
            Self::Language(kind, None, output) => write!(f, "{kind}, of no language's set, output {output}"),
            Self::Output(kind, output) => write!(f, "{kind}, output {output}"),
            Self::Fetched(kind) => f.write_str(fetched(*kind)),
            Self::All => f.write_str("all outputs here"),
            Self::Files => f.write_str("all paths in the files"),
        }
    }
}

/// The classes of an output, the tightest first.
fn classes<'g>(graph: &'g Graph, node: NodeId, output: &'g str) -> [SizeClass<'g>; 4] {
    let kind = Kind::of(graph, node);
    let language = language_of(graph.name(node));
    [
        SizeClass::Language(kind, language, output),
        SizeClass::Output(kind, output),
        SizeClass::Fetched(kind.fetched),
        SizeClass::All,
    ]
}

/// Medians of classes, learned from the sizes that are known.
///
/// **Underestimates** sums: sizes are spread so widely that the mean of a class lies far above its median. It
/// says what is likely of one output; a report tells how much of a sum is measured.
#[derive(Debug, Clone)]
pub(super) struct SizeModel {
    /// By the class's words, which need no graph to live.
    classes: FxHashMap<String, Spread>,
    files: Spread,
}

impl SizeModel {
    /// Learns from outputs with their sizes; `files` is of all that the files tell. O(n log n).
    pub(super) fn learn<'g>(
        graph: &'g Graph,
        known: impl Iterator<Item = (NodeId, &'g str, u64)>,
        files: Spread,
    ) -> Self {
        let mut figures: FxHashMap<SizeClass<'g>, Vec<u64>> = FxHashMap::default();
        for (node, output, bytes) in known {
            for class in classes(graph, node, output) {
                figures.entry(class).or_default().push(bytes);
            }
        }
        let enough = |class: &SizeClass<'_>, spread: &Spread| *class == SizeClass::All || spread.count >= ENOUGH;
        let spreads = figures.into_iter().filter_map(|(class, figures)| Some((class, Spread::of(figures)?)));
        let kept = spreads.filter(|(class, spread)| enough(class, spread));
        Self { classes: kept.map(|(class, spread)| (class.to_string(), spread)).collect(), files }
    }

    /// The tightest class that has enough known sizes, and what they are.
    pub(super) fn estimate<'g>(&self, graph: &'g Graph, node: NodeId, output: &'g str) -> (SizeClass<'g>, Spread) {
        let found = classes(graph, node, output).into_iter().find_map(|class| {
            let spread = self.classes.get(&class.to_string())?;
            Some((class, *spread))
        });
        found.unwrap_or((SizeClass::Files, self.files))
    }
}
