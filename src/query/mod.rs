//! Questions: a graph and parameters in, an owned report out.

mod attribute_path;
mod bump_sums;
mod candidates;
mod cost_report;
mod cut;
mod diff;
mod entries;
mod evidence_list;
mod evidence_words;
mod expense;
mod explained;
mod farm_runs;
mod impact;
mod inputs;
mod labels;
mod levels;
mod needless;
mod overlay;
mod owned;
mod package_rank;
mod path_node;
mod rank;
mod remaining;
mod remedied;
mod resolve;
mod rules;
mod selector;
mod spread;
mod spurious;
mod suggest;
pub mod waves;
mod what_if;
mod why;

pub(crate) use attribute_path::is_python;
pub use candidates::{Candidate, CandidatesParams, CandidatesReport, DEFAULT_MINUTES, candidates};
pub use cost_report::{
    CostParams, CostReport, CriticalPath, Heavyweight, Hours, MachineUse, Makespan, Price, TimedBuild,
    UnbuildableReport, price,
};
pub use cut::{CutEdge, CutOver, CutReport, cut};
pub use diff::{
    Cause, CauseKind, Change, ChangeKind, Counted, Diff, DiffCounts, DiffReport, FailingAttribute, HoursWeight, Judged,
    Judgement, OwnPullRequest, OwnerRules, OwnersError, People, Person, RebuiltCounts, Redirected, Renamed, Root, Side,
    SpuriousChanges, SpuriousInput, Touched, Weight, people,
};
pub use evidence_list::{EvidenceFilter, EvidenceList, EvidenceRow, evidence_list};
pub use expense::{Expense, MachineTime};
pub use explained::{
    ByteSpread, ExplainedCost, ExplainedCosts, ExplainedOutput, Kind as WorkKind, Seconds, SizeGrounds, TimeGrounds,
    explain_costs,
};
pub use farm_runs::{FarmLane, FarmRun, FarmRuns, farm_runs};
use impact::note_missing_kernels;
pub use impact::{
    After, AttributeCounts, BumpReport, BumpedDerivation, DerivationCounts, DistanceCount, HubReport, ImpactParams,
    ImpactReport, Listed, Share, impact,
};
pub use inputs::{InputRow, InputsParams, InputsReport, Link, Package, inputs, principal_first};
pub use labels::{Branch, branch, kernel_of, labels};
pub use levels::{
    Level, LevelEdge, LevelMember, LevelsError, LevelsParams, LevelsReport, RepositoriesReport, Repository,
    RepositoryCycle, RepositoryEdge, RepositoryMap, UnknownPackage, levels,
};
pub use needless::{Needless, NeedlessBuilds, needless, needless_builds};
pub use overlay::{Overlay, PackageEdits, Place, Reference, Steps, Wanted, overlay};
pub use owned::{AttributeOwners, Owned};
pub use package_rank::{PackageRankParams, PackageRankReport, PackageYear, RankedPackage, rank_packages};
pub use path_node::PathNode;
pub use rank::{BumpCost, By, RankError, RankParams, RankReport, RankedNode, rank};
pub use remaining::Remaining;
pub use remedied::{AfterCounts, Kept, ReceiverRow, RemediedReport, TreatedEdge, remedied, systems_without_evidence};
pub use resolve::{Bump, ResolveError, resolve};
pub use rules::{RuleRow, RulesReport, rules};
pub use selector::{Selector, SelectorError};
pub use spread::{Spread, spread};
pub use spurious::{
    Baseline, BlockedBy, BumpRates, Compared, Consumer, Group, GroupBy, Ignores, Named, Saves, SpuriousEdge,
    SpuriousParams, SpuriousReport, StaleIgnore, Step, Totals, spurious,
};
pub use what_if::{Receiver, Remedies, Remedy, RemedyParams, WhatIf, WhatIfError, remedies};
pub use why::{WhyParams, WhyReport, why};

/// The version of every report's JSON; it grows when a field is renamed or removed.
pub const REPORT_VERSION: u32 = 1;
