# A standard environment: a derivation that holds the setup script, and
# mkDerivation, which turns a package's attributes into a derivation.
{ lib, system, bumps, config }:

{ shell, initialPath, cc ? null, defaultInputs ? [ ], extra ? { } }:

let
  kernel = if builtins.match ".*-darwin" system != null then "darwin" else "linux";

  inputLists = [
    "depsBuildBuild" "nativeBuildInputs" "depsBuildTarget"
    "depsHostHost" "buildInputs" "depsTargetTarget"
    "depsBuildBuildPropagated" "propagatedNativeBuildInputs" "depsBuildTargetPropagated"
    "depsHostHostPropagated" "propagatedBuildInputs" "depsTargetTargetPropagated"
  ];

  # Not for the builder's eyes.
  evaluationOnly = [
    "meta" "passthru" "definition" "position"
    "checkInputs" "nativeCheckInputs" "installCheckInputs" "nativeInstallCheckInputs"
  ];

  root = toString ./. + "/";

  mkDerivation = attrs:
    let
      own = list: lib.flatten (attrs.${list} or [ ]);
      doCheck = attrs.doCheck or false;
      doInstallCheck = attrs.doInstallCheck or false;
      structured = attrs.__structuredAttrs or false;

      merged = {
        nativeBuildInputs = own "nativeBuildInputs"
          ++ lib.optionals doCheck (own "nativeCheckInputs")
          ++ lib.optionals doInstallCheck (own "nativeInstallCheckInputs");
        buildInputs = own "buildInputs"
          ++ lib.optionals doCheck (own "checkInputs")
          ++ lib.optionals doInstallCheck (own "installCheckInputs");
      };
      lists = lib.genAttrs inputLists (list: map lib.getDev (merged.${list} or (own list)));

      outputs = attrs.outputs or [ "out" ];
      name = attrs.name or "${attrs.pname}-${attrs.version}";

      drv = derivation (
        removeAttrs attrs (evaluationOnly ++ lib.optional (! structured) "env")
        // lib.optionalAttrs (! structured) (attrs.env or { })
        // lists
        // {
          inherit name system outputs doCheck doInstallCheck;
          stdenv = self;
          builder = shell;
          args = [ "-e" (attrs.builder or ./default-builder.sh) ];
          strictDeps = attrs.strictDeps or false;
        });

      extras = {
        inherit (drv) drvPath;
        definition = attrs.definition or null;
        meta = { inherit name; available = true; }
          // lib.optionalAttrs (attrs ? position && attrs.position != null) {
            position = "${lib.removePrefix root attrs.position.file}:${toString attrs.position.line}";
          }
          // attrs.meta or { };
        overrideAttrs = f: mkDerivation (attrs // f attrs);
        passthru = attrs.passthru or { };
      } // attrs.passthru or { } // lib.optionalAttrs (attrs ? version) { inherit (attrs) version; };

      outputSet = lib.genAttrs outputs (output:
        drv.${output} // extras // outputSet // { outputSpecified = true; all = outputList; });
      outputList = map (output: outputSet.${output}) outputs;
    in
    drv // extras // outputSet // { all = outputList; };

  drv = derivation ({
    name = "stdenv-${kernel}";
    inherit system initialPath shell;
    builder = shell;
    args = [ "-e" ./stdenv-builder.sh ];
    setup = config.setup or ./setup.sh;
    defaultNativeBuildInputs = defaultInputs ++ lib.optional (cc != null) cc;
    recordInputs = config.recordInputs or true;
  } // lib.optionalAttrs (lib.elem "stdenv" bumps) { recipeRevision = "1"; });

  self = drv // extra // {
    inherit mkDerivation system shell cc initialPath;
    definition = "stdenv";
    isLinux = kernel == "linux";
    isDarwin = kernel == "darwin";
    isx86_64 = builtins.match "x86_64-.*" system != null;
    meta = { name = drv.name; available = true; };
  };
in
self
