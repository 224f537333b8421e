# Inputs that the build does not use.
{ lib, inputs, words, helpers, package, pythonPackage, ... }:
with words;
{
  plain = {
    package = package "plain" { buildInputs = [ inputs.pebble ]; nativeBuildInputs = [ inputs.quill ]; };
    pairs = [
      (unused "pebble" "Nothing reads its data; the package has no checks." { checks = "none"; })
      (unused "quill" "A program on PATH that nothing runs." { checks = "none"; })
    ];
  };

  checked-plain = {
    package = package "checked-plain" {
      buildInputs = [ inputs.pebble ];
      doCheck = true;
      checkPhase = ''[[ "$objectText" = *"source of checked-plain"* ]]'';
    };
    pairs = [ (unused "pebble" "The checks run, and look at what was built alone." { checks = "passed"; }) ];
  };

  python-plain = {
    package = pythonPackage "python-plain" { nativeBuildInputs = [ inputs.plainyaml ]; };
    pairs = [ (unused "plainyaml" "A module that nothing imports, and that is not propagated." { checks = "passed"; }) ];
  };

  idle-hooked = {
    package = package "idle-hooked" { nativeBuildInputs = [ inputs.idle-hook ]; };
    pairs = [ (unused "idle-hook" "Its setup hook sets a variable that nothing reads." { checks = "none"; }) ];
  };

  looking = {
    package = package "looking" {
      nativeBuildInputs = [ helpers inputs.plainyaml ];
      preBuild = "findModule plainyaml || true";
    };
    pairs = [ (unused "plainyaml" "The build looks whether the module is there, and does the same in either case." { checks = "none"; }) ];
  };

  structured-plain = {
    package = package "structured-plain" { __structuredAttrs = true; buildInputs = [ inputs.pebble inputs.lace ]; };
    pairs = [
      (unused "pebble" "The lists are arrays in the derivation's JSON; nothing reads the data." { checks = "none"; })
      (used "lace" { "lib/libstructured-plain.so" = content; } "The header's line is compiled in." { })
    ];
  };

  # The environment names directories.
  with-variables = {
    package = package "with-variables" {
      IDLE_DIR = inputs.pebble;
      DATA_DIR = inputs.slate;
      postInstall = ''mkdir -p $out/share; cat "$DATA_DIR/share/slate/data" > $out/share/data'';
    };
    pairs = [
      (unused "pebble" "Only a variable names it, which nothing reads." { checks = "none"; removed = null; })
      (needed "slate" "installPhase" "Only a variable names it, whose data is installed." { removed = null; })
    ];
  };

  # Outputs that name themselves: the same recipe under another hash must be seen to be the same.
  self-named = {
    package = package "self-named" {
      buildInputs = [ inputs.pebble ];
      postInstall = ''
        mkdir -p $out/share/registry
        echo "installed in $out" > "$out/share/registry/''${out##*/}.json"
        ln -s "$out/bin/self-named" $out/bin/again
      '';
    };
    pairs = [ (unused "pebble" "The output's own hash is in a file's name, in its text and in a link." { }) ];
  };

  self-described = {
    package = package "self-described" {
      buildInputs = [ inputs.pebble ];
      postInstall = ''
        mkdir -p $out/share/man/man1
        echo ".TH see $out/share/doc" | /usr/bin/gzip -n9 > $out/share/man/man1/self-described.1.gz
      '';
    };
    pairs = [ (unused "pebble" "The output's own path is in a compressed page of its manual." { }) ];
  };
}
