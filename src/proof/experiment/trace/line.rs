//! A line of what `strace -f -y -o FILE` writes.

/// A line: whose it is, and what it tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'l> {
    /// The process, or thread.
    pub(super) process: u32,
    /// What it tells.
    pub(super) told: Told<'l>,
}

/// What a line tells of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told<'l> {
    /// A whole system call, from its name on.
    Call(&'l [u8]),
    /// The first part of one, from its name on; the other follows.
    Begun(&'l [u8]),
    /// The other part.
    Resumed(&'l [u8]),
    /// This process goes on as what another thread of it, `by`, has executed.
    Superseded {
        /// The thread.
        by: u32,
    },
    /// It is no more.
    Ended,
    /// A signal, or a remark of strace.
    Other,
}

/// A line taken apart; `None` where it does not begin with a process.
pub(super) fn line(text: &[u8]) -> Option<Line<'_>> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (process, rest) = text.split_at_checked(digits)?;
    let process = number(process)?;
    let rest = rest.trim_ascii();
    let told = if let Some(rest) = rest.strip_prefix(b"+++ ") {
        if let Some(by) = rest.strip_prefix(b"superseded by execve in pid ") {
            let digits = by.iter().take_while(|byte| byte.is_ascii_digit()).count();
            Told::Superseded { by: number(by.get(..digits)?)? }
        } else if rest.starts_with(b"exited") || rest.starts_with(b"killed") {
            Told::Ended
        } else {
            Told::Other
        }
    } else if let Some(rest) = rest.strip_prefix(b"<... ") {
        let at = memchr::memmem::find(rest, b" resumed>")?;
        Told::Resumed(rest.get(at + b" resumed>".len()..)?)
    } else if let Some(rest) = rest.strip_suffix(b" <unfinished ...>") {
        Told::Begun(rest)
    } else if let Some(at) = memchr::memmem::rfind(rest, b" <pid changed to ").filter(|_| rest.ends_with(b" ...>")) {
        Told::Begun(rest.get(..at)?)
    } else if rest.first().is_some_and(u8::is_ascii_lowercase) {
        Told::Call(rest)
    } else {
        Told::Other
    };
    Some(Line { process, told })
}

/// A number, where nothing else stands there.
fn number(text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// A system call that went well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call<'l> {
    /// Its name.
    pub(super) name: &'l [u8],
    /// Its arguments as they are written.
    pub(super) arguments: Vec<&'l [u8]>,
    /// The number that it gave.
    pub(super) result: u32,
    /// The path of the file that the number stands for.
    pub(super) opened: Option<Vec<u8>>,
}

impl<'l> Call<'l> {
    /// Of its text; `None` where it failed, or did not come back, or is no call.
    pub(super) fn of(text: &'l [u8]) -> Option<Self> {
        let open = memchr::memchr(b'(', text)?;
        let (name, rest) = text.split_at_checked(open)?;
        if !name.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'_') {
            return None;
        }
        let (arguments, rest) = arguments(rest.get(1..)?)?;
        let result = rest.trim_ascii_start().strip_prefix(b"= ")?;
        let digits = result.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (value, rest) = result.split_at_checked(digits)?;
        Some(Self { name, arguments, result: number(value)?, opened: annotation(rest) })
    }

    /// An argument that is a text; `None` for a pointer, and for what is cut off.
    pub(super) fn text(&self, at: usize) -> Option<Vec<u8>> {
        let argument = self.arguments.get(at)?.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        Some(unescaped(argument))
    }

    /// How an argument that is a text begins, also where it is cut off.
    pub(super) fn start(&self, at: usize) -> Option<Vec<u8>> {
        let argument = self.arguments.get(at)?.strip_prefix(b"\"")?;
        let argument = argument.strip_suffix(b"...").unwrap_or(argument);
        Some(unescaped(argument.strip_suffix(b"\"").unwrap_or(argument)))
    }

    /// The path of an argument that is an open file, or the working folder.
    pub(super) fn file(&self, at: usize) -> Option<Vec<u8>> {
        let argument = self.arguments.get(at)?;
        let number = argument.strip_prefix(WORKING_FOLDER);
        let digits = argument.iter().take_while(|byte| byte.is_ascii_digit()).count();
        annotation(number.or_else(|| argument.get(digits..).filter(|_| digits > 0))?)
    }

    /// Whether an argument is the working folder.
    pub(super) fn is_working_folder(&self, at: usize) -> bool {
        self.arguments.get(at).is_some_and(|argument| argument.starts_with(WORKING_FOLDER))
    }

    /// Whether an argument holds this word.
    pub(super) fn has(&self, word: &[u8]) -> bool {
        // not in a text, which may hold any
        let plain = self.arguments.iter().filter(|argument| !argument.starts_with(b"\""));
        plain.into_iter().any(|argument| memchr::memmem::find(argument, word).is_some())
    }
}

const WORKING_FOLDER: &[u8] = b"AT_FDCWD";

/// The path in `<…>` at the start of a text.
fn annotation(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.strip_prefix(b"<")?;
    Some(unescaped(text.get(..closing(text, b'>')?)?))
}

/// Where a text ends that `end` closes.
fn closing(text: &[u8], end: u8) -> Option<usize> {
    let mut at = 0;
    loop {
        match *text.get(at)? {
            b'\\' => at += 2,
            byte if byte == end => return Some(at),
            _ => at += 1,
        }
    }
}

/// The arguments up to the closing bracket, and what stands behind it.
fn arguments(text: &[u8]) -> Option<(Vec<&[u8]>, &[u8])> {
    let mut found = Vec::new();
    let (mut at, mut start, mut depth) = (0, 0, 0u32);
    loop {
        let byte = *text.get(at)?;
        let before = at.checked_sub(1).and_then(|at| text.get(at)).copied().unwrap_or(b' ');
        match byte {
            b'"' => at += 1 + closing(text.get(at + 1..)?, b'"')?,
            // behind a number or AT_FDCWD a path; `1<<3` is none
            b'<' if (before.is_ascii_digit() || before == b'D') && text.get(at + 1) != Some(&b'<') => {
                at += 1 + closing(text.get(at + 1..)?, b'>')?;
            }
            b'(' | b'[' | b'{' => depth += 1,
            b')' if depth == 0 => {
                found.push(text.get(start..at)?.trim_ascii());
                return Some((found, text.get(at + 1..)?));
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                found.push(text.get(start..at)?.trim_ascii());
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
}

/// A text without the escapes of C.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            plain.push(byte);
            continue;
        }
        match rest.next() {
            Some(b'n') => plain.push(b'\n'),
            Some(b't') => plain.push(b'\t'),
            Some(b'r') => plain.push(b'\r'),
            Some(b'v') => plain.push(11),
            Some(b'f') => plain.push(12),
            Some(first @ b'0'..=b'7') => {
                let mut value = u32::from(first - b'0');
                for _ in 0..2 {
                    let Some(digit) = rest.next_if(|byte| (b'0'..=b'7').contains(byte)) else { break };
                    value = value * 8 + u32::from(digit - b'0');
                }
                // three digits may say more than a byte holds; strace writes none such
                plain.push((value & 0xff) as u8);
            }
            Some(other) => plain.push(other),
            None => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(text: &str) -> Option<(String, Vec<String>, u32, Option<String>)> {
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let call = Call::of(text.as_bytes())?;
        let arguments = call.arguments.iter().map(|argument| shown(argument)).collect();
        Some((shown(call.name), arguments, call.result, call.opened.map(|path| shown(&path))))
    }

    #[test]
    fn lines_as_strace_writes_them() {
        let check = |text: &str, process: u32, told: Told<'_>| {
            assert_eq!(line(text.as_bytes()), Some(Line { process, told }), "{text}");
        };
        check(
            "16594 exit_group(0)                     = ?",
            16594,
            Told::Call(b"exit_group(0)                     = ?"),
        );
        check("16594 +++ exited with 0 +++", 16594, Told::Ended);
        check("9     +++ killed by SIGKILL +++", 9, Told::Ended);
        check("6434  +++ superseded by execve in pid 6554 +++", 6434, Told::Superseded { by: 6554 });
        check("16592 wait4(-1,  <unfinished ...>", 16592, Told::Begun(b"wait4(-1, "));
        check("6434  <... execve resumed>)             = 0", 6434, Told::Resumed(b")             = 0"));
        let begun = "6554  execve(\"/bin/true\", [\"true\"], 0x7ffe45f661f8 /* 42 vars */ <pid changed to 6434 ...>";
        check(begun, 6554, Told::Begun(b"execve(\"/bin/true\", [\"true\"], 0x7ffe45f661f8 /* 42 vars */"));
        check("7 --- SIGCHLD {si_signo=SIGCHLD} ---", 7, Told::Other);
        for text in ["", "strace: Process 12 attached", "[ Process PID=1 runs in 32 bit mode. ]", "99999999999 x"] {
            assert_eq!(line(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn calls_as_strace_writes_them() {
        let text = r#"openat(AT_FDCWD</build/w>, "d/a<b>\"c/f", O_RDONLY) = 3</build/w/d/a\74b\76\"c/f>"#;
        let (name, arguments, result, opened) = call(text).unwrap();
        assert_eq!((name.as_str(), result, opened.as_deref()), ("openat", 3, Some("/build/w/d/a<b>\"c/f")));
        assert_eq!(arguments, ["AT_FDCWD</build/w>", r#""d/a<b>\"c/f""#, "O_RDONLY"]);
        let parsed = Call::of(text.as_bytes()).unwrap();
        assert_eq!(parsed.text(1).as_deref(), Some(b"d/a<b>\"c/f".as_slice()));
        assert_eq!(parsed.file(0).as_deref(), Some(b"/build/w".as_slice()));
        assert!(parsed.is_working_folder(0) && parsed.text(2).is_none() && parsed.file(1).is_none());

        let text = r#"newfstatat(3</lib/libc.so.6>, "", {st_mode=S_IFREG|0755, st_size=19, ...}, AT_EMPTY_PATH) = 0"#;
        let (_, arguments, result, opened) = call(text).unwrap();
        assert_eq!((arguments.len(), result, opened), (4, 0, None));

        let text = r#"write(1</dev/pts/1>, "@nix { \"action\": \"setPhase\", \"phase\": \"buildPhase\" }\n", 53) = 53"#;
        let said = Call::of(text.as_bytes()).unwrap().text(1).unwrap();
        assert_eq!(said, b"@nix { \"action\": \"setPhase\", \"phase\": \"buildPhase\" }\n");
        let text = r#"write(1</dev/pts/1>, "@nix { \"act"..., 53) = 53"#;
        let cut = Call::of(text.as_bytes()).unwrap();
        assert_eq!((cut.text(1), cut.start(1).as_deref()), (None, Some(b"@nix { \"act".as_slice())));

        let text = r#"execve("/bin/bash", ["bash", "-c", "a) = 0, (b"], 0x7fff /* 39 vars */) = 0"#;
        assert_eq!(call(text).unwrap().1.len(), 3);
        let text = "write(11</x/crry-cons.lock>(deleted), \"d\", 1) = 1";
        assert_eq!(Call::of(text.as_bytes()).unwrap().file(0).as_deref(), Some(b"/x/crry-cons.lock".as_slice()));
        assert_eq!(call("fchdir(3</a>)                              = 0").unwrap().1, ["3</a>"]);
        assert_eq!(call("fork()                                  = 12").unwrap().2, 12);
    }

    #[test]
    fn what_failed_is_no_call() {
        for text in [
            r#"openat(AT_FDCWD</build>, "/etc/x", O_RDONLY) = -1 ENOENT (No such file or directory)"#,
            "exit_group(0)                           = ?",
            "openat(AT_FDCWD</build>, \"/etc/x",
            "openat(AT_FDCWD</build>, \"/etc/x\\",
            "restart_syscall(<... resuming interrupted read ...>",
            "x(",
            "",
            "Names(1) = 0",
        ] {
            assert_eq!(call(text), None, "{text}");
        }
    }

    #[test]
    fn any_start_of_a_line() {
        let text = r#"1 openat(3</a\74>, "\303\244\x", {a=[1<<2, 3]}, O_RDONLY) = 3</a>(deleted)"#;
        for end in 0..=text.len() {
            if let Some(Line { told: Told::Call(text), .. }) = line(&text.as_bytes()[..end]) {
                let _ = Call::of(text).map(|call| (call.text(1), call.start(1), call.file(0)));
            }
        }
    }
}
