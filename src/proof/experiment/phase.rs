//! Which phase a build was in, by its log.

use serde::Deserialize;

#[derive(Deserialize)]
struct Told {
    action: String,
    phase: String,
}

/// The last phase that the log tells: the set-up script of nixpkgs writes a line
/// `@nix { "action": "setPhase", "phase": "buildPhase" }` before each. `None` where none is told.
pub(super) fn last_phase(log: &str) -> Option<String> {
    log.lines().rev().find_map(|line| {
        let told: Told = serde_json::from_str(line.trim().strip_prefix("@nix ")?).ok()?;
        (told.action == "setPhase").then_some(told.phase)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_that_is_told() {
        let check = |log: &str, expect: Option<&str>| assert_eq!(last_phase(log).as_deref(), expect);
        check("", None);
        check("building\nfailed", None);
        check("@nix { \"action\": \"setPhase\", \"phase\": \"buildPhase\" }\nerror", Some("buildPhase"));
        let two = "@nix {\"action\":\"setPhase\",\"phase\":\"a\"}\n@nix {\"action\":\"setPhase\",\"phase\":\"b\"}\n@nix {}\n@nix x";
        check(two, Some("b"));
    }
}
