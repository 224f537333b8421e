//! Long answers on a terminal, through a pager.

use std::io::{self, Write};
use std::process::{Command, Stdio};

use super::config::{Config, Key};

/// The variable that names the pager before anything else does.
const VARIABLE: &str = "NIX_RIPPLE_PAGER";

/// Ends where one screen is enough (F), keeps colours (R), leaves the text on the terminal (X), and ends
/// at an interrupt (K), as the program below it does.
pub(super) const DEFAULT: &str = "less -FRXK";

/// What shows long answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pager {
    command: String,
    /// Whether somebody has asked for this one.
    wanted: bool,
}

/// Who says what shows long answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    /// This variable of the environment.
    Variable(&'static str),
    /// A file of defaults.
    File,
    /// Nobody.
    Nobody,
}

/// The command that shows long answers, and who says so: the environment, a file of defaults, the environment for
/// all programs, else it is the usual one. Nothing is shown by one that is empty.
pub(super) fn command(config: &Config) -> (String, Says) {
    let variable = |name: &'static str| std::env::var(name).ok().map(|command| (command, Says::Variable(name)));
    let of_file = || config.text(Key::Pager).map(|command| (command.to_owned(), Says::File));
    let said = variable(VARIABLE).or_else(of_file).or_else(|| variable("PAGER"));
    said.unwrap_or_else(|| (DEFAULT.to_owned(), Says::Nobody))
}

impl Pager {
    /// What [`command`] says; none where that is empty or `cat`.
    pub(super) fn chosen(config: &Config) -> Option<Self> {
        let (command, says) = command(config);
        let none = matches!(command.trim(), "" | "cat");
        (!none).then_some(Self { command, wanted: says != Says::Nobody })
    }

    /// Shows a text, and waits until its reader is done. `false` when the pager could not be started, and
    /// nothing was shown. Who leaves before the end has seen enough.
    pub(super) fn show(&self, text: &[u8]) -> io::Result<bool> {
        // as every program does it: the value is a command of the shell
        let mut command = Command::new("sh");
        command.arg("-c").arg(&self.command).stdin(Stdio::piped());
        if !self.wanted {
            // that there is no usual one is not worth a word
            command.stderr(Stdio::null());
        }
        let Ok(mut child) = command.spawn() else { return Ok(false) };
        if let Some(mut stdin) = child.stdin.take() {
            match stdin.write_all(text) {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error),
                _ => {}
            }
        }
        let status = child.wait()?;
        // what a shell says of a command that is not there, or is none
        Ok(!matches!(status.code(), Some(126 | 127)))
    }

    /// The command, and whether somebody has asked for it.
    pub(super) fn wanted(&self) -> Option<&str> {
        self.wanted.then_some(&self.command)
    }
}

/// How many lines of a terminal a text takes; what is wider than `width` is wrapped there.
pub(super) fn height(text: &str, width: usize) -> usize {
    text.lines().map(|line| line.chars().count().div_ceil(width.max(1)).max(1)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_terminal() {
        assert_eq!([height("", 10), height("a\n\nb\n", 10), height(&"x".repeat(21), 10)], [0, 3, 3]);
    }

    #[test]
    fn a_pager_that_is_not_there() {
        let pager = |command: &str| Pager { command: command.to_owned(), wanted: true };
        assert!(!pager("no-such-pager-at-all 2>/dev/null").show(b"x").unwrap());
        assert!(pager("exit 1").show(b"x").unwrap());
        // a reader that leaves
        assert!(pager("true").show(&[b'x'; 1 << 20]).unwrap());
    }
}
