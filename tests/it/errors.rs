//! What is said of mistakes: a reviewer reads it here, as a user does there.

use std::fmt::Write;

use crate::cli::program::{Program, minipkgs};

/// Mistakes, each with the words of the command line. What they name lies in the folder or nowhere.
const MISTAKES: [&[&str]; 36] = [
    &["impact", "pilow"],
    &["impact", "zzzzzzzzzzzzzz"],
    &["impact", "attr:python311Package.*"],
    &["impact", "pname:"],
    &["impact", "@none.txt"],
    &["impact", "curl", "--what-if", "dropp:a->b"],
    &["impact", "curl", "--what-if", "drop:curl->pilow"],
    &["impact", "curl", "--times", "tims.csv"],
    &["impact", "curl", "--times", "empty.csv"],
    &["impact", "curl", "--farm", "empty.csv"],
    &["impact", "curl", "--evidence", "times.csv"],
    &["impact", "curl", "--cached", "times.csv"],
    &["impact", "curl", "--builders", "4", "--scheduler", "fast"],
    &["impact", "curl", "--format", "dot"],
    &["impact", "curl", "-c", "gone/x.ripple"],
    &["impact", "curl", "-c", "times.csv"],
    &["impact", "curl", "-c", "."],
    &["why", "curl", "zzzzzzzzzzzzzz"],
    &["inputs", "bootstrap-tools.sh"],
    &["spurious", "--scope", "pname:pilow"],
    &["spurious", "--ignore", "times.csv"],
    &["rules", "--rules", "times.csv"],
    &["rank", "--by", "bytes"],
    &["rank", "--packages", "--bump-rates", "nothing"],
    &["levels", "--repositories", "empty.csv"],
    &["waves"],
    &["waves", "glibc", "--major", "3"],
    &["waves", "--bumps", "empty.csv"],
    &["waves", "status", "times.csv"],
    &["overlay", "drop:curl"],
    &["overlay", "detach:openssl", "--format", "json"],
    &["compare", "times.csv", "none"],
    &["evidence", "merge", "a", "-o", "times.csv"],
    &["config", "--format", "dot"],
    &["impact", "curl", "--html", "-"],
    &["impact", "curl", "--html", "times.csv"],
];

#[test]
fn each_says_what_was_expected_and_what_to_do() {
    let program = Program::new().env("NIX_RIPPLE_CLOSURE", minipkgs().to_str().unwrap());
    program.write("times.csv", "name,seconds\ncurl,7\n");
    program.write("empty.csv", "");
    let mut all = String::new();
    for words in MISTAKES {
        let ran = program.run(words);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{words:?}: {}", ran.talk);
        let talk = ran.talk.replace(program.folder.path().to_str().unwrap(), "HERE");
        let helps =
            ["hint: ", "did you mean", "expected", "give ", "see ", "tip: ", "possible values", "its forms are"];
        assert!(helps.iter().any(|help| talk.contains(help)), "{words:?} is left with: {talk}");
        write!(all, "$ nix-ripple {}\n{talk}\n", words.join(" ")).unwrap();
    }
    insta::assert_snapshot!(all);
}
