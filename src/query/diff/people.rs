//! Whom a change concerns.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::owners::OwnerRules;
use super::{People, Person};
use crate::ingest::Maintainers;

/// An attribute that is rebuilt or edited, and what the evaluation says of it. The same name may come
/// several times (for systems, for both sides): what is said is joined.
#[derive(Debug, Clone)]
pub struct Touched<'a> {
    /// Its name, without a system.
    pub attribute: &'a str,
    /// Whether it is among the rebuilt ones.
    pub rebuilt: bool,
    /// Whether it is an attribute of a cause.
    pub edited: bool,
    /// `meta.position`.
    pub position: Option<&'a str>,
    /// `meta.maintainers`.
    pub maintainers: Vec<&'a str>,
    /// `meta.teams`.
    pub teams: Vec<&'a str>,
}

/// Counts the maintainers, teams and owners of what is touched: an attribute counts once for each.
/// `stated` (a file of maintainers) joins what the attributes themselves say. None where nobody is
/// known and there are no rules. O(touched · log), and the matching of globs.
pub fn people<'a>(
    touched: impl IntoIterator<Item = Touched<'a>>,
    stated: &'a Maintainers,
    rules: Option<&'a OwnerRules>,
) -> Option<People> {
    let mut attributes: BTreeMap<&str, Concern<'_>> = BTreeMap::new();
    for touched in touched {
        let concern = attributes.entry(touched.attribute).or_insert_with(|| Concern::new(touched.attribute, stated));
        concern.rebuilt |= touched.rebuilt;
        concern.edited |= touched.edited;
        concern.maintainers.extend(touched.maintainers);
        concern.teams.extend(touched.teams);
        let owners = rules.map(|rules| rules.of(touched.attribute, touched.position)).unwrap_or_default();
        concern.owners.extend(owners.iter().map(String::as_str));
    }
    let people = People {
        maintainers: counted(&attributes, |concern| &concern.maintainers),
        teams: counted(&attributes, |concern| &concern.teams),
        owners: counted(&attributes, |concern| &concern.owners),
        without: attributes
            .values()
            .filter(|concern| concern.rebuilt && concern.maintainers.is_empty() && concern.teams.is_empty())
            .count() as u64,
    };
    let known = rules.is_some() || !people.maintainers.is_empty() || !people.teams.is_empty();
    known.then_some(people)
}

/// Whom an attribute concerns.
#[derive(Default)]
struct Concern<'a> {
    rebuilt: bool,
    edited: bool,
    maintainers: BTreeSet<&'a str>,
    teams: BTreeSet<&'a str>,
    owners: BTreeSet<&'a str>,
}

impl<'a> Concern<'a> {
    fn new(attribute: &str, stated: &'a Maintainers) -> Self {
        let Some(owners) = stated.of(attribute) else { return Self::default() };
        Self {
            maintainers: owners.maintainers.iter().map(String::as_str).collect(),
            teams: owners.teams.iter().map(String::as_str).collect(),
            ..Self::default()
        }
    }
}

/// How many attributes are whose: those with edited ones first, then by number, then by name.
fn counted<'a>(
    attributes: &BTreeMap<&'a str, Concern<'a>>,
    whose: impl for<'c> Fn(&'c Concern<'a>) -> &'c BTreeSet<&'a str>,
) -> Vec<Person> {
    let mut counts: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for concern in attributes.values().filter(|concern| concern.rebuilt || concern.edited) {
        for name in whose(concern) {
            let (rebuilt, edited) = counts.entry(name).or_default();
            *rebuilt += u64::from(concern.rebuilt);
            *edited += u64::from(concern.edited);
        }
    }
    let mut people: Vec<Person> =
        counts.into_iter().map(|(name, (rebuilt, edited))| Person { name: name.to_owned(), rebuilt, edited }).collect();
    // stable: those that are equal stay by name
    people.sort_by_key(|person| (person.edited == 0, Reverse(person.rebuilt), Reverse(person.edited)));
    people
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touched<'a>(attribute: &'a str, rebuilt: bool, edited: bool, maintainers: &[&'a str]) -> Touched<'a> {
        Touched { attribute, rebuilt, edited, position: None, maintainers: maintainers.to_vec(), teams: Vec::new() }
    }

    fn rows(people: &[Person]) -> Vec<String> {
        people.iter().map(|person| format!("{} {} {}", person.name, person.rebuilt, person.edited)).collect()
    }

    #[test]
    fn those_with_edits_come_first() {
        let nobody = Maintainers::default();
        let found = people(
            [
                touched("a", true, true, &["@few", "@both"]),
                touched("b", true, false, &["@many"]),
                touched("c", true, false, &["@many", "@also"]),
                // once for each name, whatever the systems
                touched("c", true, false, &["@many"]),
                touched("d", true, false, &[]),
                // edited, and not rebuilt (the path was there)
                touched("e", false, true, &["@both"]),
                touched("f", false, false, &["@no"]),
            ],
            &nobody,
            None,
        )
        .unwrap();
        assert_eq!(rows(&found.maintainers), ["@both 1 2", "@few 1 1", "@many 2 0", "@also 1 0"]);
        assert_eq!((found.without, found.teams.len(), found.owners.len()), (1, 0, 0));
    }

    #[test]
    fn files_join_what_is_said() {
        let (stated, _) =
            Maintainers::parse(br#"{"a":{"maintainers":["@x"],"teams":["sig"]},"z":["@z"]}"#, "m").unwrap();
        let found = people([touched("a", true, false, &["@y"])], &stated, None).unwrap();
        assert_eq!(rows(&found.maintainers), ["@x 1 0", "@y 1 0"]);
        assert_eq!(rows(&found.teams), ["sig 1 0"]);
        assert_eq!(found.without, 0);
    }

    #[test]
    fn owners_see_what_an_edit_elsewhere_touches() {
        let rules = OwnerRules::parse("*.* sets\npython3Packages.* python\npkgs/kde/ kde\nlibs libs", "map").unwrap();
        let mut kate = touched("kate", true, false, &[]);
        kate.position = Some("/x/pkgs/kde/kate.nix:1");
        let all = [touched("libs", true, true, &[]), touched("python3Packages.a", true, false, &[]), kate];
        let found = people(all, &Maintainers::default(), Some(&rules)).unwrap();
        assert_eq!(rows(&found.owners), ["libs 1 1", "kde 1 0", "python 1 0"]);
    }

    #[test]
    fn nobody_known() {
        let nobody = Maintainers::default();
        assert!(people([touched("a", true, true, &[])], &nobody, None).is_none());
        assert!(people([], &nobody, None).is_none());
        let rules = OwnerRules::parse("x y", "map").unwrap();
        assert_eq!(people([touched("a", true, true, &[])], &nobody, Some(&rules)).unwrap().without, 1);
    }
}
