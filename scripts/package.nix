# nix-ripple as a package:
#
#   nix-build scripts/package.nix                    (with <nixpkgs> on the search path)
#   pkgs.callPackage ./scripts/package.nix { }       (in an overlay, a shell, a configuration, for `nix run`)
#
# It wants the rustc that Cargo.toml names under rust-version.
{
  pkgs ? import <nixpkgs> { },
  lib ? pkgs.lib,
  stdenv ? pkgs.stdenv,
  rustPlatform ? pkgs.rustPlatform,
  installShellFiles ? pkgs.installShellFiles,
  # `export --as parquet`
  withParquet ? true,
}:

let
  manifest = builtins.fromTOML (builtins.readFile ../Cargo.toml);
  root = toString ../.;

  # what a build reads, whatever else lies beside it
  wanted = [
    "Cargo.toml"
    "Cargo.lock"
    "LICENSE"
    "README.md"
    "benches"
    "src"
  ];
in
rustPlatform.buildRustPackage {
  pname = "nix-ripple";
  version = manifest.package.version;

  src = builtins.path {
    name = "nix-ripple-source";
    path = ../.;
    filter =
      path: _type:
      let
        inside = lib.removePrefix (root + "/") path;
      in
      builtins.elem (builtins.head (lib.splitString "/" inside)) wanted;
  };
  cargoLock.lockFile = ../Cargo.lock;
  buildFeatures = lib.optional withParquet "parquet";

  nativeBuildInputs = [ installShellFiles ];

  # the tests read testdata, and run the real Nix, shells and browsers: CI does that
  doCheck = false;

  postInstall = lib.optionalString (stdenv.buildPlatform.canExecute stdenv.hostPlatform) ''
    for shell in bash zsh fish; do
      "$out/bin/nix-ripple" completions "$shell" > "nix-ripple.$shell"
      installShellCompletion --cmd nix-ripple --"$shell" "nix-ripple.$shell"
    done
    "$out/bin/nix-ripple" man --to man1
    installManPage man1/*.1
  '';

  meta = {
    description = manifest.package.description;
    license = lib.licenses.mit;
    mainProgram = "nix-ripple";
    platforms = lib.platforms.unix;
  };
}
