# Inputs that the machine has as well, and what else lies outside the sandbox. The build looks on the
# machine where it finds no input, so that a build that can see the machine's own copy gives the same.
{ lib, inputs, words, helpers, package, pythonPackage, ... }:
with words;
{
  machine-program = {
    package = package "machine-program" {
      nativeBuildInputs = [ inputs.perl ];
      postBuild = ''if type perl > /dev/null 2>&1; then objectText+="scripts by perl"$'\n'; fi'';
    };
    needs = [ "/usr/bin/perl" ];
    pairs = [ (used "perl" { "lib/libmachine-program.so" = content; } "A program on PATH, and in /usr/bin." { }) ];
  };

  machine-program-needed = {
    package = package "machine-program-needed" {
      nativeBuildInputs = [ inputs.perl ];
      postBuild = "type perl";
    };
    needs = [ "/usr/bin/perl" ];
    pairs = [
      {
        input = "perl";
        why = "The build fails without any perl; the machine's own must not stand in. It never runs it: a stub does.";
        removed = failsIn "buildPhase";
        outcome = [ "identical" ];
        experiment = [ "stub" "perturb" ];
        verdict = [ "no-effect" ];
        files = { };
      }
    ];
  };

  machine-program-idle = {
    package = package "machine-program-idle" { nativeBuildInputs = [ inputs.perl ]; };
    needs = [ "/usr/bin/perl" ];
    pairs = [ (unused "perl" "In /usr/bin as well, and nothing runs either." { }) ];
  };

  machine-header = {
    package = package "machine-header" {
      buildInputs = [ inputs.zlib inputs.lace ];
      buildPhase = ''
        rpath= objectText=
        for input in ''${foundAt["0 1"]} /usr; do
          if [ -e "$input/include/zlib.h" ]; then objectText="HAVE_ZLIB_H"; fi
        done
      '';
    };
    needs = [ "/usr/include/zlib.h" ];
    pairs = [ (used "zlib" { "lib/libmachine-header.so" = content; } "A header among the inputs, and in /usr/include." { }) ];
  };

  machine-module = {
    package = pythonPackage "machine-module" {
      compiles = true;
      nativeBuildInputs = [ inputs.yaml ];
      preBuild = ''
        if /usr/bin/python3 -B -c "import yaml"; then objectText+="with yaml"$'\n'; fi
      '';
    };
    needs = [ "/usr/lib/python3/dist-packages/yaml/__init__.py" ];
    pairs = [
      (used "yaml" { "lib/python3.11/site-packages/machine-module/native.so" = content; }
        "A module on PYTHONPATH, and in the dist-packages of the machine's python." { })
    ];
  };

  # Where its input is missing, it is fetched.
  fetching = {
    package = package "fetching" {
      nativeBuildInputs = [ inputs.quill ];
      preBuild = ''
        if type quill > /dev/null 2>&1; then
          answer=$(quill)
        else
          exec 3<> /dev/tcp/127.0.0.1/47311
          IFS= read -r answer <&3
        fi
        [ "$answer" = "token of quill" ]
      '';
    };
    # a server of the machine that would give the same
    listens = 47311;
    pairs = [ (needed "quill" "buildPhase" "Without it the build goes to the network, which a sandbox has not." { }) ];
  };

  # Wants to be built outside the sandbox.
  unconfined = {
    package = package "unconfined" { __noChroot = true; buildInputs = [ inputs.pebble ]; };
    pairs = [ (nothing "pebble" [ "__noChroot" ] "It refuses the sandbox, so that nothing it does is shown." { }) ];
  };
}
