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
            Self::MassRebuild => "mass-rebuild",
        }
    }
}

/// The kernel of a system: what follows its processor (`linux`, `darwin`, …).
#[must_use]
pub fn kernel_of(system: &str) -> &str {
    system.split_once('-').map_or("unknown", |(_, kernel)| kernel)
}

/// The labels for rebuilt attributes by kernel; `stdenv` lists the kernels whose attribute `stdenv`
/// is rebuilt. Sorted. As in nixpkgs CI both kernels get a label, `0` too.
#[must_use]
pub fn labels(by_kernel: &BTreeMap<String, u64>, stdenv: &[String]) -> Vec<String> {
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
    labels.sort();
    labels
}

/// nixpkgs' policy, on the larger of the two kernels. Exactly 500 is labelled `101-500` and yet
/// possibly a mass rebuild; so it is there.
#[must_use]
pub fn branch(by_kernel: &BTreeMap<String, u64>) -> Branch {
    let most = KERNELS.iter().filter_map(|&kernel| by_kernel.get(kernel)).copied().max().unwrap_or(0);
    match most {
        0..=499 => Branch::Ok,
        500..=999 => Branch::PossibleMassRebuild,
        1000.. => Branch::MassRebuild,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(linux: u64, expect: &[&str], expected_branch: Branch) {
        let counts = BTreeMap::from([("linux".to_owned(), linux), ("freebsd".to_owned(), 9999)]);
        let shown = labels(&counts, &[]);
        let expect: Vec<String> = std::iter::once("10.rebuild-darwin: 0".to_owned())
            .chain(expect.iter().map(|range| format!("10.rebuild-linux: {range}")))
            .collect();
        assert_eq!(shown, expect, "{linux}");
        assert_eq!(branch(&counts), expected_branch, "{linux}");
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
        assert!(labels(&counts, &["linux".to_owned()]).contains(&"10.rebuild-linux-stdenv".to_owned()));
    }
}
