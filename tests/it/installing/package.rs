//! `scripts/package.nix`, judged by the real Nix with a stub of nixpkgs.

use std::path::Path;
use std::process::{Command, Output};

use crate::needs;

/// As much of nixpkgs as the package asks for; `buildRustPackage` makes a derivation of what it is given, whose
/// build puts a program there that was built before.
const STUB: &str = r#"
let
  inherit (builtins) head isString filter split stringLength substring;
  lib = {
    removePrefix = prefix: text:
      if substring 0 (stringLength prefix) text == prefix
      then substring (stringLength prefix) (stringLength text) text else text;
    splitString = at: text: filter isString (split at text);
    optional = wanted: item: if wanted then [ item ] else [ ];
    optionalString = wanted: text: if wanted then text else "";
    licenses.mit = { spdxId = "MIT"; };
    platforms.unix = [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ];
  };
  platform = { canExecute = _: true; };
in rec {
  inherit lib;
  callPackage = file: own: import file ({ inherit lib stdenv rustPlatform installShellFiles; } // own);
  stdenv = { buildPlatform = platform; hostPlatform = platform; };
  installShellFiles = derivation { name = "install-shell-files"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo > $out" ]; };
  rustPlatform.buildRustPackage = args: derivation (removeAttrs args [ "meta" "cargoLock" ] // {
    name = "${args.pname}-${args.version}";
    system = builtins.currentSystem;
    builder = "/bin/sh";
    lockFile = args.cargoLock.lockFile;
    PATH = "/bin:/usr/bin";
    args = [ "-c" "mkdir -p $out/bin; cp ${PROGRAM} $out/bin/nix-ripple" ];
  }) // { inherit (args) meta; };
}
"#;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn nix(folder: &Path, program: &str, arguments: &[&str]) -> Output {
    let store = folder.join("store");
    let mut command = Command::new(program);
    command.args(arguments).arg("--store").arg(store).env("HOME", folder).env_remove("NIX_PATH");
    command.output().unwrap()
}

/// The package's expression with the stub in place of nixpkgs.
fn expression(folder: &Path) -> String {
    let program = env!("CARGO_BIN_EXE_nix-ripple");
    let stub = STUB.replace("${PROGRAM}", program);
    std::fs::write(folder.join("stub.nix"), stub).unwrap();
    let expression = format!("import {}/scripts/package.nix {{ pkgs = import ./stub.nix; }}\n", root().display());
    let file = folder.join("default.nix");
    std::fs::write(&file, expression).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn instantiates() {
    if !needs::nix() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = expression(folder.path());
    let output = nix(folder.path(), "nix-instantiate", &[&file]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let path = String::from_utf8(output.stdout).unwrap();
    let name = format!("-nix-ripple-{}.drv", env!("CARGO_PKG_VERSION"));
    assert!(path.trim_end().ends_with(&name), "{path}");

    let asked = format!(
        "let package = import {file}; in {{
          inherit (package) doCheck buildFeatures postInstall;
          program = package.meta.mainProgram;
          license = package.meta.license.spdxId;
          description = package.meta.description;
          without = (import {}/scripts/package.nix {{ pkgs = import {}/stub.nix; withParquet = false; }}).buildFeatures;
          top = builtins.attrNames (builtins.readDir package.src);
          lock = toString package.lockFile == \"{}/Cargo.lock\";
        }}",
        root().display(),
        folder.path().display(),
        root().display()
    );
    let output =
        nix(folder.path(), "nix-instantiate", &["--eval", "--strict", "--json", "--read-write-mode", "-E", &asked]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["program"], "nix-ripple");
    assert_eq!(told["license"], "MIT");
    assert_eq!(told["description"], env!("CARGO_PKG_DESCRIPTION"));
    assert_eq!((&told["buildFeatures"], &told["without"]), (&serde_json::json!(["parquet"]), &serde_json::json!([])));
    assert_eq!(told["doCheck"], false);
    assert_eq!(told["lock"], true);
    // neither what was built nor tests, data and history
    assert_eq!(told["top"], serde_json::json!(["Cargo.lock", "Cargo.toml", "LICENSE", "README.md", "benches", "src"]));
    for word in ["installShellCompletion", "installManPage", "completions", "man --to"] {
        assert!(told["postInstall"].as_str().unwrap().contains(word), "{word}");
    }
}

/// The README's `nix run` and `nix-build` find the program, its arguments reach it, and so does what it says.
#[test]
fn nix_run() {
    let folder = tempfile::tempdir().unwrap();
    expression(folder.path());
    std::fs::create_dir(folder.path().join("nixpkgs")).unwrap();
    std::fs::write(folder.path().join("nixpkgs/default.nix"), "_: import ../stub.nix").unwrap();
    let binary = Path::new(env!("CARGO_BIN_EXE_nix-ripple")).parent().unwrap();
    let paths = format!("/bin /lib /lib64 /usr {}", binary.display());
    let run = |program: &str, arguments: &[&str]| {
        let options = ["--option", "sandbox-paths", &paths, "--option", "substitute", "false"];
        let mut command = Command::new(program);
        command.args(arguments).args(options).arg("--store").arg(folder.path().join("store"));
        command.current_dir(root()).env("HOME", folder.path());
        command.env("NIX_PATH", format!("nixpkgs={}", folder.path().join("nixpkgs").display()));
        command.output().unwrap()
    };
    if !needs::nix() || !needs::sandbox(|| run("nix-build", &["--no-out-link", "scripts/package.nix"]).status.success())
    {
        return;
    }
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let line = readme.lines().find(|line| line.starts_with("nix run --impure")).unwrap();
    let (_, quoted) = line.split_once("--expr '").unwrap();
    let (expression, rest) = quoted.split_once('\'').unwrap();
    assert_eq!(rest, " '' -- --help");
    let asked = ["--extra-experimental-features", "nix-command", "run", "--impure", "--expr", expression];
    // options of Nix stand before what the program gets
    let options = ["--option", "sandbox-paths", &paths, "--option", "substitute", "false", "--store"];
    let store = folder.path().join("store");
    let mut command = Command::new("nix");
    command.args(asked).args(options).arg(&store).args(["", "--", "--version"]);
    command.current_dir(root()).env("HOME", folder.path());
    command.env("NIX_PATH", format!("nixpkgs={}", folder.path().join("nixpkgs").display()));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("nix-ripple "));
}
