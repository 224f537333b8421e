//! The rebuilt attributes in a comment, by their sets.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::causes::set_and_name;
use super::style::and_more;
use crate::report::markdown::{code, details, within};
use crate::report::table::{counted, number};

/// What stands around the part, and between it and others.
const AROUND: usize = 8;

/// A set of attributes.
struct Set {
    /// `- `python3Packages` (12): `.
    head: String,
    names: Vec<String>,
    /// How many bytes the first names have, with what stands between them; `names.len() + 1` of them.
    ends: Vec<usize>,
}

impl Set {
    fn new(set: &str, names: Vec<String>) -> Self {
        let set = if set.is_empty() { "top level".to_owned() } else { code(set) };
        let mut ends = vec![0];
        let mut end = 0;
        for (at, name) in names.iter().enumerate() {
            end += name.len() + if at == 0 { 0 } else { BETWEEN.len() };
            ends.push(end);
        }
        Self { head: format!("- {set} ({}): ", number(names.len() as u64)), names, ends }
    }

    /// What stands after the first names.
    fn rest(&self, most: usize) -> String {
        match self.names.len().saturating_sub(most) {
            0 => String::new(),
            more if most == 0 => and_more(more),
            more => format!("{BETWEEN}{}", and_more(more)),
        }
    }

    /// The length of its line with the first names.
    fn len(&self, most: usize) -> usize {
        let names = self.ends.get(most).or(self.ends.last()).copied().unwrap_or(0);
        self.head.len() + names + self.rest(most).len()
    }

    fn line(&self, most: usize) -> String {
        let shown = self.names.get(..most).unwrap_or(&self.names);
        format!("{}{}{}", self.head, shown.join(BETWEEN), self.rest(most))
    }
}

const BETWEEN: &str = ", ";

/// The part for these attributes: of each set as many names as there is room for, the same number of
/// all; the top level first, then the largest. O(attributes · log).
pub(super) fn part(attributes: &[String], budget: usize) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let mut sets: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for attribute in attributes {
        let (set, name) = set_and_name(attribute);
        sets.entry(set).or_default().push(code(name));
    }
    let mut sets: Vec<(&str, Vec<String>)> = sets.into_iter().collect();
    // stable: sets of one size stay by name
    sets.sort_by_key(|(set, names)| (!set.is_empty(), Reverse(names.len())));
    let sets: Vec<Set> = sets.into_iter().map(|(set, names)| Set::new(set, names)).collect();
    let summary = format!("rebuilt: {}", counted(attributes.len() as u64, "attribute"));
    let budget = budget.saturating_sub(details(&summary, "").len() + AROUND);
    let most = most(&sets, budget);
    let lines = sets.iter().map(|set| set.line(most));
    let text = within((lines, sets.len()), "\n", budget, |shown| format!("- {} sets", and_more(sets.len() - shown)));
    Some(details(&summary, &text))
}

/// How many names of each set fit; the next number does not, or there are no more names.
fn most(sets: &[Set], budget: usize) -> usize {
    let fits = |most: usize| sets.iter().map(|set| set.len(most) + 1).sum::<usize>() <= budget;
    let largest = sets.iter().map(|set| set.names.len()).max().unwrap_or(0);
    if fits(largest) {
        return largest;
    }
    let (mut fitting, mut too_many) = (0, largest);
    while fitting + 1 < too_many {
        let middle = fitting.midpoint(too_many);
        if fits(middle) {
            fitting = middle;
        } else {
            too_many = middle;
        }
    }
    fitting
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_those_of_the_lines() {
        let set = Set::new("a|b", ["x", "long-name", "y`z"].map(code).to_vec());
        for most in 0..5 {
            assert_eq!(set.len(most), set.line(most).len(), "{most}");
        }
        assert_eq!(Set::new("", vec![code("x"), code("y")]).line(1), "- top level (2): `x`, … and 1 more");
    }

    #[test]
    fn every_budget_is_kept() {
        let attributes: Vec<String> = (0..200).map(|at| format!("{}name{at}", ["", "a.", "b.c."][at % 3])).collect();
        for budget in 120..3_000 {
            assert!(part(&attributes, budget).unwrap().len() <= budget, "{budget}");
        }
        assert!(part(&[], 100).is_none());
    }
}
