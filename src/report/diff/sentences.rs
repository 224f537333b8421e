//! What a diff comes to, in sentences.

use std::collections::BTreeMap;

use super::causes::{title, whole};
use super::style::{Style, and_more};
use crate::query::{
    Branch, Counted, DiffReport, FailingAttribute, OwnPullRequest, People, Redirected, Renamed, Root, Side,
};
use crate::report::markdown::cut;
use crate::report::table::{counted, number};
use crate::report::words::{self, share_of};

/// How many names a line has.
pub(super) const NAMES: usize = 10;

/// How many kernels the first line has, and how many bytes of each.
const KERNELS: usize = 4;
const KERNEL: usize = 40;

/// From how many rebuilds on a cause is worth a pull request of its own, if that does not move the rest to
/// another branch: those of nixpkgs' third label.
const WORTH_SPLITTING: u64 = 100;

/// How many roots are told.
const ROOTS: usize = 5;

impl DiffReport {
    /// What rebuilds, by kernel, and what is built.
    pub(super) fn headline(&self, style: Style) -> String {
        let derivations = format!(
            "{} built ({} that are not fixed-output)",
            counted(self.derivations.total, "derivation"),
            share_of(self.derivations.total, self.derivations.of)
        );
        if self.counted == Counted::Derivations {
            return format!("{derivations}; neither side has attributes");
        }
        let kernel =
            |(kernel, count): (&String, &u64)| format!("{} {}", (style.name)(&cut(kernel, KERNEL)), number(*count));
        let kernels: Vec<String> = self.rebuilt.by_kernel.iter().take(KERNELS).map(kernel).collect();
        let kernels = if kernels.is_empty() { String::new() } else { format!("; {}", kernels.join(", ")) };
        format!(
            "{} rebuilt ({}{kernels}), {derivations}",
            counted(self.rebuilt.total, "attribute"),
            share_of(self.rebuilt.total, self.rebuilt.of)
        )
    }

    /// What is compared with what.
    pub(super) fn sides(&self, style: Style) -> String {
        let side = |side: &Side| {
            let mut has = vec![counted(side.derivations, "derivation"), counted(side.attributes, "attribute")];
            if side.failed > 0 {
                has.push(format!("{} failed to evaluate", number(side.failed)));
            }
            format!("{} ({})", (style.name)(&side.name), has.join(", "))
        };
        format!("from {} to {}", side(&self.old), side(&self.new))
    }

    /// By system, and what comes beside the builds.
    pub(super) fn counts(&self, style: Style) -> Vec<String> {
        let named = |counts: &BTreeMap<String, u64>| {
            counts.iter().map(|(system, count)| ((style.name)(system), *count)).collect()
        };
        let mut lines = words::by_system(&named(&self.derivations.by_system), &named(&self.rebuilt.by_system));
        if self.derivations.fetched > 0 {
            lines.push(format!("{} fetched", counted(self.derivations.fetched, "fixed-output derivation")));
        }
        if self.derivations.added > 0 || self.derivations.removed > 0 {
            lines.push(format!(
                "{} new, {} gone",
                counted(self.derivations.added, "derivation"),
                number(self.derivations.removed)
            ));
        }
        lines
    }

    /// What a reviewer may want to ask for.
    pub(super) fn judgement(&self, style: Style) -> Vec<String> {
        let mut lines: Vec<String> =
            self.judgement.own_pull_request.iter().filter_map(|own| self.own(own, style)).collect();
        lines.extend(self.staging());
        let redirected = &self.redirected;
        lines.extend(redirected.iter().take(ROOTS).map(|redirected| self.redirect(redirected, style)));
        if redirected.len() > ROOTS {
            lines.push(format!("{} attributes that name another derivation now.", and_more(redirected.len() - ROOTS)));
        }
        let roots: Vec<&Root> = self.judgement.roots.iter().filter(|root| is_worth_a_line(root)).collect();
        lines.extend(roots.iter().take(ROOTS).map(|root| root_line(root, style)));
        if roots.len() > ROOTS {
            lines.push(format!("{} inputs whose bump now rebuilds more.", and_more(roots.len() - ROOTS)));
        }
        lines
    }

    /// Whether it belongs on staging, by the kernel that has the most rebuilds of the two that count.
    fn staging(&self) -> Option<String> {
        let kernels =
            ["darwin", "linux"].map(|kernel| (self.rebuilt.by_kernel.get(kernel).copied().unwrap_or(0), kernel));
        let (count, kernel) = kernels.into_iter().max()?;
        let what = match self.branch? {
            Branch::MassRebuild => "belongs on staging",
            Branch::PossibleMassRebuild => "may belong on staging",
            Branch::NixosRebuild => {
                return Some("This rebuilds all NixOS tests and belongs on staging-nixos.".to_owned());
            }
            Branch::Ok => return None,
        };
        Some(format!("With {} on {kernel}, this {what}.", counted(count, "rebuilt attribute")))
    }

    /// Attributes that are redirected, and what follows.
    fn redirect(&self, redirected: &Redirected, style: Style) -> String {
        // of several attributes not each names that one
        let name = match redirected.attributes.as_slice() {
            [only] if !only.ends_with(".*") => "names",
            _ => "name other derivations, such as",
        };
        format!(
            "{} {name} {} instead of {}: {} follow from it, and together they alone cause {} of {} {}.",
            style.names(&redirected.attributes, 3),
            (style.name)(&redirected.after),
            (style.name)(&redirected.before),
            counted(redirected.causes.len() as u64, "cause"),
            number(redirected.alone),
            number(whole(self)),
            self.counted_things()
        )
    }

    /// What causes are weighed in.
    fn counted_things(&self) -> &'static str {
        match self.counted {
            Counted::Attributes => "rebuilt attributes",
            Counted::Derivations => "derivations built",
        }
    }

    fn own(&self, own: &OwnPullRequest, style: Style) -> Option<String> {
        let cause = self.causes.get(own.cause)?;
        let moves = own.rest_branch.filter(|rest| self.branch.is_some_and(|branch| *rest < branch));
        if own.alone < WORTH_SPLITTING && moves.is_none() {
            return None;
        }
        let what = self.counted_things();
        let mut text = format!(
            "{} could be a pull request of its own: it alone causes {} of {} {what}; without it {} would be left",
            (style.name)(&title(cause)),
            number(own.alone),
            number(whole(self)),
            number(own.rest)
        );
        match moves {
            Some(rest) => text.push_str(&format!(", and the branch verdict would be {}.", rest.as_str())),
            None => text.push('.'),
        }
        Some(text)
    }

    /// What is needless, the strongest evidence first.
    pub(super) fn needless_lines(&self) -> Vec<String> {
        words::needless(self.needless.iter().rev().map(|(grade, savings)| (*grade, *savings)))
    }
}

/// Whether a root grew so much that a reviewer wants to know: by a hundred, or to more than twice what it was.
fn is_worth_a_line(root: &Root) -> bool {
    let growth = root.after.saturating_sub(root.before);
    growth >= 100 || (growth >= 10 && root.after > 2 * root.before)
}

fn root_line(root: &Root, style: Style) -> String {
    format!(
        "{} became an input of {}: its bump rebuilds {} now, {} before.",
        (style.name)(&root.name),
        style.names(&root.taken_by, root.taken_by.len()),
        counted(root.after, "derivation"),
        number(root.before)
    )
}

/// `new (was old)`, or `new (also old)` for an alias.
pub(super) fn renamed(renamed: &Renamed, style: Style) -> String {
    let how = if renamed.gone { "was" } else { "also" };
    format!("{} ({how} {})", (style.name)(&renamed.attribute), style.names(&renamed.was, 3))
}

/// The line of Nix's message that says what is wrong.
pub(super) fn telling(error: &str) -> &str {
    let lines = || error.lines().map(str::trim);
    let wrong = |line: &&str| line.split_once("error:").is_some_and(|(_, text)| !text.trim().is_empty());
    lines().rfind(wrong).or_else(|| lines().find(|line| !line.is_empty())).unwrap_or_default()
}

/// Attributes that fail with one message, and the systems of each: what fails on four systems is told
/// once.
pub(super) fn failing(failing: &[FailingAttribute]) -> Vec<(&str, Vec<&str>, &str)> {
    let mut found: Vec<(&str, Vec<&str>, &str)> = Vec::new();
    for one in failing {
        match found.last_mut() {
            Some((attribute, systems, error)) if *attribute == one.attribute && *error == one.error => {
                systems.push(&one.system);
            }
            _ => found.push((&one.attribute, vec![&one.system], &one.error)),
        }
    }
    for (_, systems, _) in &mut found {
        systems.retain(|system| !system.is_empty());
    }
    found
}

/// Owners of whom nothing is edited, and who are touched all the same.
pub(super) fn only_touched(people: &People) -> Vec<&str> {
    people
        .owners
        .iter()
        .filter(|owner| owner.edited == 0 && owner.rebuilt > 0)
        .map(|owner| owner.name.as_str())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_tells() {
        for (error, line) in [
            ("error: broken", "error: broken"),
            ("error:\n   … while x\n\n   error: undefined variable 'y'\n   at z", "error: undefined variable 'y'"),
            ("error:\n  … while evaluating", "error:"),
            ("\n  just words\nmore", "just words"),
            ("", ""),
        ] {
            assert_eq!(telling(error), line);
        }
    }

    #[test]
    fn failures_of_several_systems_are_one() {
        let one = |attribute: &str, system: &str, error: &str| FailingAttribute {
            attribute: attribute.to_owned(),
            system: system.to_owned(),
            error: error.to_owned(),
        };
        let all = [one("a", "s1", "e"), one("a", "s2", "e"), one("a", "s3", "f"), one("b", "", "f")];
        assert_eq!(failing(&all), [("a", vec!["s1", "s2"], "e"), ("a", vec!["s3"], "f"), ("b", vec![], "f")]);
    }
}
