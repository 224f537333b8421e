//! Completions, in real shells.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::cli::program::{Program, minipkgs};
use crate::support::testdata;

/// Completes lines as bash does: words split where readline splits them, the last one replaced.
const BASH: &str = r#"
source <(nix-ripple completions bash)
while IFS= read -r line; do
  COMP_LINE=$line COMP_POINT=${#line} COMP_WORDS=()
  read -ra raw <<<"$line"
  for word in "${raw[@]}"; do
    while [[ $word =~ ^([^:=@]*)([:=@]+)(.*)$ ]]; do
      [[ -n ${BASH_REMATCH[1]} ]] && COMP_WORDS+=("${BASH_REMATCH[1]}")
      COMP_WORDS+=("${BASH_REMATCH[2]}") word=${BASH_REMATCH[3]}
    done
    [[ -n $word ]] && COMP_WORDS+=("$word")
  done
  [[ $line == *" " ]] && COMP_WORDS+=("")
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  _nix_ripple
  IFS=$'\t'; echo "${COMPREPLY[*]}"; unset IFS
done
"#;

fn shell(program: &Program, name: &str, arguments: &[&str], input: &str) -> Option<(String, String)> {
    let binary = Path::new(env!("CARGO_BIN_EXE_nix-ripple")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new(name);
    command.args(arguments).current_dir(program.folder.path()).env("PATH", path).env_remove("NIX_RIPPLE_CLOSURE");
    command.env("HOME", program.folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().ok()?;
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Some((text(output.stdout), text(output.stderr)))
}

/// What bash offers for each of these lines.
fn offered(program: &Program, lines: &[&str]) -> Vec<Vec<String>> {
    let (out, talk) = shell(program, "bash", &["--norc", "-c", BASH], &format!("{}\n", lines.join("\n"))).unwrap();
    assert_eq!(talk, "");
    let found: Vec<Vec<String>> =
        out.lines().map(|line| line.split('\t').filter(|word| !word.is_empty()).map(str::to_owned).collect()).collect();
    assert_eq!(found.len(), lines.len(), "{out}");
    found
}

#[test]
fn bash() {
    let program = Program::new();
    program.write("bumps.txt", "");
    let closure = format!("-c {}", minipkgs().display());
    let line = |rest: &str| format!("nix-ripple impact {closure} {rest}");
    let check = |line: &str, told: &[&str]| {
        assert_eq!(offered(&program, &[line])[0], told, "{line}");
    };
    check("nix-ripple imp", &["impact"]);
    check("nix-ripple waves sta", &["status"]);
    check("nix-ripple impact --for", &["--format"]);
    check("nix-ripple impact --format ma", &["markdown"]);
    check("nix-ripple impact --format=ma", &["markdown"]);
    check("nix-ripple spurious --min-grade p", &["proven"]);
    check(&line("pil"), &["pillow"]);
    check(&line("attr:python27Packages.pil"), &["python27Packages.pillow"]);
    check(&line("python27Packages.pil"), &["python27Packages.pillow"]);
    check(&line("pname:curl"), &["curl", "curl-full"]);
    check(&line("pna"), &["pname:"]);
    check(&line("@bu"), &["bumps.txt"]);
    check(&format!("nix-ripple prove {closure} --system x86_64-l"), &["x86_64-linux"]);
    // many names are told by package set, and none of them is left out
    let all = &offered(&program, &[&line("")])[0];
    for word in ["attr:", "pname:", "file:", "python311Packages."] {
        assert!(all.contains(&word.to_owned()), "{word}: {all:?}");
    }
}

/// What a name has in it runs nothing where it is completed.
#[test]
fn names_are_words() {
    let program = Program::new();
    let outpaths: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(testdata("minipkgs/outpaths.json")).unwrap()).unwrap();
    let curl = outpaths["curl.x86_64-linux"].clone();
    let names = ["evil$(touch PWNED)", "evil;x y", "evil`x`", "evil\nline"];
    let attributes: serde_json::Map<String, serde_json::Value> =
        names.iter().map(|name| (format!("{name}.x86_64-linux"), curl.clone())).collect();
    program.write("attributes.json", serde_json::to_string(&attributes).unwrap());
    let drvs = testdata("minipkgs/drvs");
    program.run(&["ingest", drvs.to_str().unwrap(), "attributes.json", "-o", "evil.ripple"]).fine();
    let mut found = offered(&program, &["nix-ripple impact -c evil.ripple evil"]).remove(0);
    found.sort();
    // what has a line break is not offered: a line is an answer
    assert_eq!(found, [r"evil\$\(touch\ PWNED\)", r"evil\;x\ y", r"evil\`x\`"]);
}

#[test]
fn no_closure_is_no_noise() {
    let program = Program::new();
    let damaged = program.write("damaged.ripple", [&std::fs::read(minipkgs()).unwrap()[..4000], b"x"].concat());
    program.write("no.json", "{");
    for closure in ["-c nosuch", "-c no.json", &format!("-c {}", damaged.display()), ""] {
        let found = offered(&program, &[&format!("nix-ripple impact {closure} pil")]);
        assert_eq!(found, [Vec::<String>::new()], "{closure}");
    }
}

/// Every command and long option that help tells is offered by bash, too.
#[test]
fn bash_offers_what_help_tells() {
    let program = Program::new();
    let help = |command: &[&str]| program.run(&[command, &["--help"]].concat()).fine();
    let all = help(&[]);
    let commands = all.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let commands = commands.map(|line| line.split_whitespace().next().unwrap());
    let commands: Vec<&str> = commands.filter(|command| *command != "help").collect();
    let lines: Vec<String> = commands.iter().map(|command| format!("nix-ripple {command} --")).collect();
    let mut asked = vec!["nix-ripple "];
    asked.extend(lines.iter().map(String::as_str));
    let found = offered(&program, &asked);
    for (command, options) in commands.iter().zip(&found[1..]) {
        assert!(found[0].contains(&(*command).to_owned()), "{command}");
        for line in help(&[command]).lines() {
            let told = line.trim_start().split([' ', ',', '=', '[']).find(|word| word.starts_with("--"));
            let is_option = line.trim_start().starts_with('-');
            if let Some(option) = told.filter(|_| is_option) {
                assert!(options.contains(&option.to_owned()), "{command}: {option}");
            }
        }
    }
}

#[test]
fn other_shells() {
    let program = Program::new();
    let closure = minipkgs().display();
    let fish = format!("nix-ripple completions fish | source; complete -C 'nix-ripple impact -c {closure} pil'");
    if let Some((out, talk)) = shell(&program, "fish", &["-N", "-c", &fish], "") {
        assert_eq!((out.as_str(), talk.as_str()), ("pillow\n", ""));
    }
    // the arguments that zsh's completion system would be given
    let zsh = format!(
        "autoload -Uz compinit; compinit -u -D; source <(nix-ripple completions zsh); echo $_comps[nix-ripple]
        _describe() {{ local -a all; all=(${{(P)3}}); print -rl -- $3:$all $@[4,-1] }}
        words=(nix-ripple impact -c {closure} pn) CURRENT=5; _nix-ripple
        words=(nix-ripple impact -c {closure} pil) CURRENT=5; _nix-ripple"
    );
    if let Some((out, talk)) = shell(&program, "zsh", &["-f", "-c", &zsh], "") {
        assert_eq!((out.as_str(), talk.as_str()), ("_nix-ripple\nopen:pname\\:\n-S\nwhole:pillow\n", ""));
    }
    for shell in ["elvish", "powershell"] {
        let script = program.run(&["completions", shell]).fine();
        assert!(script.contains("nix-ripple") && script.contains("NIX_RIPPLE_COMPLETE"), "{script}");
    }
}

/// Completing a name waits for nothing but the snapshot.
#[test]
fn at_once() {
    let program = Program::new();
    let mut command = program.command(&["--", "nix-ripple", "impact", "-c", minipkgs().to_str().unwrap(), "pil"]);
    command.env("NIX_RIPPLE_COMPLETE", "fish");
    let start = Instant::now();
    let output = command.output().unwrap();
    // some 20 ms; the machine may be busy
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "pillow\n");
}
