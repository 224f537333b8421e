//! The README tells the truth: its examples give what it shows, and it names every command and
//! option.

use std::path::Path;
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).unwrap()
}

/// The parts of ```` ```console ```` blocks: a command after `$`, and the output shown below it.
fn examples() -> Vec<(String, String)> {
    let text = readme();
    let mut examples: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            line if inside => match (line.strip_prefix("$ "), examples.last_mut()) {
                (Some(command), _) => examples.push((command.to_owned(), String::new())),
                (None, Some((_, output))) => {
                    output.push_str(line);
                    output.push('\n');
                }
                (None, None) => panic!("output before a command: {line}"),
            },
            _ => {}
        }
    }
    examples
}

#[test]
fn examples_give_what_is_shown() {
    let mut run = 0;
    for (command, shown) in examples() {
        let built = ["cargo run --release -- ", "cargo run -- "];
        let Some(arguments) = built.iter().find_map(|with| command.strip_prefix(with)) else { continue };
        let output = Command::new(env!("CARGO_BIN_EXE_nix-ripple"))
            .args(arguments.split(' ').map(|word| word.trim_matches('\'')))
            .current_dir(root())
            .env_remove("NIX_RIPPLE_CLOSURE")
            .env_remove("NIX_RIPPLE_CONFIG")
            // where no user has defaults
            .env("XDG_CONFIG_HOME", env!("CARGO_TARGET_TMPDIR"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), shown.trim_end(), "{command}");
        run += 1;
    }
    assert!(run > 0, "the README shows no example");
}

#[test]
fn names_every_command_and_option() {
    let text = readme();
    assert!(!text.contains("@FIGURES@") && !text.contains("TODO"), "a placeholder is left in the README");
    let help = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_nix-ripple")).args(arguments).arg("--help").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let all = help(&[]);
    let commands: Vec<&str> = all
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|command| *command != "help")
        .collect();
    assert!(commands.len() >= 4, "{commands:?}");
    for command in commands {
        assert!(text.contains(&format!("| `{command}")), "the README's table lacks '{command}'");
        for word in help(&[command])
            .split([' ', ',', '[', ']', '=', '\n', ';', ')', '.', '\''])
            .filter(|word| word.starts_with("--") && word.len() > 2)
        {
            assert!(word == "--help" || text.contains(word), "the README does not name {word} of '{command}'");
        }
    }
}
