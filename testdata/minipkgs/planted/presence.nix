# Inputs that something wants to be there.
{ lib, inputs, words, helpers, package, pythonPackage, ... }:
with words;
let
  propagated = { "nix-support/propagated-build-inputs" = carried [ "propagated" ]; };

  # A declared dependency, recorded for consumers or not.
  declared = input: phase: files: why: {
    inherit input why files;
    removed = failsIn phase;
    outcome = [ "presence-only" ];
    # what the check finds can change; where it is recorded, that is said of it
    verdict = if files == { } then [ "test-only" ] else [ "reference-only" ];
  };
in
{
  importing = {
    package = pythonPackage "importing" {
      source = "import plainyaml\n";
      nativeBuildInputs = [ inputs.imports-check-hook ];
      dependencies = [ inputs.plainyaml inputs.plainjson ];
      pythonImportsCheck = [ "importing" ];
    };
    pairs = [
      (declared "plainyaml" "pythonImportsCheckPhase" propagated
        "Importing the package imports it; the build does not use it.")
      (recorded "plainjson" propagated "Nothing imports it." { removed = references; checks = "passed"; })
    ];
  };

  importing-unrecorded = {
    package = pythonPackage "importing-unrecorded" {
      source = "import plainyaml\n";
      nativeBuildInputs = [ inputs.imports-check-hook inputs.plainyaml ];
      pythonImportsCheck = [ "importing-unrecorded" ];
    };
    pairs = [
      (declared "plainyaml" "pythonImportsCheckPhase" { }
        "Importing the package imports it; the output does not mention it.")
    ];
  };

  requiring = {
    package = pythonPackage "requiring" {
      nativeBuildInputs = [ inputs.runtime-deps-check-hook ];
      dependencies = [ inputs.plainyaml inputs.plainjson ];
      requiresDist = [ "plainyaml" ];
    };
    pairs = [
      (declared "plainyaml" "pythonRuntimeDepsCheckHook" propagated
        "Its metadata declares it; the build does not use it.")
    ];
  };

  pip-installed = {
    package = pythonPackage "pip_installed" {
      nativeBuildInputs = [ inputs.pip ];
      dependencies = [ inputs.plainyaml inputs.plainjson ];
      installPhase = ''pip install --prefix $out/lib/python3.11/site-packages pip_installed plainyaml <<< "$sourceText"'';
    };
    pairs = [
      (declared "plainyaml" "installPhase" propagated "pip looks whether what is required is there.")
      (recorded "plainjson" propagated "Not required." { removed = references; checks = "passed"; })
      (needed "pip" "installPhase" "It installs the package." { })
    ];
  };

  # Configuring looks for it, and no more: a stub does as well.
  insisting = {
    package = package "insisting" {
      nativeBuildInputs = [ helpers inputs.plainyaml ];
      buildInputs = [ inputs.pebble ];
      PYTHONPATH = "";
      preConfigure = ''
        [ -e "$(findModule plainyaml)/__init__.py" ]
        for input in $(inputsFound); do
          if [ -e "$input/share/pebble/data" ]; then data=$input/share/pebble/data; fi
        done
        [ "$(< "$data")" = "data of pebble" ]
      '';
    };
    pairs = [
      {
        input = "plainyaml";
        why = "Configuring fails where there is no such file, and never reads it.";
        removed = failsIn "configurePhase";
        outcome = [ "identical" ];
        experiment = [ "stub" "perturb" ];
        verdict = [ "no-effect" ];
        files = { };
      }
      (needed "pebble" "configurePhase" "Configuring fails where the file has another content." { })
    ];
  };

  insisting-recorded = {
    package = pythonPackage "insisting-recorded" {
      nativeBuildInputs = [ helpers ];
      dependencies = [ inputs.plainyaml inputs.plainjson ];
      preConfigure = ''findModule plainyaml'';
    };
    pairs = [
      ((recorded "plainyaml" propagated "Configuring looks for the module, and consumers get it." {
        removed = failsIn "configurePhase";
        checks = "passed";
      }) // { experiment = [ "stub" "perturb" ]; })
    ];
  };
}
