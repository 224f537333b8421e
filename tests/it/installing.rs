//! What installing brings along: the version, completions in a real shell, manual pages, the Nix package.

mod completions;
mod dependencies;
mod package;

use std::process::{Command, Stdio};

use crate::cli::program::Program;

#[test]
fn the_version_names_the_snapshot_format() {
    let told = Program::new().run(&["--version"]).fine();
    let format = nix_ripple::graph::FORMAT_VERSION;
    assert_eq!(told, format!("nix-ripple {} (snapshot format {format})\n", env!("CARGO_PKG_VERSION")));
}

/// Every page is there, and roff has nothing to say of it, where there is one.
#[test]
fn manual_pages() {
    let program = Program::new();
    program.run(&["man", "--to", "new/man1"]).fine();
    let pages = crate::support::files(&program.folder.path().join("new/man1"));
    let names: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.contains(&"nix-ripple.1") && names.contains(&"nix-ripple-waves-status.1"), "{names:?}");
    let help = program.run(&["--help"]).fine();
    for line in help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty()) {
        let command = line.split_whitespace().next().unwrap();
        assert!(command == "help" || names.contains(&format!("nix-ripple-{command}.1").as_str()), "{command}");
    }
    assert_eq!(
        program.run(&["man"]).fine().as_bytes(),
        pages[names.iter().position(|n| *n == "nix-ripple.1").unwrap()].1
    );
    let refused = program.run(&["man", "nosuch"]).failed();
    assert!(refused.contains("'nosuch'") && refused.contains("nix-ripple --help"), "{refused}");
    if Command::new("groff").arg("--version").output().is_err() {
        return;
    }
    for (name, _) in &pages {
        let output = Command::new("groff")
            .args(["-man", "-Tutf8", "-ww", "-P-cbou", name])
            .current_dir(program.folder.path().join("new/man1"))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{name}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("EXIT STATUS"), "{name}");
    }
}
