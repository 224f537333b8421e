# Packages in which each input is planted to act in one known way, and `labels` that say, by hand and
# without any experiment, what of each is right. README.md tells how it is read.
#
#   nix-build planted.nix -A wrapped          (needs the options in scripts/build-minipkgs)
#   nix-instantiate --eval --strict --json planted.nix -A labels
{ system ? "x86_64-linux" }:
let
  pkgs = import ./default.nix { inherit system; config.recordInputs = false; };
  inherit (pkgs) lib;
  made = import ./planted/make.nix pkgs // {
    inherit lib pkgs;
    inputs = import ./planted/inputs.nix pkgs;
    words = import ./planted/words.nix;
    helpers = ./planted/helpers.sh;
  };

  cases = builtins.foldl' (all: file: all // import file made) { } [
    ./planted/idle.nix
    ./planted/references.nix
    ./planted/checks.nix
    ./planted/used.nix
    ./planted/presence.nix
    ./planted/propagation.nix
    ./planted/machine.nix
    ./planted/unsettled.nix
  ];

  # One label for each pair.
  labels = lib.concatMap
    (name: map
      (pair: {
        attribute = name;
        needs = [ ];
        features = [ ];
        refused = false;
        removed = null;
        experiment = null;
        checks = null;
        files = null;
        chain = null;
        says = [ ];
        options = [ ];
        listens = null;
      } // removeAttrs cases.${name} [ "package" "pairs" ] // pair)
      cases.${name}.pairs)
    (builtins.attrNames cases);
in
lib.mapAttrs (_: case: case.package) cases // { inherit labels; }
