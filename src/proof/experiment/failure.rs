//! How a build ended, by the words of Nix and of the build itself.

use std::process::Output;

use super::error::ExperimentError;
use super::phase::last_phase;

/// How much of a failed build's log is kept, in lines.
const TAIL: usize = 12;

/// What in the log of a failed build says that the machine failed, not the package; in lower case, for
/// languages differ in it.
///
/// Overestimates: a package that fails for another reason, and prints one of these.
const MACHINE: [&str; 11] = [
    "no space left on device",
    "disk quota exceeded",
    "file size limit exceeded",
    "file too large",
    "cannot allocate memory",
    "virtual memory exhausted",
    "out of memory",
    "too many open files",
    "resource temporarily unavailable",
    "input/output error",
    "sigkill",
];

/// How a build ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Built {
    /// All outputs are there.
    Done,
    /// The builder itself gave up.
    Failed {
        /// The phase, where the log tells.
        phase: Option<String>,
        /// The end of the log.
        tail: String,
    },
}

/// What the words of a failed build mean.
pub(super) fn failure(drv: &str, talk: &str, log: &str, message: String) -> Result<Built, ExperimentError> {
    let own = format!("builder for '{drv}' failed");
    let Some(told) = talk.lines().find_map(|line| line.split_once(&own).map(|(_, rest)| rest)) else {
        return Err(match failed_derivation(talk) {
            Some(other) if other != drv => ExperimentError::Needed { drv: other.to_owned(), message },
            _ => ExperimentError::Unsettled { drv: drv.to_owned(), reason: message },
        });
    };
    let unsettled = |reason: String| Err(ExperimentError::Unsettled { drv: drv.to_owned(), reason });
    let code = told.strip_prefix(" with exit code ").map(|rest| {
        rest.bytes()
            .take_while(u8::is_ascii_digit)
            .fold(0u32, |sum, digit| sum.saturating_mul(10).saturating_add(u32::from(digit - b'0')))
    });
    match code {
        // a shell tells a killed child by 128 and the signal
        Some(137 | 143) => return unsettled("something ended it from outside".to_owned()),
        Some(_) => {}
        // it ended well by its own word
        None if told.starts_with(" to produce output") => {}
        None => return unsettled(format!("the builder failed{}", told.trim_end_matches(';'))),
    }
    if let Some(line) = log.lines().chain(talk.lines()).find(|line| blames_machine(line)) {
        return unsettled(format!("its log says \"{}\"", line.trim()));
    }
    let plain: Vec<&str> = log.lines().filter(|line| !line.starts_with("@nix ")).collect();
    let tail = plain[plain.len().saturating_sub(TAIL)..].join("\n");
    Ok(Built::Failed { phase: last_phase(log), tail })
}

/// Whether a line of a log says that the machine failed. A shell and make tell a killed child by "Killed"
/// behind its number or its target, compilers by "Killed signal terminated program".
fn blames_machine(line: &str) -> bool {
    let lower = line.to_lowercase();
    MACHINE.iter().any(|word| lower.contains(word)) || line.split_whitespace().any(|word| word == "Killed")
}

/// Whether Nix says that it builds anything but this derivation on this machine. The build's own words
/// stand among Nix's: `building 'name' extension` is none of them.
pub(super) fn builds_more(drv: &str, talk: &str) -> bool {
    let own = format!("building '{drv}'...");
    let is_told = |line: &str| line.starts_with("building '/") && line.contains(".drv'") && line != own;
    talk.lines().any(is_told)
}

/// The derivation whose builder failed first.
pub(super) fn failed_derivation(talk: &str) -> Option<&str> {
    let at = talk.find("builder for '")? + "builder for '".len();
    let rest = talk.get(at..)?;
    rest.get(..rest.find('\'')?)
}

/// Nix's own words: the errors, else the last lines.
pub(super) fn message(output: &Output) -> String {
    let talk = String::from_utf8_lossy(&output.stderr);
    let mut lines: Vec<&str> = talk.lines().map(str::trim).filter(|line| line.starts_with("error:")).collect();
    if lines.is_empty() {
        lines = talk.lines().collect();
    }
    let text = lines[lines.len().saturating_sub(TAIL)..].join("\n");
    match (text.trim().is_empty(), output.status.code()) {
        (true, _) => format!("it ended with {} and said nothing", output.status),
        // what it was about to do tells nothing then
        (false, None) => format!("it ended with {}", output.status),
        (false, Some(_)) => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRV: &str = "/nix/store/x.drv";

    fn told(talk: &str, log: &str) -> Result<Built, ExperimentError> {
        failure(DRV, talk, log, "its words".to_owned())
    }

    #[test]
    fn the_builder_gave_up() {
        let log = "@nix {\"action\":\"setPhase\",\"phase\":\"buildPhase\"}\nno such header";
        let expect = Built::Failed { phase: Some("buildPhase".to_owned()), tail: "no such header".to_owned() };
        for code in ["1", "2", "99999999999999999999"] {
            let talk = format!("error: builder for '{DRV}' failed with exit code {code};");
            assert_eq!(told(&talk, log).unwrap(), expect, "{code}");
        }
        let none = format!("error: builder for '{DRV}' failed to produce output path");
        assert_eq!(told(&none, log).unwrap(), expect);
    }

    #[test]
    fn what_else_is_built() {
        let check = |talk: &str, expect: bool| assert_eq!(builds_more(DRV, talk), expect, "{talk}");
        check("", false);
        check("building '/nix/store/x.drv'...\nbuilding 'markupsafe._speedups' extension", false);
        check("building '/nix/store/x.drv'...\nbuilding '/nix/store/y.drv'...", true);
        check("building '/nix/store/x.drv' on 'ssh://big'...", true);
    }

    #[test]
    fn what_is_no_answer() {
        let own = format!("error: builder for '{DRV}' failed with exit code 1;");
        for (talk, log, expect) in [
            (format!("error: builder for '{DRV}' failed with exit code 137;"), "", "from outside"),
            (format!("error: builder for '{DRV}' failed due to signal 9 (Killed);"), "", "due to signal 9"),
            (own.clone(), "cp: No space left on device", "No space left on device"),
            (own, "make: *** [x] Killed", "Killed"),
            ("error: interrupted by the user".to_owned(), "", "its words"),
        ] {
            let error = told(&talk, log).unwrap_err();
            assert!(matches!(error, ExperimentError::Unsettled { .. }), "{talk}: {error}");
            assert!(error.to_string().contains(expect), "{talk}: {error}");
        }
        let other = told("error: builder for '/nix/store/y.drv' failed with exit code 1", "").unwrap_err();
        assert!(matches!(&other, ExperimentError::Needed { drv, .. } if drv == "/nix/store/y.drv"), "{other}");
    }
}
