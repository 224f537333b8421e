# Inputs that come along with others.
{ lib, inputs, words, helpers, package, ... }:
with words;
let
  # Installs pebble's data, if it is in sight.
  reading = name: attrs: package name ({
    nativeBuildInputs = [ helpers ];
    postInstall = ''
      mkdir -p $out/share
      for input in $(inputsFound); do
        if [ -e "$input/share/pebble/data" ]; then cat "$input/share/pebble/data" > $out/share/data; fi
      done
    '';
  } // attrs);
  read = { "share/data" = gone; };
in
{
  chained = {
    package = reading "chained" { buildInputs = [ inputs.carrier-a ]; };
    pairs = [
      (used "pebble" read "Two carriers behind one another bring it, and its data is installed." { chain = [ "carrier-a" "carrier-b" ]; })
      (used "carrier-b" read "It brings what is used." { chain = [ "carrier-a" ]; })
    ];
  };

  # Either way alone would be enough.
  twice-carried = {
    package = reading "twice-carried" { buildInputs = [ inputs.carrier-b inputs.carrier-c ]; };
    pairs = [
      (used "pebble" read "Two carriers bring it: it must be taken from both." { })
      (unused "slate" "One of them brings it, and nothing reads it." { chain = [ "carrier-c" ]; })
      (unused "carrier-b" "What it brings, another brings as well." { })
    ];
  };

  carried-and-listed = {
    package = reading "carried-and-listed" { buildInputs = [ inputs.carrier-a inputs.pebble ]; };
    pairs = [ (used "pebble" read "It is listed, and two carriers bring it as well." { chain = [ ]; }) ];
  };

  carried-idle = {
    package = package "carried-idle" { buildInputs = [ inputs.carrier-a ]; };
    pairs = [
      (unused "pebble" "Two carriers bring it, and nothing reads it." { chain = [ "carrier-a" "carrier-b" ]; })
      (unused "carrier-a" "It brings two others, and nothing uses any of them." { })
    ];
  };

  # The carrier is handed on: its own path is recorded, that of what it carries is not.
  carried-on = {
    package = package "carried-on" { propagatedBuildInputs = [ inputs.carrier-a inputs.slate ]; };
    pairs = [
      ((unused "pebble" "Only its carrier's path is recorded." { chain = [ "carrier-a" "carrier-b" ]; removed = null; files = null; })
        // { outcome = [ "identical" "reference-only" ]; verdict = [ "no-effect" "reference-only" ]; })
      (recorded "carrier-a" { "nix-support/propagated-build-inputs" = carried [ "propagated" ]; }
        "Its path is recorded." { removed = references; })
    ];
  };

  far-carried = {
    package = reading "far-carried" { buildInputs = [ inputs.far ]; };
    pairs = [
      (used "pebble" read "Twenty carriers behind one another bring it." {
        chain = builtins.genList (number: "link-${toString (number + 1)}") 20;
      })
    ];
  };

  far-carried-idle = {
    package = package "far-carried-idle" { buildInputs = [ inputs.far ]; };
    pairs = [ (unused "pebble" "Twenty carriers bring it, and nothing reads it." { }) ];
  };

  # For the build platform alone.
  carried-native = {
    package = package "carried-native" {
      nativeBuildInputs = [ helpers inputs.carrier-a ];
      postInstall = ''
        mkdir -p $out/share
        for input in ''${foundAt["-1 0"]-}; do
          if [ -e "$input/share/pebble/data" ]; then cat "$input/share/pebble/data" > $out/share/data; fi
        done
      '';
    };
    pairs = [ (used "pebble" read "Carriers bring it to the build platform's side." { chain = [ "carrier-a" "carrier-b" ]; }) ];
  };
}
