//! The answer of `diff`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::spurious::SpuriousChanges;
use crate::query::{Branch, CostReport, DistanceCount};
use crate::reach::{Blame, Savings, hours};
use crate::verdict::Grade;

/// What changed between two evaluations. Names of attributes stand without systems, each once, sorted.
#[derive(Debug, Clone, Serialize)]
pub struct DiffReport {
    /// Version of this shape.
    pub version: u32,
    /// What is compared with.
    pub old: Side,
    /// What is compared.
    pub new: Side,
    /// Attributes that are rebuilt, as nixpkgs CI counts: at least one of their output paths is none of
    /// the old ones of that system.
    pub rebuilt: RebuiltCounts,
    /// Attributes of both sides whose outputs differ (for maintainers; not the same as rebuilt).
    pub changed: Vec<String>,
    /// Attributes that only the new side has (for one system at least).
    pub added: Vec<String>,
    /// Attributes that only the old side has.
    pub removed: Vec<String>,
    /// Added attributes whose outputs the old side had under other names: renames and aliases, free.
    pub renamed: Vec<Renamed>,
    /// Attributes that evaluated on the old side (or were not there) and fail on the new one.
    pub failing: Vec<FailingAttribute>,
    /// Unique derivations that are built.
    pub derivations: DiffCounts,
    /// What these and what is fetched cost, where costs are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<CostReport>,
    /// nixpkgs' labels; empty where neither side has attributes.
    pub labels: Vec<String>,
    /// nixpkgs' branch verdict; none where neither side has attributes.
    pub branch: Option<Branch>,
    /// What `exclusive`, `shared` and `share` of causes count.
    pub counted: Counted,
    /// The edits, those with the largest share first.
    pub causes: Vec<Cause>,
    /// Attributes that name another derivation now, from which several causes follow.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub redirected: Vec<Redirected>,
    /// What remedies would spare, by the weakest grade of evidence that counts; empty without evidence.
    pub needless: BTreeMap<Grade, Savings>,
    /// The inputs that cannot change what is built and that the change adds or removes; none where neither
    /// rules nor evidence were asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spurious: Option<SpuriousChanges>,
    /// What a reviewer may want to ask for.
    pub judgement: Judgement,
    /// Whom it concerns; none where no owners are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people: Option<People>,
    /// Findings that bear on the figures.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl DiffReport {
    /// How many things are rebuilt, of what `counted` says, and what these are.
    #[must_use]
    pub fn weighed(&self) -> (u64, &'static str) {
        match self.counted {
            Counted::Attributes => (self.rebuilt.total, "attributes"),
            Counted::Derivations => (self.derivations.total, "derivations"),
        }
    }
}

/// One of the two evaluations.
#[derive(Debug, Clone, Serialize)]
pub struct Side {
    /// As the user named it.
    pub name: String,
    /// Its derivations, fixed-output ones as well.
    pub derivations: u64,
    /// Its distinct attribute names.
    pub attributes: u64,
    /// Its attributes that failed to evaluate.
    pub failed: u64,
}

/// Rebuilt attributes.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RebuiltCounts {
    /// Distinct names over all systems.
    pub total: u64,
    /// Of so many names on the new side.
    pub of: u64,
    /// Names by system.
    pub by_system: BTreeMap<String, u64>,
    /// Distinct names by kernel, united over processors: what nixpkgs CI labels.
    pub by_kernel: BTreeMap<String, u64>,
    /// The names.
    pub list: Vec<String>,
}

/// An added attribute whose outputs were there before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Renamed {
    /// The name.
    pub attribute: String,
    /// Names that the old side had for the same outputs.
    pub was: Vec<String>,
    /// Whether none of these is there any more: a rename, else an alias.
    pub gone: bool,
}

/// An attribute that fails to evaluate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FailingAttribute {
    /// Its name.
    pub attribute: String,
    /// For which system; empty where that is not known.
    pub system: String,
    /// What Nix says.
    pub error: String,
}

/// Derivations, each once.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DiffCounts {
    /// Built: an output path that the old side does not have, fixed-output ones not counted.
    pub total: u64,
    /// Of so many on the new side that are not fixed-output.
    pub of: u64,
    /// Built, by the system they are built on.
    pub by_system: BTreeMap<String, u64>,
    /// Fixed-output derivations whose output path is new: fetched.
    pub fetched: u64,
    /// Of those built or fetched, how many have no counterpart on the old side.
    pub added: u64,
    /// Old ones without a counterpart on the new side, fixed-output ones as well.
    pub removed: u64,
}

/// What causes are weighed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Counted {
    /// Rebuilt attributes: the shares add up to `rebuilt.total`.
    Attributes,
    /// Built derivations, where neither side has attributes: the shares add up to `derivations.total`.
    Derivations,
}

/// An edit: a recipe that changed itself (or an input source, or an attribute that is new), with all
/// its instances (the same names before and after, or an attribute and both versions in common: other systems,
/// stages of a bootstrap).
#[derive(Debug, Clone, Serialize)]
pub struct Cause {
    /// Its path on the new side.
    pub drv: String,
    /// Its name on the new side.
    pub name: String,
    /// Its path on the old side, where it has a counterpart.
    pub old_drv: Option<String>,
    /// Its name on the old side, where it has a counterpart.
    pub old_name: Option<String>,
    /// What it is.
    pub kind: CauseKind,
    /// The paths of all instances on the new side, sorted.
    pub derivations: Vec<String>,
    /// The attributes of all instances.
    pub attributes: Vec<String>,
    /// For an edit without attributes: the attributes and, where these are none, the names, of what
    /// takes it directly; the first five.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub used_by: Vec<String>,
    /// What changed in it, in words, most telling first.
    pub what: Vec<String>,
    /// The same for programs.
    pub changes: Vec<Change>,
    /// Rebuilds that no other cause has.
    pub exclusive: u64,
    /// Rebuilds that other causes have, too.
    pub shared: u64,
    /// Its share of all: a rebuild with k causes gives each 1/k.
    pub share: f64,
    /// The same in built derivations, whatever `counted` says.
    pub built: Weight,
    /// The machine time of built derivations, where costs are asked for. Downloads are in the total alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<HoursWeight>,
    /// How far away the built derivations are that it reaches; empty behind the first 1,000 causes.
    pub by_distance: Vec<DistanceCount>,
}

/// What a cause is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CauseKind {
    /// A derivation whose recipe changed.
    Recipe,
    /// A fixed-output derivation that fetches something else, for recipes that did not change.
    Fetch,
    /// An input source (a patch, a setup hook) with another content, for recipes that did not change.
    Source,
    /// A derivation that is new.
    Added,
    /// An attribute that is new, for a derivation that was there before without one.
    Named,
}

/// One thing that changed in a recipe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What.
    pub kind: ChangeKind,
    /// The environment key, where it is one that tells something; the input's name for inputs.
    pub key: String,
    /// Before; none where it was not there, or is not known.
    pub before: Option<String>,
    /// After; none where it is gone, or is not known.
    pub after: Option<String>,
}

impl Change {
    pub(super) fn of(kind: ChangeKind, key: &str, before: Option<String>, after: Option<String>) -> Self {
        Self { kind, key: key.to_owned(), before, after }
    }
}

/// The kinds of changes, most telling first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// All is new.
    New,
    /// `version`.
    Version,
    /// `name` or `pname`.
    Name,
    /// What is fetched.
    Source,
    /// `patches`.
    Patch,
    /// An input that was not there; `after` has the lists that name it.
    InputAdded,
    /// An input that is gone; `before` has the lists that named it.
    InputRemoved,
    /// An input that stands in other lists, or by another output.
    InputMoved,
    /// Flags: configureFlags, makeFlags, cmakeFlags, doCheck …
    Flag,
    /// The text of a phase.
    Phase,
    /// The outputs it has.
    Outputs,
    /// What it is built on or by: system, builder, args.
    Builder,
    /// Any other variable.
    Variable,
    /// Something that the graph does not tell (the texts were not at hand).
    Unknown,
}

/// Attributes that name another derivation than before, which was there under other names or is new: a
/// default interpreter, a provider. Recipes that take them have another input, and are causes each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Redirected {
    /// The attributes, those that most causes take first; `python3Packages.*` for several of one set.
    pub attributes: Vec<String>,
    /// The name of what most of the causes took before.
    pub before: String,
    /// The name of what they take instead.
    pub after: String,
    /// Indices of the causes, which may have changed otherwise, too.
    pub causes: Vec<usize>,
    /// What these causes together cause and no other does, of `counted`.
    pub alone: u64,
}

/// The weight of a cause.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Weight {
    /// That no other cause has.
    pub exclusive: u64,
    /// That other causes have, too.
    pub shared: u64,
    /// What has k causes gives each 1/k.
    pub share: f64,
}

/// The weight of a cause in machine hours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct HoursWeight {
    /// Of builds that no other cause has.
    pub exclusive: f64,
    /// Of builds that other causes have, too.
    pub shared: f64,
    /// A build with k causes gives each a k-th of its time.
    pub share: f64,
}

impl HoursWeight {
    /// Of milliseconds.
    pub(super) fn of(millis: &Blame) -> Self {
        let Blame { exclusive, shared, share } = *millis;
        Self { exclusive: hours(exclusive as f64), shared: hours(shared as f64), share: hours(share) }
    }
}

/// What a reviewer may want to ask for.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Judgement {
    /// The cause that could be a pull request of its own: there are others, and it alone causes at least
    /// half of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_pull_request: Option<OwnPullRequest>,
    /// Inputs that an edit adds and whose own bump rebuilds more than before, by that growth.
    pub roots: Vec<Root>,
}

/// What would be left without a cause.
#[derive(Debug, Clone, Serialize)]
pub struct OwnPullRequest {
    /// Index into the causes.
    pub cause: usize,
    /// What it alone causes, of `counted`.
    pub alone: u64,
    /// What is left without it.
    pub rest: u64,
    /// The branch verdict of the rest.
    pub rest_branch: Option<Branch>,
}

/// A derivation that became an input of more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Root {
    /// Its path on the new side.
    pub drv: String,
    /// Its name.
    pub name: String,
    /// The names of what took it up: the first five.
    pub taken_by: Vec<String>,
    /// Derivations that its bump rebuilt before, itself not counted.
    pub before: u64,
    /// Derivations that its bump rebuilds now.
    pub after: u64,
}

/// Whom a change concerns.
#[derive(Debug, Clone, Default, Serialize)]
pub struct People {
    /// Maintainers of rebuilt attributes, those of edited ones first, then by number.
    pub maintainers: Vec<Person>,
    /// Teams, likewise.
    pub teams: Vec<Person>,
    /// Owners by the map file, likewise.
    pub owners: Vec<Person>,
    /// Rebuilt attributes without maintainer and team.
    pub without: u64,
}

/// A maintainer, a team or an owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Person {
    /// Handle or name.
    pub name: String,
    /// Of the rebuilt attributes, how many are theirs.
    pub rebuilt: u64,
    /// Of the attributes of causes, how many are theirs.
    pub edited: u64,
}
