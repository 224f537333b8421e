//! Which records tell of which derivation, without any cleverness: every record is held against every derivation.

use std::collections::BTreeSet;

use nix_ripple::cost::Match;
use nix_ripple::graph::{Graph, NodeId};
use nix_ripple::nix::{called, parse_drv_name};

/// A record, as the file has it.
#[derive(Debug, Clone, Default)]
pub(super) struct Record {
    pub(super) path: String,
    pub(super) attribute: String,
    pub(super) name: String,
    pub(super) named: Named,
    pub(super) system: String,
    pub(super) millis: u64,
    pub(super) file: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Named {
    #[default]
    Derivation,
    Pname,
    Short,
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Full,
    Light,
    Download,
}

/// A derivation, read once.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) id: NodeId,
    pub(super) path: String,
    pub(super) name: String,
    pub(super) called: String,
    pub(super) system: String,
    pub(super) sort: Sort,
    pub(super) outputs: Vec<String>,
    /// By name and system.
    pub(super) attributes: Vec<(String, String)>,
}

pub(super) fn ends_light(name: &str) -> bool {
    ["-env", "-wrapper", "-wrapped", "-hook"].iter().any(|end| parse_drv_name(name).1.ends_with(end))
}

pub(super) fn nodes(graph: &Graph) -> Vec<Node> {
    let derivations = graph.nodes().filter(|&node| graph.is_derivation(node));
    derivations
        .map(|node| {
            let name = graph.name(node).to_owned();
            let sort = match () {
                () if graph.is_fixed(node) => Sort::Download,
                () if graph.prefers_local(node) || ends_light(&name) => Sort::Light,
                () => Sort::Full,
            };
            let attributes = graph.attributes_of(node);
            let attribute = |at| (graph.attribute_name(at).to_owned(), graph.attribute_system(at).to_owned());
            Node {
                id: node,
                path: graph.path(node),
                called: called(graph.pname(node)),
                system: graph.system(node).to_owned(),
                outputs: graph.outputs(node).map(|(name, digest)| graph.output_path(node, name, digest)).collect(),
                attributes: attributes.map(attribute).collect(),
                name,
                sort,
            }
        })
        .collect()
}

pub(super) fn shortened(name: &str) -> &str {
    name.trim_end_matches(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '.', '-'])
}

/// What is known of a record before it is compared with a derivation.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Its derivation, by path; else that of its attribute.
    pub(super) node: Option<usize>,
    /// Derivations of its attribute: those on its system, and those on others.
    pub(super) here: Vec<usize>,
    pub(super) elsewhere: Vec<usize>,
    pub(super) system: String,
    /// Derivations of its own name, pname and shortened name.
    pub(super) names: Vec<usize>,
    pub(super) pnames: Vec<usize>,
    pub(super) shorts: Vec<usize>,
}

pub(super) fn split(attribute: &str) -> (String, String) {
    for system in ["x86_64-linux", "aarch64-linux"] {
        if let Some(name) = attribute.strip_suffix(&format!(".{system}")) {
            return (name.to_owned(), system.to_owned());
        }
        if let Some(name) = attribute.strip_prefix(&format!("{system}.")) {
            return (name.to_owned(), system.to_owned());
        }
    }
    (attribute.to_owned(), String::new())
}

/// Built derivations with a pname that a record of a sort tells of.
pub(super) fn of_pname(nodes: &[Node], pname: &str, sort: Sort) -> Vec<usize> {
    let with = |sort: Sort| -> Vec<usize> {
        let same = |at: &usize| nodes[*at].sort == sort && nodes[*at].called == called(pname);
        (0..nodes.len()).filter(same).collect()
    };
    match sort {
        Sort::Full if !with(Sort::Full).is_empty() => with(Sort::Full),
        Sort::Full | Sort::Light => with(Sort::Light),
        Sort::Download => Vec::new(),
    }
}

pub(super) fn sort_of(nodes: &[Node], name: &str) -> Sort {
    let sorts: Vec<Sort> = nodes.iter().filter(|node| node.name == name).map(|node| node.sort).collect();
    match () {
        () if sorts.contains(&Sort::Full) => Sort::Full,
        () if sorts.contains(&Sort::Light) => Sort::Light,
        () if sorts.contains(&Sort::Download) => Sort::Download,
        () if name.ends_with(".gz") || name.ends_with(".patch") => Sort::Download,
        () if ends_light(name) => Sort::Light,
        () => Sort::Full,
    }
}

/// A name, and what can be its pname, the longest first.
pub(super) fn prefixes(name: &str) -> Vec<&str> {
    let cut = |at: &usize| {
        name[*at..].starts_with('-') && name[*at + 1..].chars().next().is_some_and(|c| !c.is_ascii_alphabetic())
    };
    let cuts = (0..name.len()).filter(cut).map(|at| &name[..at]);
    let mut all: Vec<&str> = cuts.chain([name]).filter(|name| !name.is_empty()).collect();
    all.sort_by_key(|name| std::cmp::Reverse(name.len()));
    all
}

/// The derivations that the longest pname in a name tells of; with those that have the whole of it for a pname.
pub(super) fn by_pname(nodes: &[Node], record: &Record) -> Vec<usize> {
    if record.named == Named::Pname {
        return of_pname(nodes, &record.name, Sort::Full);
    }
    let sort = sort_of(nodes, &record.name);
    let found = prefixes(&record.name).into_iter().map(|pname| of_pname(nodes, pname, sort));
    let mut found = found.into_iter().find(|found| !found.is_empty()).unwrap_or_default();
    if sort != Sort::Full && record.named != Named::Derivation {
        found.extend(of_pname(nodes, &record.name, Sort::Full));
    }
    found
}

pub(super) fn by_name(nodes: &[Node], record: &Record) -> Vec<usize> {
    if record.named == Named::Pname {
        return Vec::new();
    }
    let download = sort_of(nodes, &record.name) == Sort::Download;
    let same = |at: &usize| nodes[*at].name == record.name && (nodes[*at].sort == Sort::Download) == download;
    (0..nodes.len()).filter(same).collect()
}

pub(super) fn by_short(nodes: &[Node], record: &Record) -> Vec<usize> {
    if record.named != Named::Short {
        return Vec::new();
    }
    let with = |sort: Sort| -> Vec<usize> {
        let same = |at: &usize| nodes[*at].sort == sort && shortened(&nodes[*at].name) == record.name;
        (0..nodes.len()).filter(same).collect()
    };
    match sort_of(nodes, &record.name) {
        Sort::Full if !with(Sort::Full).is_empty() => with(Sort::Full),
        Sort::Full | Sort::Light => with(Sort::Light),
        Sort::Download => Vec::new(),
    }
}

pub(super) fn known(nodes: &[Node], all: &BTreeSet<String>, record: &Record) -> Known {
    let mut known = Known { system: record.system.clone(), ..Known::default() };
    let by_path = nodes.iter().position(|node| node.path == record.path);
    let plain = record.named == Named::Any && record.attribute.is_empty();
    let attribute = if plain { &record.name } else { &record.attribute };
    let (name, own) = if all.contains(attribute) { (attribute.clone(), String::new()) } else { split(attribute) };
    let system = if own.is_empty() { record.system.clone() } else { own };
    known.system.clone_from(&system);
    let mut found: Vec<(&str, bool, usize)> = Vec::new();
    for (at, node) in nodes.iter().enumerate() {
        for (of, on) in &node.attributes {
            if *of == name && !name.is_empty() {
                found.push((on, system.is_empty() || *on == system, at));
            }
        }
    }
    found.sort_unstable();
    // a plain name is no wrapper's attribute
    let all_found = found.len();
    found.retain(|(.., at)| !plain || nodes[*at].sort != Sort::Light);
    let wrapped = all_found > 0 && found.is_empty();
    let side = |wanted: bool| found.iter().filter(move |(_, here, _)| *here == wanted).map(|(.., at)| *at);
    known.here = side(true).collect();
    known.elsewhere = side(false).collect();
    if wrapped && by_name(nodes, &Record { name: name.clone(), ..record.clone() }).is_empty() {
        let built = of_pname(nodes, &name, Sort::Full).into_iter();
        known.pnames = built.filter(|&at| nodes[at].sort == Sort::Full).collect();
    } else if wrapped {
        let record = Record { name: name.clone(), ..record.clone() };
        (known.names, known.pnames) = (by_name(nodes, &record), by_pname(nodes, &record));
    } else if !record.name.is_empty() {
        known.names = by_name(nodes, record);
        known.pnames = by_pname(nodes, record);
        known.shorts = by_short(nodes, record);
    }
    let is_name = record.named == Named::Any && !(known.names.is_empty() && known.pnames.is_empty());
    let of_attribute = side(true).chain(side(false)).next().filter(|_| !is_name);
    known.node = by_path.or(of_attribute);
    if let Some(at) = by_path {
        known.system = nodes[at].system.clone();
    }
    known
}

/// Whether a record tells of a derivation, at a level.
pub(super) fn tells(nodes: &[Node], record: &Record, known: &Known, at: usize, level: Match) -> bool {
    let node = &nodes[at];
    let same_name = || match known.node {
        Some(of) => nodes[of].name == node.name && (nodes[of].sort == Sort::Download) == (node.sort == Sort::Download),
        None => known.names.contains(&at),
    };
    let same_pname = || match known.node {
        Some(of) => nodes[of].called == node.called && nodes[of].sort == node.sort && node.sort != Sort::Download,
        None => known.pnames.contains(&at),
    };
    match level {
        Match::Derivation => node.path == record.path,
        Match::Attribute => known.here.contains(&at),
        Match::NameAndSystem => known.system == node.system && same_name(),
        Match::AttributeElsewhere => known.elsewhere.contains(&at),
        Match::Name => same_name(),
        Match::PnameAndSystem => known.system == node.system && same_pname(),
        Match::Pname => same_pname(),
        Match::ShortName => known.node.is_none() && known.shorts.contains(&at),
    }
}

pub(super) fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2 }
}

/// What each derivation takes by the records: the level, which records.
pub(super) fn found(nodes: &[Node], records: &[Record], knowns: &[Known]) -> Vec<Option<(Match, Vec<usize>)>> {
    let of = |at: usize| {
        Match::ALL.into_iter().find_map(|level| {
            let with = (0..records.len()).filter(|&of| tells(nodes, &records[of], &knowns[of], at, level));
            let with: Vec<usize> = with.collect();
            (!with.is_empty()).then_some((level, with))
        })
    };
    (0..nodes.len()).map(of).collect()
}

/// Whether what is found of a derivation tells of others of its name, and only by the way of it: a download of a name
/// that others have, too.
pub(super) fn is_hint(nodes: &[Node], at: usize, level: Match) -> bool {
    let node = &nodes[at];
    let is_other =
        |other: &Node| other.sort == Sort::Download && other.name == node.name && other.outputs != node.outputs;
    matches!(level, Match::Name | Match::NameAndSystem) && node.sort == Sort::Download && nodes.iter().any(is_other)
}
