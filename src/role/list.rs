//! The dependency lists of the standard environment.

use serde::Serialize;

/// One of the twelve lists, by the platforms that an input runs on and makes things for, seen from
/// its consumer: -1 build, 0 host, 1 target (nixpkgs' manual, "Specifying dependencies").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are those of the environment's keys")]
pub enum DependencyList {
    DepsBuildBuild,
    NativeBuildInputs,
    DepsBuildTarget,
    DepsHostHost,
    BuildInputs,
    DepsTargetTarget,
    DepsBuildBuildPropagated,
    PropagatedNativeBuildInputs,
    DepsBuildTargetPropagated,
    DepsHostHostPropagated,
    PropagatedBuildInputs,
    DepsTargetTargetPropagated,
}

use DependencyList as L;

/// A host and a target offset that make sense together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offsets {
    /// Where the input runs.
    pub host: i8,
    /// What it makes things for.
    pub target: i8,
}

impl DependencyList {
    /// All of them: the plain ones first, in the order in which the set-up script goes through them.
    pub const ALL: [Self; 12] = [
        L::DepsBuildBuild,
        L::NativeBuildInputs,
        L::DepsBuildTarget,
        L::DepsHostHost,
        L::BuildInputs,
        L::DepsTargetTarget,
        L::DepsBuildBuildPropagated,
        L::PropagatedNativeBuildInputs,
        L::DepsBuildTargetPropagated,
        L::DepsHostHostPropagated,
        L::PropagatedBuildInputs,
        L::DepsTargetTargetPropagated,
    ];

    /// Its environment key.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            L::DepsBuildBuild => "depsBuildBuild",
            L::NativeBuildInputs => "nativeBuildInputs",
            L::DepsBuildTarget => "depsBuildTarget",
            L::DepsHostHost => "depsHostHost",
            L::BuildInputs => "buildInputs",
            L::DepsTargetTarget => "depsTargetTarget",
            L::DepsBuildBuildPropagated => "depsBuildBuildPropagated",
            L::PropagatedNativeBuildInputs => "propagatedNativeBuildInputs",
            L::DepsBuildTargetPropagated => "depsBuildTargetPropagated",
            L::DepsHostHostPropagated => "depsHostHostPropagated",
            L::PropagatedBuildInputs => "propagatedBuildInputs",
            L::DepsTargetTargetPropagated => "depsTargetTargetPropagated",
        }
    }

    /// The list with this environment key; that of `__json` counts too.
    #[must_use]
    pub fn of_key(key: &str) -> Option<Self> {
        let key = key.strip_prefix("__json.").unwrap_or(key);
        Self::ALL.into_iter().find(|list| list.key() == key)
    }

    /// Its offsets.
    #[must_use]
    pub const fn offsets(self) -> Offsets {
        let (host, target) = match self {
            L::DepsBuildBuild | L::DepsBuildBuildPropagated => (-1, -1),
            L::NativeBuildInputs | L::PropagatedNativeBuildInputs => (-1, 0),
            L::DepsBuildTarget | L::DepsBuildTargetPropagated => (-1, 1),
            L::DepsHostHost | L::DepsHostHostPropagated => (0, 0),
            L::BuildInputs | L::PropagatedBuildInputs => (0, 1),
            L::DepsTargetTarget | L::DepsTargetTargetPropagated => (1, 1),
        };
        Offsets { host, target }
    }

    /// Whether what stands in it comes along to the consumers of the consumer.
    #[must_use]
    pub fn is_propagated(self) -> bool {
        self >= L::DepsBuildBuildPropagated
    }

    /// The plain list with these offsets.
    #[must_use]
    pub fn plain(offsets: Offsets) -> Option<Self> {
        Self::ALL[..6].iter().copied().find(|list| list.offsets() == offsets)
    }
}

impl Offsets {
    /// The offsets of what a package propagates in a list with `inner` offsets, for a consumer that
    /// has the package at these. `None` where that lies outside build, host and target, and the set-up
    /// script leaves it out (its `mapOffset` and `findInputs`).
    #[must_use]
    pub fn of_propagated(self, inner: Self) -> Option<Self> {
        let map = |offset: i8| if offset <= 0 { offset + self.host } else { offset - 1 + self.target };
        let mapped = Self { host: map(inner.host), target: map(inner.target) };
        ((-1..=1).contains(&mapped.host) && (-1..=1).contains(&mapped.target)).then_some(mapped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_back() {
        for list in L::ALL {
            assert_eq!(L::of_key(list.key()), Some(list));
            assert_eq!(L::of_key(&format!("__json.{}", list.key())), Some(list));
            let plain = L::plain(list.offsets()).unwrap();
            assert!(!plain.is_propagated() && plain.offsets() == list.offsets());
            assert_eq!(list.is_propagated(), list.key().to_lowercase().contains("propagated"));
            assert_eq!(serde_json::to_string(&list).unwrap(), format!("{:?}", list.key()));
        }
        assert_eq!(L::of_key("buildinputs"), None);
        assert_eq!(L::of_key("__json.env.buildInputs"), None);
    }

    /// The manual's rule, for every pair of pairs.
    #[test]
    fn offsets_add_up() {
        let at = |host, target| Offsets { host, target };
        for (own, inner, expect) in [
            // what a build tool propagates for its host runs where the tool runs
            (at(-1, 0), at(0, 1), Some(at(-1, 0))),
            (at(-1, 0), at(-1, 0), None),
            (at(-1, 0), at(1, 1), Some(at(0, 0))),
            (at(0, 1), at(0, 1), Some(at(0, 1))),
            (at(0, 1), at(-1, 0), Some(at(-1, 0))),
            (at(0, 1), at(1, 1), Some(at(1, 1))),
            (at(1, 1), at(0, 1), Some(at(1, 1))),
            (at(1, 1), at(-1, 0), Some(at(0, 1))),
            (at(0, 0), at(0, 1), Some(at(0, 0))),
            (at(-1, -1), at(0, 0), Some(at(-1, -1))),
            (at(-1, -1), at(-1, -1), None),
        ] {
            assert_eq!(own.of_propagated(inner), expect, "{own:?} {inner:?}");
        }
    }
}
