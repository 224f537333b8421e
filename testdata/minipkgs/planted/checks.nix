# Inputs of the checks, and what only looks like one.
{ lib, pkgs, inputs, words, helpers, package, pythonPackage, ... }:
with words;
let
  # What differs is the work of checks being off, and no experiment shows more: careful, or silent.
  careful = input: phase: files: why: {
    inherit input why files;
    removed = failsIn phase;
    outcome = [ "different" ];
    checks = "off";
    verdict = [ "affects" "unknown" ];
  };
in
{
  checked = {
    package = package "checked" {
      doCheck = true;
      nativeBuildInputs = [ helpers ];
      nativeCheckInputs = [ inputs.tester ];
      checkInputs = [ inputs.pebble inputs.slate ];
      checkPhase = ''
        wants tester
        for input in $(inputsFound); do
          if [ -e "$input/share/pebble/data" ]; then fixture=$(< "$input/share/pebble/data"); fi
        done
        [ "$fixture" = "data of pebble" ]
      '';
    };
    pairs = [
      (tested "tester" "checkPhase" "The checks are run by it." { })
      (tested "pebble" "checkPhase" "The checks compare with its data." { })
      (unused "slate" "Listed for the checks, which do not use it either." { checks = "passed"; })
    ];
  };

  install-checked = {
    package = package "install-checked" {
      doInstallCheck = true;
      nativeBuildInputs = [ helpers ];
      nativeInstallCheckInputs = [ inputs.tester ];
      installCheckPhase = "wants tester";
    };
    pairs = [ (tested "tester" "installCheckPhase" "The checks of what is installed are run by it." { }) ];
  };

  # pytest comes along with the hook that runs it.
  pytested = {
    package = pythonPackage "pytested" { nativeCheckInputs = [ pkgs.python311Packages.pytestCheckHook inputs.plainyaml ]; };
    pairs = [
      (tested "pytest" "installCheckPhase" "The hook's phase runs it." { chain = [ "pytestCheckHook" ]; })
      {
        input = "pytestCheckHook";
        why = "It is the hook that has the checks run: without it they pass because there are none, so that passing says nothing of them.";
        removed = same;
        outcome = [ "identical" ];
        verdict = [ "test-only" ];
        files = { };
      }
      (unused "plainyaml" "The checks run, and do not import it." { checks = "passed"; })
    ];
  };

  # The checks do without it, and say nothing of it.
  checked-if-there = {
    package = package "checked-if-there" {
      doCheck = true;
      nativeBuildInputs = [ helpers ];
      nativeCheckInputs = [ inputs.tester ];
      checkPhase = ''if type tester > /dev/null 2>&1; then wants tester; else echo "skipped"; fi'';
    };
    pairs = [
      {
        input = "tester";
        why = "Checks skip what they have no tool for: they pass without it, but a tester that fails makes them fail.";
        removed = same;
        outcome = [ "identical" ];
        verdict = [ "test-only" ];
        files = { };
      }
    ];
  };

  # setup_requires: in the list of test tools, and nothing is configured without it.
  setup-requires = {
    package = package "setup-requires" {
      doCheck = true;
      nativeBuildInputs = [ helpers ];
      nativeCheckInputs = [ inputs.tester ];
      preConfigure = "wants tester";
    };
    pairs = [ (needed "tester" "configurePhase" "Configuring wants the test tool, whether there are checks or not." { }) ];
  };

  flagged-by-presence = {
    package = package "flagged-by-presence" {
      doCheck = true;
      nativeBuildInputs = [ helpers ];
      nativeCheckInputs = [ inputs.tester ];
      preConfigure = ''if type tester > /dev/null 2>&1; then configureFlags="''${configureFlags-} --enable-tests"; fi'';
    };
    pairs = [
      (used "tester" { "lib/libflagged-by-presence.so" = content; }
        "Configuring looks for the test tool, and compiles otherwise without it." { checks = "passed"; })
    ];
  };

  flagged-by-checks = {
    package = package "flagged-by-checks" {
      doCheck = true;
      nativeBuildInputs = [ helpers inputs.testing-flags-hook ];
      nativeCheckInputs = [ inputs.tester ];
      checkPhase = "wants tester";
    };
    pairs = [
      (careful "tester" "checkPhase" { "lib/libflagged-by-checks.so" = content; }
        "Only the checks use it; but a hook passes another flag when they are off, so that building without them shows nothing of the tool.")
    ];
  };

  reporting = {
    package = package "reporting" {
      doCheck = true;
      nativeBuildInputs = [ helpers ];
      buildInputs = [ inputs.pebble ];
      nativeCheckInputs = [ inputs.tester ];
      checkPhase = ''mkdir -p $out/share; tester > $out/share/report'';
    };
    pairs = [
      ((careful "tester" "checkPhase" { "share" = gone; "share/report" = gone; }
        "The checks write what it says into the output.") // { verdict = [ "affects" ]; files = null; })
      (unused "pebble" "The checks write into the output, and do not look at it." { checks = "passed"; })
    ];
  };

  # All phases run in one shell.
  exporting = {
    package = package "exporting" {
      doCheck = true;
      nativeBuildInputs = [ helpers ];
      nativeCheckInputs = [ inputs.tester ];
      checkPhase = ''verified=$(tester)'';
      postInstall = ''mkdir -p $out/share; echo "verified by ''${verified-nobody}" > $out/share/verified'';
    };
    pairs = [
      ((careful "tester" "checkPhase" { "share/verified" = content; }
        "A variable that the checks set from it is installed.") // { verdict = [ "affects" ]; })
    ];
  };
}
