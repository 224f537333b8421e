//! What Nix says when it fails.

/// How many lines of Nix's message are kept.
const MESSAGE_LINES: usize = 6;

/// What went wrong, of all that Nix says: its last error, without excerpts of source, and without
/// places in our own expression.
pub(super) fn message(talk: &str) -> String {
    let lines: Vec<&str> = talk.lines().map(str::trim).collect();
    let start = lines.iter().rposition(|line| line.starts_with("error:")).unwrap_or(0);
    let excerpt = |line: &str| {
        let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
        rest.starts_with('|') || line.starts_with('^') || line.starts_with('…')
    };
    let ours = |line: &str| line.starts_with("at «string»") || line.starts_with("at (string)");
    let kept: Vec<&str> = lines[start..]
        .iter()
        .copied()
        .filter(|line| !line.is_empty() && !line.starts_with("(use '--show-trace'") && !excerpt(line) && !ours(line))
        .take(MESSAGE_LINES)
        .collect();
    kept.join(" ").trim_start_matches("error:").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages() {
        let check = |talk: &str, expect: &str| assert_eq!(message(talk), expect);
        check("", "");
        check("Killed\n", "Killed");
        check(
            "warning: x\nerror: evaluation aborted with the following error message: 'no'\n(use '--show-trace' to show detailed location information)\n",
            "evaluation aborted with the following error message: 'no'",
        );
        check(
            "error: value is a set while a string was expected\n\n       at /a/b.nix:3:4:\n\n            2| let\n            3|   x\n             |   ^\n            4| in\n",
            "value is a set while a string was expected at /a/b.nix:3:4:",
        );
        check("error: x\n\n       at «string»:3:4:\n\n  2| y\n", "x");
    }
}
