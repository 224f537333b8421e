# Python packages from their real source distributions. README.md tells what for.
{ sources             # the directory that scripts/fetch-realpkgs fills
, system ? "x86_64-linux"
, pythonVersion ? "3.11"
, overlays ? [ ]      # final: prev: { … }
}:

let
  lib = import ../minipkgs/lib.nix;
  stdenv = import ./stdenv.nix { inherit lib system; };
  pinned = builtins.fromJSON (builtins.readFile ./sources.json);

  listings = [
    ./packages/toolchain.nix
    ./packages/backends.nix
    ./packages/testing.nix
    ./packages/text.nix
    ./packages/web.nix
    ./packages/compiled.nix
    ./packages/arrays.nix
  ];

  # The version and the source of a package, by its name.
  release = pname: {
    inherit pname;
    inherit (pinned.${pname}) version;
    src = builtins.path {
      path = sources + "/${pinned.${pname}.file}";
      name = pinned.${pname}.file;
      recursive = false;
      inherit (pinned.${pname}) sha256;
    };
  };

  base = packages:
    let
      python = import ./python.nix { inherit lib stdenv pythonVersion release packages; };
      build = listing: lib.mapAttrs
        (pname: args: python.buildPythonPackage (release pname // args))
        (import listing { inherit lib packages; inherit (python) hooks python; });
    in
    { inherit (python) python; }
    // lib.foldl' (all: listing: all // build listing) { } listings;
in
lib.fix (lib.foldl' (packages: overlay: lib.extends overlay packages) base overlays)
