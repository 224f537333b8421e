//! Answers on a terminal: long ones through a pager, tables as wide as it is, colours by meaning.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::Stdio;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::cli::program::{Program, minipkgs};

/// What a run on a terminal of this size shows, its exit code, and what it said on stderr.
fn on_terminal((columns, lines): (u16, u16), program: &Program, arguments: &[&str]) -> (String, i32, String) {
    let mut ours = File::from(openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap());
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let size = Winsize { ws_row: lines, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&ours, size).unwrap();
    let theirs = File::options().read(true).write(true).open(Path::new(name.to_str().unwrap())).unwrap();
    let mut command = program.command(arguments);
    command.env("TERM", "xterm").env("NIX_RIPPLE_CLOSURE", minipkgs());
    let mut child = command.stdout(Stdio::from(theirs)).spawn().unwrap();
    drop(command);
    let mut shown = Vec::new();
    let mut some = [0; 4096];
    // a terminal that nobody writes to any more gives an error on Linux
    while let Ok(count @ 1..) = ours.read(&mut some) {
        shown.extend_from_slice(&some[..count]);
    }
    let mut talk = String::new();
    child.stderr.take().unwrap().read_to_string(&mut talk).unwrap();
    let code = child.wait().unwrap().code().unwrap();
    (String::from_utf8(shown).unwrap().replace("\r\n", "\n"), code, talk)
}

/// Marks each line that goes through it.
const MARKS: &str = "sed 's/^/P:/'";

fn plain(arguments: &[&str]) -> String {
    Program::new().env("NIX_RIPPLE_CLOSURE", minipkgs().to_str().unwrap()).run(arguments).fine()
}

#[test]
fn long_answers_go_through_a_pager() {
    let program = Program::new().env("NIX_RIPPLE_PAGER", MARKS).env("NO_COLOR", "1");
    let answer = plain(&["rank", "--all"]);
    let marked: String = answer.lines().map(|line| format!("P:{line}\n")).collect();
    assert_eq!(on_terminal((200, 20), &program, &["rank", "--all"]), (marked, 0, String::new()));
    // not what one screen has room for, nor where nobody wants it, nor what programs read
    for arguments in [
        &["rank", "-n", "3"][..],
        &["rank", "--all", "--no-pager"],
        &["rank", "--format", "csv"],
        &["rank", "--format", "json"],
    ] {
        let without: Vec<&str> = arguments.iter().copied().filter(|word| *word != "--no-pager").collect();
        assert_eq!(on_terminal((200, 20), &program, arguments), (plain(&without), 0, String::new()), "{arguments:?}");
    }
    // lines of the terminal are counted: one screen, where it is high
    assert!(!on_terminal((200, 60), &program, &["rank", "-n", "40"]).0.contains("P:"));
    assert!(on_terminal((200, 40), &program, &["rank", "-n", "40"]).0.contains("P:"));
    for none in ["", "cat"] {
        let program = Program::new().env("NIX_RIPPLE_PAGER", none).env("PAGER", MARKS).env("NO_COLOR", "1");
        assert_eq!(on_terminal((200, 20), &program, &["rank", "--all"]).0, answer, "'{none}'");
    }
    let program = Program::new().env("PAGER", MARKS);
    assert!(on_terminal((200, 20), &program, &["rank", "--all"]).0.starts_with("P:"));
    // a user's file comes before the variable of all programs
    let folder = program.folder.path().join("config/nix-ripple");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), "pager = \"sed 's/^/F:/'\"\n").unwrap();
    assert!(on_terminal((200, 20), &program, &["rank", "--all"]).0.starts_with("F:"));
}

#[test]
fn who_leaves_early_has_seen_enough() {
    let program = Program::new().env("NIX_RIPPLE_PAGER", "head -n 1").env("NO_COLOR", "1");
    let (shown, code, talk) = on_terminal((200, 20), &program, &["impact", "zlib", "--list"]);
    assert_eq!((shown.lines().count(), code, talk.as_str()), (1, 0, ""), "{shown}");
    // and a threshold is one all the same
    let (_, code, _) = on_terminal((200, 20), &program, &["impact", "zlib", "--list", "--fail-over", "1"]);
    assert_eq!(code, 1);
}

#[test]
fn a_pager_that_cannot_start() {
    let program = Program::new().env("NIX_RIPPLE_PAGER", "no-such-pager --x").env("NO_COLOR", "1");
    let (shown, code, talk) = on_terminal((200, 20), &program, &["rank", "--all"]);
    assert_eq!((shown, code), (plain(&["rank", "--all"]), 0));
    assert!(talk.contains("warning: the pager 'no-such-pager --x' cannot be started"), "{talk}");
}

#[test]
fn colours_on_a_terminal() {
    let shown = |program: &Program, more: &[&str]| {
        on_terminal((200, 90), program, &[&["inputs", "python311Packages.pandas", "--no-pager"], more].concat()).0
    };
    let coloured = shown(&Program::new(), &[]);
    assert!(coloured.contains("\u{1b}[33mtest-only\u{1b}[0m \u{1b}[36m(inferred,\u{1b}[0m"), "{coloured}");
    for (program, more) in
        [(Program::new().env("NO_COLOR", "1"), &[][..]), (Program::new().env("TERM", "dumb"), &["--color", "never"])]
    {
        let plain = shown(&program, more);
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
    }
}

/// Every table keeps to the width, with names and numbers whole as long as there is room for them.
#[test]
fn tables_are_as_wide_as_the_terminal() {
    let program = Program::new().env("NO_COLOR", "1");
    for arguments in [
        &["impact", "pillow", "--cost", "--list"][..],
        &["rank", "--by", "hours"],
        &["rank", "--packages", "--by", "hours"],
        &["spurious", "-n", "5"],
        &["candidates", "-n", "5"],
        &["inputs", "python311Packages.pandas"],
        &["levels"],
        &["waves", "glibc", "llvm", "python311", "--builders", "4"],
        &["rules"],
        &["cost", "curl", "--builders", "4"],
    ] {
        let wide = plain(arguments);
        let numbers: Vec<String> = numbers(&wide);
        for width in [60, 80, 120, 200] {
            let shown = on_terminal((width, 20), &program, &[arguments, &["--no-pager"]].concat()).0;
            let piped = plain(&[arguments, &["--width", &width.to_string()]].concat());
            assert_eq!(shown, piped, "{arguments:?} at {width}");
            for line in table_lines(&shown) {
                let columns = line.chars().count();
                assert!(columns <= usize::from(width), "{arguments:?} at {width}, {columns}: {line}");
            }
            for number in &numbers {
                assert!(shown.contains(number.as_str()), "{arguments:?} at {width}: {number} is broken: {shown}");
            }
        }
    }
}

/// Numbers with a comma: those that could be broken.
fn numbers(text: &str) -> Vec<String> {
    let words = text.split_whitespace().filter(|word| word.contains(','));
    let digits = |word: &&str| word.bytes().all(|byte| byte.is_ascii_digit() || byte == b',') && !word.ends_with(',');
    words.filter(digits).map(str::to_owned).collect()
}

/// The lines of tables, which begin with a blank and are laid out in columns; sentences are the terminal's to wrap.
fn table_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| line.starts_with(' ') && !line.starts_with("  ") && line.trim_start().contains("  "))
}
