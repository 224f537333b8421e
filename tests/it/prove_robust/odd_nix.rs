//! A Nix that is not there, or talks nonsense.

use std::os::unix::fs::PermissionsExt;

use super::{Lab, answers};

impl Lab {
    /// Puts a script before `nix-store`: `case` is run with the words of the call in `$*`; where it does
    /// not end the script, the real one goes on.
    fn prove_behind(&self, case: &str) -> String {
        let path = std::env::var("PATH").unwrap();
        let folder = self.program.folder.path().join("programs");
        std::fs::create_dir_all(&folder).unwrap();
        let script = folder.join("nix-store");
        let shown = folder.display();
        let text = format!("#!/bin/bash\n{case}\nPATH=${{PATH#{shown}:}}\nexec nix-store \"$@\"\n");
        std::fs::write(&script, text).unwrap();
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut command = self.program.command(&self.arguments(&["used"], "thing"));
        let output = command.env("PATH", format!("{shown}:{path}")).output().unwrap();
        let talk = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), b"".as_slice()), "{case}: {talk}");
        assert!(self.evidence().is_empty(), "{case}: {talk}");
        talk
    }
}

#[test]
fn nonsense() {
    let Some(lab) = Lab::new() else { return };
    let check = |case: &str, words: &str| {
        let talk = lab.prove_behind(case);
        assert!(talk.contains(words), "{case}: {talk}");
    };
    let when = |word: &str, then: &str| format!("case \"$*\" in *{word}*) {then};; esac");
    check(&when("--add", "echo hello; exit 0"), "expected it to print a store path, found 'hello'");
    check(&when("--add", "exit 0"), "expected it to print a store path, found ''");
    check(&when("--add", "exit 1"), "nix-store failed: it ended with exit status: 1 and said nothing");
    check(&when("--realise", "exit 1"), "it ended with exit status: 1 and said nothing");
    check(&when("--realise", "head -c 1000 /dev/urandom >&2; exit 100"), "could not be settled");
    let failing = "echo \"error: builder for '/nix/store/x-y.drv' failed with exit code 1\" >&2; exit 1";
    check(&when("--realise", failing), "/nix/store/x-y.drv: cannot be built, and the experiment needs it");
    check(&when("--realise", "kill -9 $$"), "signal: 9");
    // it says that all went well
    check(&when("--realise", "exit 0"), "could not be settled");
    // the same lab, with the real one
    let ran = lab.prove(&["used"], &[]);
    assert_eq!(answers(&ran)["used"], "remove different affects proven", "{}", ran.talk);
}

#[test]
fn no_nix() {
    let Some(lab) = Lab::new() else { return };
    let mut command = lab.program.command(&lab.arguments(&["used"], "thing"));
    let output = command.env("PATH", lab.program.folder.path()).output().unwrap();
    let talk = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{talk}");
    assert!(talk.contains("nix-instantiate") && talk.contains("PATH"), "{talk}");
}
