//! What a bump rebuilds, what that costs, which of it is needless, and in what order bumps should go
//! in: from Nix derivation closures alone.
//!
//! The command line is a thin layer over this library; `README.md` tells what it is for and how it is
//! used. This page is for who reads or changes the code.
//!
//! # A question, from the bytes to the answer
//!
//! ```
//! use nix_ripple::graph::{BuildOptions, build};
//! use nix_ripple::ingest::{IngestOptions, Input, Progress, ingest};
//! use nix_ripple::query::{ImpactParams, Selector, impact, resolve};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let inputs = ["testdata/minipkgs/drvs", "testdata/minipkgs/outpaths.json"].map(|path| Input::Path(path.into()));
//! let (closure, findings) = ingest(&inputs, &IngestOptions::default(), &Progress::default())?;
//! let (graph, more) = build(&closure, BuildOptions::default())?;
//! let bumps = resolve(&graph, &Selector::expand(&["pillow".to_owned()])?, false)?;
//! let report = impact(&graph, &bumps, &ImpactParams::default());
//! assert_eq!(report.derivations.total, 52);
//! # Ok(())
//! # }
//! ```
//!
//! # Modules
//!
//! Data goes one way; a module imports only from those that stand before it, and a test reads the `use`
//! lines and says so.
//!
//! | module | subject | what goes in, what comes out |
//! |---|---|---|
//! | [`nix`] | the formats of Nix: store paths, ATerm, JSON of derivations, NAR | bytes and values; no I/O |
//! | [`ingest`] | where closures come from: stores, JSON, attribute maps, an evaluation | files to a [`RawClosure`](ingest::RawClosure) and findings |
//! | [`graph`] | ids, adjacency both ways, attributes, the snapshot | a raw closure to a [`Graph`](graph::Graph), which never changes |
//! | [`reach`] | traversal, rebuild sets, sums for all nodes at once, cuts, plans of waves | ids only, no strings |
//! | [`role`] | why each input is there, and what comes along with it | where a derivation names its inputs, to roles |
//! | [`verdict`] | what a change of an input can change: rules, evidence files | roles and evidence to a verdict an edge |
//! | [`proof`] | experiments by the real Nix, and what built outputs show | builds and outputs to evidence |
//! | [`cost`] | time and bytes of builds, farms, schedules | records, else estimates, to integers a node |
//! | [`query`] | the questions | `(&Graph, Params)` to a report that owns what it tells |
//! | [`report`] | tables, JSON, markdown, CSV, DOT, HTML, exports | reports to bytes |
//! | [`cli`] | one file a command | arguments; load, ask, write; no algorithms |
//!
//! # What holds everywhere
//!
//! - **Ids are dense and local.** A [`NodeId`](graph::NodeId) indexes the arrays of the graph that made
//!   it and is valid for that graph alone. What outlives a graph (reports, evidence, plans) speaks of
//!   paths, attributes and names.
//! - **An edge goes from the input to the consumer**, and propagates a rebuild unless its consumer is
//!   fixed-output. Everything that a bump reaches over propagating edges, and its own members that are
//!   not fixed-output, is its rebuild set ([`RebuildSet`](reach::RebuildSet)); all counts, costs,
//!   savings and waves are sums over such sets, and differences of them, never sums of differences.
//! - **Figures say what they are.** Integers inside (milliseconds, bytes, builds), converted where they
//!   are told; of each sum it is known how much was measured. A verdict is never stronger than its
//!   evidence ([`Grade`](verdict::Grade)).
//! - **The answer does not depend on threads.** What runs in parallel is joined in the order of ids;
//!   what is told is sorted; searches count steps, not time.
//! - **No recursion over the graph**, for chains of derivations are thousands long.
//! - **Input is hostile.** A file that is wrong is refused with its name, the place and what was
//!   expected; findings that are no failures have codes and go to stderr ([`ingest::Problem`]).
//!
//! # The graph
//!
//! A closure is read into flat arrays: names and paths interned, edges as compressed rows in both
//! directions, for each edge the outputs that are used and the environment keys that mention the input,
//! for each derivation a digest of its recipe with its inputs replaced by their names. The snapshot is
//! these arrays as they lie in memory, with a version and a checksum: opening one maps it and checks
//! it, and parses nothing. `src/graph/snapshot.rs` has its layout; a change of it raises
//! [`graph::FORMAT_VERSION`].
//!
//! # Where things are added
//!
//! - A **format of closures**: a reader in [`ingest`] that is recognised by content, and a fixture in
//!   `testdata/formats`.
//! - A **rule**: `src/verdict/rules/default.toml`, with its assumption and its exceptions; `scores` judges
//!   it against experiments that were made before it.
//! - A **question**: a file in [`query`] with `Params` and a `Report` that derives `Serialize` (this is
//!   its JSON), one in [`report`] that implements [`Render`](report::Render), one in `cli`; a brute
//!   force beside it in the tests, and a row in the README.
//! - A **picture**: what a page shows is a table first, and a picture of that table second:
//!   `src/report/html`.
//!
//! # How it is known to be right
//!
//! The real Nix is the judge where it can be: `testdata/minipkgs` is a small distribution that is
//! evaluated and built in the tests, bumped package by package, and each answer compared with what Nix
//! then makes. Where it cannot be, answers are compared with a brute force on random graphs, or with
//! labels that were made before the rules which they judge. Parsers are fuzzed (`fuzz/`), speed and memory are
//! measured by `cargo bench`, and the README's examples are run.

pub mod cli;
pub mod cost;
pub mod graph;
pub mod ingest;
pub mod nix;
pub mod proof;
pub mod query;
pub mod reach;
pub mod report;
pub mod role;
pub mod verdict;
