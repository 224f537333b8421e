//! What is told of spurious inputs.

use serde::Serialize;

use crate::graph::{Graph, NodeId};
use crate::query::{Expense, Link};
use crate::reach::{Savings, Treatment, Weights, Yearly};
use crate::verdict::{Grade, Verdict};

/// The answer.
#[derive(Debug, Clone, Serialize)]
pub struct SpuriousReport {
    /// Version of this shape.
    pub version: u32,
    /// Whose inputs were looked at, as the user wrote it; everybody's where it is `None`.
    pub scope: Option<Vec<String>>,
    /// The weakest grade that counts.
    pub min_grade: Grade,
    /// Whether what comes along was looked at, too.
    pub effective: bool,
    /// All of it together.
    pub totals: Totals,
    /// What to do first, second, third: each given those before.
    pub first: Vec<Step>,
    /// By input, then by pair; what saves most in a year first.
    pub groups: Vec<Group>,
    /// One by one; what saves most in a year first.
    pub edges: Vec<SpuriousEdge>,
    /// How many more are flagged, but on the ignore list.
    pub ignored: u64,
    /// Entries of the ignore list that nothing needs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stale_ignores: Vec<StaleIgnore>,
    /// How it differs from an earlier answer, where one is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Compared>,
    /// How many groups of a kind are shown to people.
    #[serde(skip)]
    pub shown: usize,
}

/// Sums over all that is flagged.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Totals {
    /// Flagged edges, and pairs that come along.
    pub edges: u64,
    /// Distinct pairs of pnames.
    pub pairs: u64,
    /// Derivations that have such inputs.
    pub consumers: u64,
    /// Edges of which nothing cheap spares the rebuild.
    pub without_remedy: u64,
    /// Full builds of a year of bumps as things are.
    pub builds_per_year: f64,
    /// What these cost, where costs are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_per_year: Option<Expense>,
    /// What all the remedies together save of them.
    pub saves_per_year: Yearly,
}

/// What a remedy saves: full builds and attributes of one bump, and of a year of bumps of everything.
/// Negative where more is rebuilt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Saves {
    /// On one bump: of the very input of an edge; for a group of all derivations called as its input is.
    #[serde(flatten)]
    pub one_bump: Savings,
    /// Over a year of bumps of everything upstream.
    pub per_year: Yearly,
}

impl Saves {
    /// What is saved where nothing is done.
    pub(super) fn nothing(weights: Option<Weights<'_>>) -> Self {
        Self { one_bump: Savings::nothing(weights), per_year: Yearly::nothing(weights) }
    }
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// 1, 2, 3 …
    pub step: u32,
    /// Pname of the input that is treated wherever it is flagged.
    pub input: String,
    /// How.
    pub remedy: Treatment,
    /// How many edges.
    pub edges: u64,
    /// What it saves in a year beyond the steps before it.
    pub gain: Yearly,
    /// With them.
    pub total: Yearly,
}

/// How a group is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroupBy {
    /// All flagged edges from instances of an input.
    Input,
    /// Those of them to instances of one consumer.
    Pair,
}

/// Flagged edges that one edit of an expression treats alike.
#[derive(Debug, Clone, Serialize)]
pub struct Group {
    /// How it is made.
    pub by: GroupBy,
    /// Pname of the input, in lower case, without the prefix of an interpreter.
    pub input: String,
    /// Likewise of the consumer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consumer: Option<String>,
    /// What is done.
    pub remedy: Option<Treatment>,
    /// The verdicts on its edges.
    pub verdicts: Vec<Verdict>,
    /// The weakest grade of them.
    pub grade: Grade,
    /// The rules that they stand on.
    pub rules: Vec<String>,
    /// How many edges.
    pub edges: u64,
    /// How many derivations have them as inputs.
    pub instances: u64,
    /// What the remedy saves on all edges together. Nothing without one.
    pub saves: Saves,
    /// Where there is no remedy: what would be saved if the input were not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub would_save: Option<Saves>,
    /// What has the first of its consumers built all the same.
    pub blocked_by: Option<BlockedBy>,
    /// Whether the earlier answer lacks some of it; never for groups by input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<bool>,
}

/// A flagged input of a derivation.
#[derive(Debug, Clone, Serialize)]
pub struct SpuriousEdge {
    /// The input.
    pub input: Named,
    /// Who has it.
    pub consumer: Consumer,
    /// The keys that name it; none where it comes along.
    pub keys: Vec<String>,
    /// What a change of it can change in the consumer.
    pub verdict: Verdict,
    /// How strongly that is known.
    pub grade: Grade,
    /// The rule that the verdict stands on, if it does.
    pub rule: Option<String>,
    /// The evidence, in words.
    pub evidence: Vec<String>,
    /// What spares the rebuild, if anything does.
    pub remedy: Option<Treatment>,
    /// What that saves on a bump of this very input, and in a year. Nothing without a remedy.
    pub saves: Saves,
    /// Where there is no remedy: what would be saved if the input were not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub would_save: Option<Saves>,
    /// What has the consumer built all the same.
    pub blocked_by: Option<BlockedBy>,
    /// Where it comes along: the shortest chain that carries it, nearest to the consumer first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub comes_with: Vec<Link>,
    /// Whether the earlier answer lacks it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<bool>,
}

/// A derivation, or an input source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    /// Its path.
    pub drv: String,
    /// Its name.
    pub name: String,
    /// Its pname; empty for a source.
    pub pname: String,
}

impl Named {
    pub(in crate::query) fn of(graph: &Graph, node: NodeId) -> Self {
        Self { drv: graph.path(node), name: graph.name(node).to_owned(), pname: graph.pname(node).to_owned() }
    }
}

/// A derivation that has a spurious input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Consumer {
    /// Its path, name and pname.
    #[serde(flatten)]
    pub named: Named,
    /// The attributes that name it, without systems.
    pub attributes: Vec<String>,
}

/// Another input that changes with the spurious one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BlockedBy {
    /// It.
    pub input: Link,
    /// How many more there are.
    pub more: u64,
}

/// An entry of the ignore list that nothing needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StaleIgnore {
    /// The place in the file, from 1.
    pub entry: u64,
    /// As it was written.
    pub input: String,
    /// As it was written.
    pub consumer: String,
    /// As it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// As it was written.
    pub reason: String,
}

/// How an answer differs from an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// Flagged edges that the earlier one lacks.
    pub new: u64,
    /// Pairs that it has and that are flagged no more.
    pub gone: u64,
}
