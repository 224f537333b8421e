//! The answer as a program reads it, and what holds of every answer.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use nix_ripple::graph::Graph;
use nix_ripple::proof::{TextSources, Texts};
use nix_ripple::query::Diff;
use nix_ripple::reach::RebuildSet;
use serde::Deserialize;

use crate::cli::program::Program;

#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    pub(super) version: u32,
    pub(super) old: Side,
    pub(super) new: Side,
    pub(super) rebuilt: Rebuilt,
    pub(super) changed: Vec<String>,
    pub(super) added: Vec<String>,
    pub(super) removed: Vec<String>,
    pub(super) renamed: Vec<Renamed>,
    pub(super) failing: Vec<Failing>,
    pub(super) derivations: Derivations,
    pub(super) labels: Vec<String>,
    pub(super) counted: String,
    pub(super) causes: Vec<Cause>,
    pub(super) judgement: Judgement,
    #[serde(default)]
    pub(super) notes: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Side {
    pub(super) derivations: u64,
    pub(super) attributes: u64,
    pub(super) failed: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Rebuilt {
    pub(super) total: u64,
    pub(super) of: u64,
    pub(super) by_system: BTreeMap<String, u64>,
    pub(super) by_kernel: BTreeMap<String, u64>,
    pub(super) list: Vec<String>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) struct Renamed {
    pub(super) attribute: String,
    pub(super) was: Vec<String>,
    pub(super) gone: bool,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) struct Failing {
    pub(super) attribute: String,
    pub(super) system: String,
    pub(super) error: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Derivations {
    pub(super) total: u64,
    pub(super) of: u64,
    pub(super) by_system: BTreeMap<String, u64>,
    pub(super) fetched: u64,
    pub(super) added: u64,
    pub(super) removed: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Cause {
    pub(super) drv: String,
    pub(super) name: String,
    pub(super) old_drv: Option<String>,
    pub(super) old_name: Option<String>,
    pub(super) kind: String,
    pub(super) derivations: Vec<String>,
    pub(super) attributes: Vec<String>,
    pub(super) what: Vec<String>,
    pub(super) changes: Vec<Change>,
    pub(super) exclusive: u64,
    pub(super) shared: u64,
    pub(super) share: f64,
    pub(super) built: Weight,
    by_distance: Vec<Distance>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Change {
    pub(super) kind: String,
    pub(super) key: String,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Weight {
    pub(super) exclusive: u64,
    pub(super) shared: u64,
    pub(super) share: f64,
}

#[derive(Debug, Deserialize)]
struct Distance {
    distance: u32,
    derivations: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Judgement {
    pub(super) own_pull_request: Option<OwnPullRequest>,
}

#[derive(Debug, Deserialize)]
pub(super) struct OwnPullRequest {
    pub(super) cause: usize,
    pub(super) alone: u64,
    pub(super) rest: u64,
}

impl Cause {
    /// Its weight in what `counted` says.
    pub(super) fn weight(&self) -> Weight {
        Weight { exclusive: self.exclusive, shared: self.shared, share: self.share }
    }
}

/// Whether two shares are the same, of so many.
pub(super) fn near(a: f64, b: f64, of: u64) -> bool {
    (a - b).abs() <= 1e-9 * (of.max(1) as f64)
}

/// Compares two graphs by the library; texts are read from the sources given.
pub(super) fn compare(old: &Graph, new: &Graph, sources: [&TextSources; 2]) -> Answer {
    let diff = Diff::of(old, new);
    let [of_old, of_new] = diff.wanted_texts();
    let texts = [Texts::of(old, &of_old, sources[0]).unwrap(), Texts::of(new, &of_new, sources[1]).unwrap()];
    let report = diff.report(["old".to_owned(), "new".to_owned()], [&texts[0], &texts[1]], Vec::new(), None);
    let bumped = RebuildSet::of(new, &diff.bumped()).nodes.len() as u64;
    assert_eq!(bumped, report.derivations.total, "a bump of what changed rebuilds what the diff rebuilds");
    serde_json::from_value(serde_json::to_value(report).unwrap()).unwrap()
}

/// Compares two files by the program, in its folder.
pub(super) fn diff(program: &Program, old: impl AsRef<Path>, new: impl AsRef<Path>) -> Answer {
    let [format, json] = ["--format", "json"].map(AsRef::<std::ffi::OsStr>::as_ref);
    let text = program.run(&["diff".as_ref(), old.as_ref().as_os_str(), new.as_ref().as_os_str(), format, json]).fine();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// What does not hold of an answer that holds of every one.
pub(super) fn unsound(answer: &Answer) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut hold = |holds: bool, what: &str| {
        if !holds {
            wrong.push(what.to_owned());
        }
    };
    let sorted = |list: &[String]| list.windows(2).all(|pair| pair[0] < pair[1]);
    hold(answer.version > 0, "a version");
    let lists = [&answer.rebuilt.list, &answer.changed, &answer.added, &answer.removed];
    hold(lists.iter().all(|list| sorted(list)), "names are sorted, and each stands once");
    hold(answer.renamed.is_sorted() && answer.failing.is_sorted(), "renamed and failing are sorted");
    hold(answer.rebuilt.total == answer.rebuilt.list.len() as u64, "rebuilt.total is the length of its list");
    hold(answer.rebuilt.of == answer.new.attributes, "rebuilt.of is what the new side has");
    let most = answer.rebuilt.by_system.values().max().copied().unwrap_or(0);
    let sum: u64 = answer.rebuilt.by_system.values().sum();
    hold(most <= answer.rebuilt.total && answer.rebuilt.total <= sum, "rebuilt.total against by_system");
    let kernels: u64 = answer.rebuilt.by_kernel.values().sum();
    hold(kernels <= sum && kernels >= answer.rebuilt.total.min(sum), "rebuilt.by_kernel against by_system");
    let counts = &answer.derivations;
    hold(counts.by_system.values().sum::<u64>() == counts.total, "derivations.by_system adds up");
    hold(counts.total <= counts.of, "built are some of all");
    hold(counts.added <= counts.total + counts.fetched, "added are some of built and fetched");
    let attributes = answer.old.attributes + answer.new.attributes > 0;
    hold(answer.labels.is_empty() != attributes, "labels where there are attributes");
    hold(answer.counted == if attributes { "attributes" } else { "derivations" }, "counted");

    let total = if attributes { answer.rebuilt.total } else { counts.total };
    // attributes alone have no derivations to tell causes by
    if counts.of > 0 {
        let share: f64 = answer.causes.iter().map(|cause| cause.share).sum();
        hold(near(share, total as f64, total), &format!("the shares add up to {total}: {share}"));
        let share: f64 = answer.causes.iter().map(|cause| cause.built.share).sum();
        let total = counts.total;
        hold(near(share, total as f64, total), &format!("the shares of built add up to {total}: {share}"));
    }
    hold(answer.causes.windows(2).all(|pair| pair[0].share >= pair[1].share - 1e-9), "causes by share");
    let mut seen = BTreeSet::new();
    for cause in &answer.causes {
        let mut hold = |holds: bool, what: &str| hold(holds, &format!("{} {}: {what}", cause.kind, cause.name));
        for (weight, total) in [(cause.weight(), total), (cause.built, counts.total)] {
            let most = weight.exclusive as f64 + weight.shared as f64 / 2.0;
            hold(weight.share >= weight.exclusive as f64 - 1e-9, "the share has all that is exclusive");
            hold(weight.share <= most + 1e-9 * total as f64, "the share has half at most of what is shared");
            hold(weight.exclusive + weight.shared <= total, "no more than all");
            hold(weight.shared == 0 || weight.share > weight.exclusive as f64, "some of what is shared");
        }
        hold(sorted(&cause.derivations) && sorted(&cause.attributes), "lists are sorted");
        hold(cause.derivations.contains(&cause.drv), "it is one of its instances");
        hold(cause.kind == "named" || (!cause.what.is_empty() && !cause.changes.is_empty()), "something changed");
        hold(cause.what.iter().all(|what| !what.is_empty() && !what.contains('\n')), "words in one line");
        hold(cause.old_drv.is_some() == cause.old_name.is_some(), "an old path has a name");
        let counterpart = cause.old_drv.is_some();
        hold(cause.kind == "named" || counterpart == (cause.kind != "added"), "a counterpart, unless it is added");
        hold(seen.insert((&cause.kind, &cause.name, &cause.old_name)), "one cause with these names");
        hold(cause.by_distance.is_sorted_by_key(|count| count.distance), "distances are sorted");
        let reached: u64 = cause.by_distance.iter().map(|count| count.derivations).sum();
        // what is taken up newly does not lie behind what takes it
        let built = cause.built.exclusive + cause.built.shared;
        hold(reached == built || (reached < built && counts.added > 0), "distances add up to what is built");
    }
    if let Some(own) = &answer.judgement.own_pull_request {
        let alone = answer.causes.get(own.cause).map(|cause| cause.exclusive);
        hold(alone == Some(own.alone), "own_pull_request has the exclusive count of its cause");
        hold(own.alone + own.rest == total && 2 * own.alone >= total, "own_pull_request: half of all");
        hold(answer.causes.len() > 1, "own_pull_request: there are others");
    }
    wrong
}
