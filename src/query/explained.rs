//! What derivations cost, and on what grounds.

use std::cmp::Reverse;

use serde::Serialize;

use super::REPORT_VERSION;
use super::cost_report::{CostParams, CostReport, Hours};
use super::remaining::Remaining;
use super::resolve::Bump;
use crate::cost::{Cached, Costs, OutputSize, SizeMatch, SizeReason, Sizes, Spread, TimeReason};
use crate::graph::{Graph, NodeId};

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExplainedCosts {
    /// Version of this shape.
    pub version: u32,
    /// As the user wrote them.
    pub selectors: Vec<String>,
    /// Machine time of them all.
    pub hours: Hours,
    /// Bytes of all their outputs. None where no sizes are given.
    pub bytes: Option<u64>,
    /// Those of them that a record says; the rest is estimated.
    pub bytes_measured: Option<u64>,
    /// What users download for them, packed as caches have it, measured or estimated; where a record tells of any
    /// download.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub download_bytes: Option<u64>,
    /// What must be built to have them all, where it is told what is built already, or who builds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_have: Option<Remaining>,
    /// What the selectors name: what takes longest first, then by name and path.
    pub derivations: Vec<ExplainedCost>,
}

/// What a derivation costs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExplainedCost {
    /// Its path.
    pub drv: String,
    /// Its name.
    pub name: String,
    /// What it is built on.
    pub system: String,
    /// What is done for it.
    pub work: Kind,
    /// Machine time.
    pub seconds: f64,
    /// Whether records say so; estimated otherwise.
    pub measured: bool,
    /// Why so long; none where nothing is done.
    pub reason: Option<TimeGrounds>,
    /// Bytes of its outputs. None where no sizes are given.
    pub bytes: Option<u64>,
    /// Whether a record tells the size of each of them.
    pub size_measured: Option<bool>,
    /// Its outputs, where sizes are given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<ExplainedOutput>,
}

/// What is done for a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It is built.
    Build,
    /// It is fixed-output: downloaded.
    Download,
    /// It is an input source, or a hole: nothing.
    Nothing,
}

impl Kind {
    /// The stable word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Download => "download",
            Self::Nothing => "nothing",
        }
    }
}

/// Why a build takes so long.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum TimeGrounds {
    /// Records say so.
    Records {
        /// How they were found; see [`crate::cost::Match`].
        #[serde(rename = "match")]
        by: &'static str,
        /// How many there are.
        records: u32,
        /// In which files.
        files: Vec<String>,
        /// Their seconds.
        #[serde(flatten)]
        seconds: Seconds,
    },
    /// The model says so.
    Model {
        /// By what; see [`crate::cost::Basis`].
        basis: &'static str,
        /// What those have in common that it learnt from.
        class: String,
        /// How many packages with records it learnt from.
        of: u32,
        /// Their seconds, where it takes their median.
        #[serde(flatten)]
        seconds: Option<Seconds>,
    },
}

/// How times are spread.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Seconds {
    /// The shortest.
    pub min: f64,
    /// The median.
    pub median: f64,
    /// The longest.
    pub max: f64,
}

/// What an output of a derivation weighs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplainedOutput {
    /// Its name.
    pub output: String,
    /// The bytes of its NAR.
    pub bytes: u64,
    /// Whether a record tells of its very path.
    pub measured: bool,
    /// What is downloaded for it; none where no record tells of any download.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub download: Option<u64>,
    /// Whether a record of its very path says so; estimated otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub download_measured: Option<bool>,
    /// Why so many.
    pub reason: SizeGrounds,
}

/// Why an output is taken to have a size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum SizeGrounds {
    /// A record tells of this very path.
    Path {
        /// `path`.
        #[serde(rename = "match")]
        by: &'static str,
        /// Where it stands.
        file: String,
    },
    /// Records tell of what is called the same.
    Records {
        /// `name` or `pname`.
        #[serde(rename = "match")]
        by: &'static str,
        /// Their bytes.
        #[serde(flatten)]
        bytes: ByteSpread,
    },
    /// The median of a class.
    Class {
        /// What they have in common.
        class: String,
        /// Their bytes.
        #[serde(flatten)]
        bytes: ByteSpread,
    },
}

/// How sizes are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ByteSpread {
    /// How many there are.
    pub of: u32,
    /// The least.
    pub min: u64,
    /// The median.
    pub median: u64,
    /// The largest.
    pub max: u64,
}

/// What the named derivations cost, each with its grounds, and what must be built to have them. O(nodes · log), and
/// where that is asked for O(nodes of the graph + edges) and the time of the schedules.
#[must_use]
pub fn explain_costs(graph: &Graph, bumps: &[Bump], params: CostParams<'_>) -> ExplainedCosts {
    let costs = params.costs;
    let mut nodes: Vec<NodeId> = bumps.iter().flat_map(|bump| bump.nodes.iter().copied()).collect();
    nodes.sort_unstable();
    nodes.dedup();
    let to_have = (params.cached.is_some() || params.farm.is_some()).then(|| {
        // where nothing is told to be built already, nothing is
        let nothing = Cached::default();
        let left = params.cached.unwrap_or(&nothing).to_build(graph, &nodes);
        Remaining::of(graph, &left, params)
    });
    let total = CostReport::of(graph, &nodes, CostParams { costs, heavyweights: 0, farm: None, cached: None });
    nodes.sort_by(|&a, &b| {
        let key = |node: NodeId| (Reverse(costs.time(node).millis), graph.name(node), graph.digest(node));
        key(a).cmp(&key(b))
    });
    ExplainedCosts {
        version: REPORT_VERSION,
        selectors: bumps.iter().map(|bump| bump.selector.clone()).collect(),
        hours: total.hours,
        bytes: total.bytes,
        bytes_measured: total.bytes_measured,
        download_bytes: total.download_bytes,
        to_have,
        derivations: nodes.into_iter().map(|node| explained(graph, costs, node)).collect(),
    }
}

fn explained(graph: &Graph, costs: &Costs, node: NodeId) -> ExplainedCost {
    let time = costs.time(node);
    let size = costs.size(node);
    let outputs = costs.sizes().into_iter().flat_map(|sizes| {
        sizes.outputs(graph, node).map(|output| ExplainedOutput {
            output: output.output.to_owned(),
            bytes: output.bytes,
            measured: output.is_measured(),
            download: output.download.map(|download| download.bytes),
            download_measured: output.download.map(|download| download.measured),
            reason: SizeGrounds::of(sizes, &output),
        })
    });
    ExplainedCost {
        drv: graph.path(node),
        name: graph.name(node).to_owned(),
        system: graph.system(node).to_owned(),
        work: match node {
            node if !graph.is_derivation(node) || graph.is_missing(node) => Kind::Nothing,
            node if graph.is_fixed(node) => Kind::Download,
            _ => Kind::Build,
        },
        seconds: seconds(time.millis),
        measured: time.measured,
        reason: TimeGrounds::of(costs, node),
        bytes: size.map(|size| size.bytes),
        size_measured: size.map(|size| size.measured),
        outputs: outputs.collect(),
    }
}

fn seconds(millis: u64) -> f64 {
    millis as f64 / 1_000.0
}

impl Seconds {
    fn of(spread: Spread) -> Self {
        Self { min: seconds(spread.min), median: seconds(spread.median), max: seconds(spread.max) }
    }
}

impl TimeGrounds {
    fn of(costs: &Costs, node: NodeId) -> Option<Self> {
        match costs.time_reason(node) {
            TimeReason::Measured(measured) => Some(Self::Records {
                by: measured.by.as_str(),
                records: measured.spread.count,
                files: costs.time_files(measured).map(|file| file.display().to_string()).collect(),
                seconds: Seconds::of(measured.spread),
            }),
            TimeReason::Estimated(estimated) => Some(Self::Model {
                basis: estimated.basis.as_str(),
                class: estimated.class.clone(),
                of: estimated.of,
                seconds: estimated.spread.map(Seconds::of),
            }),
            TimeReason::Nothing => None,
        }
    }
}

impl SizeGrounds {
    fn of(sizes: &Sizes, output: &OutputSize<'_>) -> Self {
        match output.reason {
            SizeReason::Matched(SizeMatch::Path(file)) => Self::Path { by: "path", file: sizes.file(file).to_owned() },
            SizeReason::Matched(SizeMatch::Name(spread)) => Self::Records { by: "name", bytes: ByteSpread::of(spread) },
            SizeReason::Matched(SizeMatch::Pname(spread)) => {
                Self::Records { by: "pname", bytes: ByteSpread::of(spread) }
            }
            SizeReason::Class(class, spread) => Self::Class { class: class.to_string(), bytes: ByteSpread::of(spread) },
        }
    }
}

impl ByteSpread {
    const fn of(spread: Spread) -> Self {
        Self { of: spread.count, min: spread.min, median: spread.median, max: spread.max }
    }
}
