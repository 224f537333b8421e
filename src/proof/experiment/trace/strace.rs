//! The user's own strace.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use super::super::error::ExperimentError;
use super::super::nix::Under;

/// How long a line may be; what is longer is cut there. A call has two paths at most.
const LONGEST_LINE: u64 = 1 << 20;

/// What is followed: calls that name a file, new processes (so that Nix's own are known), changes of the
/// working folder, and what is written (the set-up script writes which phase it is in). A `?` is before what
/// not every processor has.
const FOLLOWED: &str = "trace=%file,?fork,?vfork,?clone,?clone3,fchdir,write";

/// Where it writes its lines: to a pipe that it is given.
const STANDARD_INPUT: &str = "/proc/self/fd/0";

/// How much of a text that is no path is shown: enough for the name of a phase.
const SHOWN: &str = "256";

/// An strace that works here.
#[derive(Debug, Clone)]
pub(in super::super) struct Strace {
    /// Whether it can leave alone the calls that are not followed.
    fast: bool,
}

impl Strace {
    /// Tries whether strace is there and may trace.
    ///
    /// # Errors
    /// When it is not, or may not; says what to do.
    pub(in super::super) fn find() -> Result<Self, ExperimentError> {
        if Self::works(true)?.is_ok() {
            return Ok(Self { fast: true });
        }
        Self::works(false)?.map_err(|message| {
            ExperimentError::NoTrace(format!(
                "strace fails ({message}); allow it to trace (kernel.yama.ptrace_scope, SYS_PTRACE in a container), or leave --trace out"
            ))
        })?;
        Ok(Self { fast: false })
    }

    fn works(fast: bool) -> Result<Result<(), String>, ExperimentError> {
        // what it writes is not read here
        let words = Self { fast }.words("/dev/null");
        let mut command = Command::new("strace");
        command.args(words.iter().skip(1)).args(["nix-store", "--version"]);
        let output = command.stdin(Stdio::null()).env("LC_ALL", "C").output();
        match output {
            Ok(output) if output.status.success() => Ok(Ok(())),
            Ok(output) => {
                let talk = String::from_utf8_lossy(&output.stderr);
                Ok(Err(talk.lines().last().unwrap_or("it says nothing").to_owned()))
            }
            Err(source) => Err(ExperimentError::NoTrace(format!(
                "strace cannot be run ({source}); install strace, or leave --trace out"
            ))),
        }
    }

    /// The program and its arguments, to stand before another's; it writes to a file.
    fn words(&self, file: &str) -> Vec<OsString> {
        let mut words = vec!["strace", "-f", "-y", "-s", SHOWN, "-e", FOLLOWED, "-e", "signal=none"];
        if self.fast {
            words.push("--seccomp-bpf");
        }
        words.extend(["-o", file, "--"]);
        words.into_iter().map(OsString::from).collect()
    }

    /// Runs something under strace, and reads each line that strace writes while it runs.
    ///
    /// # Errors
    /// Those of `run`, and when the lines cannot be read.
    pub(in super::super) fn follow<T>(
        &self,
        run: impl FnOnce(Under) -> Result<T, ExperimentError>,
        mut line: impl FnMut(&[u8]) + Send,
    ) -> Result<T, ExperimentError> {
        let (read, write) = io::pipe().map_err(ExperimentError::io(Path::new("a pipe")))?;
        let mut read = BufReader::with_capacity(1 << 16, read);
        std::thread::scope(|scope| {
            let reader = scope.spawn(move || -> io::Result<()> {
                let mut text = Vec::new();
                while next_line(&mut read, &mut text)? {
                    line(&text);
                }
                Ok(())
            });
            // no end of the pipe that is written to is left when this is over
            let ran = run(Under { words: self.words(STANDARD_INPUT), input: Stdio::from(write) });
            match reader.join() {
                Ok(Ok(())) => ran,
                Ok(Err(source)) => Err(ExperimentError::Io { path: "the lines of strace".to_owned(), source }),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })
    }
}

/// The next line, without its end; whether there was one.
fn next_line(read: &mut impl BufRead, text: &mut Vec<u8>) -> io::Result<bool> {
    text.clear();
    let mut part = io::Read::take(&mut *read, LONGEST_LINE);
    let count = part.read_until(b'\n', text)?;
    if text.last() == Some(&b'\n') {
        text.pop();
    } else if count as u64 == LONGEST_LINE {
        read.skip_until(b'\n')?;
    }
    Ok(count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_one_by_one() {
        let long = "x".repeat((LONGEST_LINE + 5) as usize);
        let text = format!("a\n\n{long}\nb");
        let mut read = BufReader::new(text.as_bytes());
        let mut lines = Vec::new();
        let mut line = Vec::new();
        while next_line(&mut read, &mut line).unwrap() {
            lines.push(line.len());
        }
        assert_eq!(lines, [1, 0, LONGEST_LINE as usize, 1]);
    }
}
