//! nixpkgs CI's labels and branch policy (`ci/eval/compare` of nixpkgs).

use std::collections::BTreeMap;

use serde::Serialize;

/// The kernels that nixpkgs labels speak of.
const KERNELS: [&str; 2] = ["darwin", "linux"];

/// The ranges of the labels; bounds inclusive.
const RANGES: [(&str, u64, u64); 10] = [
    ("0", 0, 0),
    ("1", 1, 1),
    ("1-10", 1, 10),
    ("11-100", 11, 100),
    ("101-500", 101, 500),
    ("501+", 501, u64::MAX),
    ("501-1000", 501, 1000),
    ("1001-2500", 1001, 2500),
    ("2501-5000", 2501, 5000),
    ("5001+", 5001, u64::MAX),
];

/// Where a change belongs by its number of rebuilds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Branch {
    /// Fewer than 500.
    Ok,
    /// 500 to 999.
    PossibleMassRebuild,
    /// All NixOS tests, and no mass rebuild: to staging-nixos.
    NixosRebuild,
    /// 1000 and more: to staging.
    MassRebuild,
}

impl Branch {
    /// As it stands in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::PossibleMassRebuild => "possible-mass-rebuild",
            Self::NixosRebuild => "nixos-rebuild",
            Self::MassRebuild => "mass-rebuild",
        }
    }
}

/// The kernel of a system: what follows its processor (`linux`, `darwin`, …).
#[must_use]
pub fn kernel_of(system: &str) -> &str {
    system.split_once('-').map_or("unknown", |(_, kernel)| kernel)
}

/// The attribute by which nixpkgs CI tells that all NixOS tests are rebuilt.
const NIXOS_TESTS: &str = "nixosTests.simple";

/// Whether rebuilt attributes tell that all NixOS tests are rebuilt.
pub(super) fn rebuilds_nixos_tests<'n>(mut names: impl Iterator<Item = &'n str>) -> bool {
    names.any(|name| name == NIXOS_TESTS)
}

/// The rebuilds of the kernel that has more of them.
fn most(by_kernel: &BTreeMap<String, u64>) -> u64 {
    KERNELS.iter().filter_map(|&kernel| by_kernel.get(kernel)).copied().max().unwrap_or(0)
}

/// CI labels NixOS tests only where no other label speaks for staging.
fn labels_nixos_tests(by_kernel: &BTreeMap<String, u64>, nixos_tests: bool) -> bool {
    nixos_tests && most(by_kernel) <= 500
}

/// The labels for rebuilt attributes by kernel; `stdenv` lists the kernels whose attribute `stdenv`
/// is rebuilt, `nixos_tests` is what `rebuilds_nixos_tests` says. Sorted. As in nixpkgs CI both kernels
/// get a label, `0` too.
#[must_use]
pub fn labels(by_kernel: &BTreeMap<String, u64>, stdenv: &[String], nixos_tests: bool) -> Vec<String> {
    let mut labels = Vec::new();
    for kernel in KERNELS {
        let count = by_kernel.get(kernel).copied().unwrap_or(0);
        for (range, from, to) in RANGES {
            if (from..=to).contains(&count) {
                labels.push(format!("10.rebuild-{kernel}: {range}"));
            }
        }
        if stdenv.iter().any(|rebuilt| rebuilt == kernel) {
            labels.push(format!("10.rebuild-{kernel}-stdenv"));
        }
    }
    if labels_nixos_tests(by_kernel, nixos_tests) {
        labels.push("10.rebuild-nixos-tests".to_owned());
    }
    labels.sort();
    labels
}

/// nixpkgs' policy, on the larger of the two kernels. Exactly 500 is labelled `101-500` and yet
/// possibly a mass rebuild; so it is there. That all NixOS tests are rebuilt counts where there is no mass
/// rebuild.
#[must_use]
pub fn branch(by_kernel: &BTreeMap<String, u64>, nixos_tests: bool) -> Branch {
    match most(by_kernel) {
        1000.. => Branch::MassRebuild,
        _ if labels_nixos_tests(by_kernel, nixos_tests) => Branch::NixosRebuild,
        500..=999 => Branch::PossibleMassRebuild,
        0..=499 => Branch::Ok,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(linux: u64, expect: &[&str], expected_branch: Branch) {
        let counts = BTreeMap::from([("linux".to_owned(), linux), ("freebsd".to_owned(), 9999)]);
        let shown = labels(&counts, &[], false);
        let expect: Vec<String> = std::iter::once("10.rebuild-darwin: 0".to_owned())
            .chain(expect.iter().map(|range| format!("10.rebuild-linux: {range}")))
            .collect();
        assert_eq!(shown, expect, "{linux}");
        assert_eq!(branch(&counts, false), expected_branch, "{linux}");
    }

    #[test]
    fn every_bound() {
        use Branch::{MassRebuild, Ok, PossibleMassRebuild};
        check(0, &["0"], Ok);
        check(1, &["1", "1-10"], Ok);
        check(10, &["1-10"], Ok);
        check(11, &["11-100"], Ok);
        check(100, &["11-100"], Ok);
        check(101, &["101-500"], Ok);
        check(499, &["101-500"], Ok);
        check(500, &["101-500"], PossibleMassRebuild);
        check(501, &["501+", "501-1000"], PossibleMassRebuild);
        check(999, &["501+", "501-1000"], PossibleMassRebuild);
        check(1000, &["501+", "501-1000"], MassRebuild);
        check(1001, &["1001-2500", "501+"], MassRebuild);
        check(2500, &["1001-2500", "501+"], MassRebuild);
        check(2501, &["2501-5000", "501+"], MassRebuild);
        check(5000, &["2501-5000", "501+"], MassRebuild);
        check(5001, &["5001+", "501+"], MassRebuild);
    }

    #[test]
    fn stdenv_has_a_label_of_its_own() {
        let counts = BTreeMap::from([("linux".to_owned(), 1)]);
        assert!(labels(&counts, &["linux".to_owned()], false).contains(&"10.rebuild-linux-stdenv".to_owned()));
    }

    #[test]
    fn nixos_tests_count_where_nothing_else_speaks_for_staging() {
        let check = |count: u64, label: bool, expect: Branch| {
            let counts = BTreeMap::from([("linux".to_owned(), count)]);
            let labels = labels(&counts, &[], true);
            assert_eq!(labels.contains(&"10.rebuild-nixos-tests".to_owned()), label, "{count}");
            assert_eq!(branch(&counts, true), expect, "{count}");
        };
        check(3, true, Branch::NixosRebuild);
        check(500, true, Branch::NixosRebuild);
        check(501, false, Branch::PossibleMassRebuild);
        check(1000, false, Branch::MassRebuild);
        assert!(rebuilds_nixos_tests(["a", "nixosTests.simple"].into_iter()));
        assert!(!rebuilds_nixos_tests(["nixosTests.simple-vm"].into_iter()));
    }
}
