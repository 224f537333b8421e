# A package that uses each of its inputs in one known way, and `labels` that say, by hand, which files
# of each its build opens, and in which phase. README.md tells more.
#
#   nix-build traced.nix -A package          (needs the options in scripts/build-minipkgs)
#   nix-instantiate --eval --strict --json traced.nix -A labels
{ system ? "x86_64-linux" }:
let
  pkgs = import ./default.nix { inherit system; config.recordInputs = false; };
  inherit (pkgs.stdenv) mkDerivation;

  # A program, a file of data, and a link to the folder that it is in.
  offering = name: attrs: mkDerivation ({
    inherit name;
    phases = "installPhase fixupPhase";
    installPhase = ''
      mkdir -p $out/bin $out/share
      program $out/bin/${name} "echo ${name}"
      echo "data of ${name}" > $out/share/${name}.txt
      ln -s share $out/data
    '';
  } // attrs);

  inputs = {
    read = offering "read" { };
    linked = offering "linked" { };
    executed = offering "executed" { };
    interpreter = offering "interpreter" { };
    hooked = offering "hooked" { setupHook = builtins.toFile "hook.sh" "hooked=1"; };
    looked = offering "looked" { };
    checked = offering "checked" { };
    listed = offering "listed" { };
    absent = offering "absent" { };
    written = offering "written" { };
    idle = offering "idle" { };
    carried = offering "carried" { };
    # the build goes through its link to another input
    farm = mkDerivation {
      name = "farm";
      phases = "installPhase";
      installPhase = "mkdir -p $out; ln -s ${inputs.linked}/share $out/share";
    };
    script = mkDerivation {
      name = "script";
      phases = "installPhase";
      installPhase = ''
        mkdir -p $out/bin
        printf '#!${inputs.interpreter}/bin/interpreter\n' > $out/bin/script
        chmod +x $out/bin/script
      '';
    };
    carrier = mkDerivation {
      name = "carrier";
      phases = "installPhase fixupPhase";
      installPhase = "mkdir -p $out/lib";
      propagatedBuildInputs = [ inputs.carried ];
    };
  };
in
{
  package = mkDerivation {
    name = "package";
    doCheck = true;
    buildInputs = with inputs; [
      read linked executed interpreter hooked looked checked listed absent written idle farm script carrier
    ];
    inherit (inputs) read farm executed looked listed absent written checked;
    unpackPhase = ":";
    buildPhase = ''
      cat $read/share/read.txt > text
      cat $farm/share/linked.txt >> text
      (cd $executed/bin; ./executed)
      script
      test -x $looked/bin/looked
      ls $listed/share
      cat $absent/share/nothing 2> /dev/null || true
    '';
    checkPhase = "cat $checked/data/checked.txt; grep read text";
    installPhase = "mkdir -p $out; cp text $out/; echo $written > $out/written";
  };

  # Of each input: files by phase ("" before the first), without the store path.
  labels = {
    read.buildPhase = [ "share/read.txt" ];
    linked.buildPhase = [ "share/linked.txt" ];
    farm.buildPhase = [ "share" ];
    executed.buildPhase = [ "bin/executed" ];
    script.buildPhase = [ "bin/script" ];
    interpreter.buildPhase = [ "bin/interpreter" ];
    hooked."" = [ "nix-support/setup-hook" ];
    looked.buildPhase = [ "bin/looked" ];
    checked.checkPhase = [ "data" "share/checked.txt" ];
    listed = { };
    absent = { };
    written = { };
    idle = { };
    carrier = { };
    carried = { };
  };
}
