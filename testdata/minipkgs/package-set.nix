# One instance of all packages, made with one standard environment. Every
# stage of the bootstrap is such an instance; what nobody asks for is never
# evaluated.
{ lib, system, bumps, config, overlays
, stdenv
, fetch                       # { fetchurl, fetchFromGitHub }
, stageOverrides ? (prev: { })
}:

let
  files = [
    ./pkgs/toolchain.nix
    ./pkgs/core.nix
    ./pkgs/libraries.nix
    ./pkgs/graphics.nix
    ./pkgs/servers.nix
    ./pkgs/languages.nix
    ./pkgs/science.nix
    ./pkgs/applications.nix
    ./pkgs/texlive.nix
  ]
  ++ lib.optional stdenv.isLinux ./pkgs/linux.nix
  ++ lib.optional (system == "x86_64-linux" && config.cudaSupport or true) ./pkgs/cuda.nix
  ++ lib.optional stdenv.isDarwin ./pkgs/darwin.nix;

  # The version of a definition, after the bumps.
  versionOf = id: version: if lib.elem id bumps then "${version}.1" else version;

  definePackage = make: id: attrs:
    let
      version = versionOf id attrs.version;
      # A source belongs to the definition: whatever name a variant has, its
      # source is named after the id.
      src = if attrs ? sourceFor then attrs.sourceFor version
        else fetch.fetchurl {
          name = "${id}-${version}.tar.gz";
          url = "mirror://sources/${id}/${id}-${version}.tar.gz";
        };
      sourceless = attrs ? src && attrs.src == null;
    in
    make ({
      pname = id;
      definition = id;
      position = builtins.unsafeGetAttrPos "version" attrs;
    }
    // lib.optionalAttrs (! attrs ? src) (
      if attrs ? moreSources then { srcs = [ src ] ++ attrs.moreSources; } else { inherit src; })
    // removeAttrs attrs ([ "sourceFor" "moreSources" ] ++ lib.optional sourceless "src")
    // { version = if sourceless then attrs.version else version; }
    // lib.optionalAttrs (sourceless && lib.elem id bumps) { recipeRevision = "1"; });

  base = final: {
    inherit lib stdenv system config;
    inherit (fetch) fetchurl fetchFromGitHub;
    inherit versionOf definePackage;
    inherit (stdenv) mkDerivation;
    define = definePackage stdenv.mkDerivation;
    # A definition that has a recipe, and no source.
    defineRecipe = id: attrs: definePackage stdenv.mkDerivation id ({ src = null; } // attrs);

    # Overlays for the packages of every interpreter.
    pythonPackagesExtensions = [ ];

    # The ids of all that `bump` may name here.
    definitions = builtins.attrNames (lib.listToAttrs (lib.concatMap
      ({ drv, ... }: lib.optional (drv.definition or null != null) { name = drv.definition; value = null; })
      (lib.packagesOf "" (removeAttrs final [ "definitions" ]))));

    # Content-addressed: only for those who ask.
    caPackages = import ./ca-packages.nix final;

    systems = { inherit (stdenv) isLinux isDarwin isx86_64; };
  }
  # What another kernel has is null here, and falls out of the lists of inputs.
  // lib.genAttrs (builtins.attrNames (import (if stdenv.isDarwin then ./pkgs/linux.nix else ./pkgs/darwin.nix) final)) (_: null)
  // builtins.foldl' (set: file: set // import file final) { } files;

  apply = f: overlay: lib.extends overlay f;
in
lib.fix (lib.extends (final: stageOverrides)
  (builtins.foldl' apply base overlays))
