# A standard environment on the machine's own tools: a derivation that holds the
# setup script, and mkDerivation, which turns a package's attributes into a
# derivation.
{ lib, system }:

let
  shell = "/bin/bash";

  inputLists = [
    "depsBuildBuild" "nativeBuildInputs" "depsBuildTarget"
    "depsHostHost" "buildInputs" "depsTargetTarget"
    "depsBuildBuildPropagated" "propagatedNativeBuildInputs" "depsBuildTargetPropagated"
    "depsHostHostPropagated" "propagatedBuildInputs" "depsTargetTargetPropagated"
  ];

  # Not for the builder's eyes.
  evaluationOnly = [
    "meta" "passthru"
    "checkInputs" "nativeCheckInputs" "installCheckInputs" "nativeInstallCheckInputs"
  ];

  mkDerivation = attrs:
    let
      own = list: lib.flatten (attrs.${list} or [ ]);
      doCheck = attrs.doCheck or false;
      doInstallCheck = attrs.doInstallCheck or false;

      merged = {
        nativeBuildInputs = own "nativeBuildInputs"
          ++ lib.optionals doCheck (own "nativeCheckInputs")
          ++ lib.optionals doInstallCheck (own "nativeInstallCheckInputs");
        buildInputs = own "buildInputs"
          ++ lib.optionals doCheck (own "checkInputs")
          ++ lib.optionals doInstallCheck (own "installCheckInputs");
      };

      drv = derivation (
        removeAttrs attrs evaluationOnly
        // lib.genAttrs inputLists (list: map lib.getDev (merged.${list} or (own list)))
        // {
          name = attrs.name or "${attrs.pname}-${attrs.version}";
          inherit system doCheck doInstallCheck;
          stdenv = self;
          builder = shell;
          args = [ "-e" ./builder.sh ];
          strictDeps = attrs.strictDeps or false;
        });
    in
    drv // {
      meta = { name = drv.name; } // attrs.meta or { };
      overrideAttrs = f: mkDerivation (attrs // f attrs);
      passthru = attrs.passthru or { };
    } // attrs.passthru or { };

  self = derivation {
    name = "stdenv-linux";
    inherit system;
    builder = shell;
    args = [ "-e" ./stdenv-builder.sh ];
    setup = ./setup.sh;
  } // { inherit mkDerivation; };
in
self
