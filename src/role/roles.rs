//! Why an input is there: the places where its consumer names it, by what they are for.

use std::collections::BTreeSet;
use std::fmt;

use super::list::DependencyList;
use crate::graph::{EdgeId, Graph};
use crate::ingest::raw::flag;

/// What an input is to its consumer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The program that builds, or one of its arguments.
    Builder,
    /// The standard environment.
    Stdenv,
    /// What is built: `src`, `srcs`, `patches`.
    Source,
    /// In a dependency list.
    List(DependencyList),
    /// Gone when checks are off; by proof only.
    Check,
    /// Named in the text of a build phase, or in the flags of the checks: `build` for `buildPhase`,
    /// `preBuild`, `postBuild`. `buildCommand`, which takes the place of all phases, is `build` too.
    Phase(String),
    /// Named in `shellHook`, which no build runs.
    Shell,
    /// Its own setup hook: text that is sourced by the consumer's consumers.
    Hook,
    /// Recorded for others, without being used: `propagatedUserEnvPkgs`.
    Reference,
    /// Named among what the output must not refer to: `disallowedReferences`, `disallowedRequisites`. An
    /// input still, where the expression did not drop the string's context.
    Forbidden,
    /// Named in another variable of the environment.
    Environment,
    /// In the references of the built output; by evidence only.
    Runtime,
    /// Comes along with another input that propagates it.
    Propagated,
    /// Named nowhere.
    Unattributed,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Builder => "builder",
            Self::Stdenv => "stdenv",
            Self::Source => "source",
            Self::List(list) => list.key(),
            Self::Propagated => "propagated",
            Self::Check => "check",
            Self::Runtime => "runtime",
            Self::Phase(name) => return write!(f, "phase:{name}"),
            Self::Shell => "shell",
            Self::Hook => "hook",
            Self::Reference => "reference",
            Self::Forbidden => "forbidden",
            Self::Environment => "environment",
            Self::Unattributed => "unattributed",
        })
    }
}

impl Role {
    /// The role of a mention under `key` (an environment key, a path in `__json`, `args`, `builder`).
    #[must_use]
    pub fn of_key(key: &str) -> Self {
        if let Some(list) = DependencyList::of_key(key) {
            return Self::List(list);
        }
        let key = key.strip_prefix("__json.").unwrap_or(key);
        let key = key.strip_prefix("env.").unwrap_or(key);
        match key {
            "builder" | "args" => Self::Builder,
            "stdenv" => Self::Stdenv,
            "src" | "srcs" | "patches" => Self::Source,
            "shellHook" => Self::Shell,
            "setupHook" | "setupHooks" => Self::Hook,
            "propagatedUserEnvPkgs" => Self::Reference,
            "disallowedReferences" | "disallowedRequisites" => Self::Forbidden,
            "buildCommand" => Self::Phase("build".to_owned()),
            "preHook" | "postHook" => Self::Phase("setup".to_owned()),
            "checkFlags" | "checkFlagsArray" | "checkTarget" => Self::Phase("check".to_owned()),
            "installCheckFlags" | "installCheckFlagsArray" | "installCheckTarget" => {
                Self::Phase("installCheck".to_owned())
            }
            _ => phase(key).map_or(Self::Environment, Self::Phase),
        }
    }
}

/// The phase whose text a variable holds: `install` of `installPhase`, `preInstall`, `postInstall`.
fn phase(key: &str) -> Option<String> {
    if let Some(name) = key.strip_suffix("Phase").filter(|name| !name.is_empty()) {
        return Some(name.to_owned());
    }
    let name = key.strip_prefix("pre").or_else(|| key.strip_prefix("post"))?;
    let first = name.chars().next().filter(char::is_ascii_uppercase)?;
    // preBuildPhases and the like are lists of phases
    (!name.ends_with("Phases")).then(|| format!("{}{}", first.to_ascii_lowercase(), &name[1..]))
}

/// The roles of an input: a pure function of its mentions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoleSet(pub BTreeSet<Role>);

impl RoleSet {
    /// The roles that these keys give.
    #[must_use]
    pub fn of_keys<'k>(keys: impl IntoIterator<Item = &'k str>) -> Self {
        let mut roles: BTreeSet<Role> = keys.into_iter().map(Role::of_key).collect();
        if roles.is_empty() {
            roles.insert(Role::Unattributed);
        }
        Self(roles)
    }

    /// The roles of an edge's input; none where of the consumer nothing but name and inputs is known.
    #[must_use]
    pub fn of_edge(graph: &Graph, edge: EdgeId) -> Self {
        if graph.flags(graph.edge_consumer(edge)) & flag::NO_RECIPE != 0 {
            return Self::default();
        }
        Self::of_keys(graph.mentions(edge))
    }

    /// Their names, in the order of the roles.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.0.iter().map(Role::to_string).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_of_keys() {
        for (key, role) in [
            ("builder", "builder"),
            ("args", "builder"),
            ("stdenv", "stdenv"),
            ("__json.stdenv", "stdenv"),
            ("src", "source"),
            ("__json.srcs", "source"),
            ("patches", "source"),
            ("buildInputs", "buildInputs"),
            ("__json.propagatedBuildInputs", "propagatedBuildInputs"),
            ("depsHostHostPropagated", "depsHostHostPropagated"),
            ("buildPhase", "phase:build"),
            ("preBuild", "phase:build"),
            ("postInstall", "phase:install"),
            ("preInstallCheck", "phase:installCheck"),
            ("checkPhase", "phase:check"),
            ("checkFlags", "phase:check"),
            ("__json.env.postFixup", "phase:fixup"),
            ("pythonCatchConflictsPhase", "phase:pythonCatchConflicts"),
            ("buildCommand", "phase:build"),
            ("shellHook", "shell"),
            ("setupHook", "hook"),
            ("propagatedUserEnvPkgs", "reference"),
            ("makeFlags", "environment"),
            ("preferLocalBuild", "environment"),
            ("postgresql", "environment"),
            ("preBuildPhases", "environment"),
            ("phases", "environment"),
            ("Phase", "environment"),
            ("pre", "environment"),
            ("disallowedReferences", "forbidden"),
            ("preÄ", "environment"),
        ] {
            assert_eq!(Role::of_key(key).to_string(), role, "{key}");
        }
        assert_eq!(RoleSet::of_keys([]).names(), ["unattributed"]);
        assert_eq!(RoleSet::of_keys(["src", "patches", "args"]).names(), ["builder", "source"]);
    }
}
