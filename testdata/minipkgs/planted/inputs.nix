# What the planted packages have as inputs: each does one thing, and most do nothing.
pkgs:
let
  inherit (pkgs) lib;
  inherit (pkgs.stdenv) mkDerivation;
  python = pkgs.python311Packages;
  inherit (import ./make.nix pkgs) package pythonPackage;

  # bin/NAME, which prints what only it knows.
  tool = name: package name { installPhase = ''mkdir -p $out/bin; program $out/bin/${name} "echo token of ${name}"''; };

  # share/NAME/data
  data = name: attrs: package name ({ installPhase = ''mkdir -p $out/share/${name}; echo "data of ${name}" > $out/share/${name}/data''; } // attrs);

  # A library without a header: what is linked against it records its directory alone.
  library = name: attrs: package name ({ installPhase = ''mkdir -p $out/lib; echo "object of ${name}" > $out/lib/lib${name}.so''; } // attrs);

  hook = name: file: package name { setupHook = file; phases = "fixupPhase"; };

  inputs = {
    pebble = data "pebble" { };
    slate = data "slate" { };
    quill = tool "quill";
    tester = tool "tester";
    # One for each phase that can fail for want of it.
    tools = lib.genAttrs [ "unpacker" "patcher" "configurer" "compiler" "installer" "fixer" ] tool;

    onlylib = library "onlylib" { };
    lace = package "lace" { installPhase = ''mkdir -p $out/include; echo "header of lace" > $out/include/lace.h''; };
    # A header beside the library, in outputs of their own. The dev output brings its siblings along.
    marble = package "marble" {
      outputs = [ "out" "dev" "lib" ];
      installPhase = ''
        mkdir -p $out/bin $dev/include $lib/lib
        program $out/bin/marble "echo token of marble"
        echo "header of marble" > $dev/include/marble.h
        echo "object of marble" > $lib/lib/libmarble.so
      '';
    };
    granite = package "granite" {
      outputs = [ "out" "dev" "lib" ];
      installPhase = ''
        mkdir -p $out/bin $dev/nix-support $lib/lib
        program $out/bin/granite "echo token of granite"
        echo "object of granite" > $lib/lib/libgranite.so
      '';
    };

    # Hooks.
    flagging-hook = hook "flagging-hook" (builtins.toFile "flagging-hook.sh" ''configureFlags="''${configureFlags-} --with-flags"'' );
    idle-hook = hook "idle-hook" (builtins.toFile "idle-hook.sh" "IDLE=1\n");
    # Its setup wants a program that another input has.
    wanting-hook = hook "wanting-hook" (builtins.toFile "wanting-hook.sh" "wants quill\n");
    imports-check-hook = hook "imports-check-hook" ./imports-check.sh;
    runtime-deps-check-hook = hook "runtime-deps-check-hook" ./runtime-deps-check.sh;
    # As cmake's: tests are configured away when checks are off.
    testing-flags-hook = hook "testing-flags-hook" (builtins.toFile "testing-flags-hook.sh" ''
      if [ -z "''${doCheck-}" ]; then configureFlags="''${configureFlags-} -DBUILD_TESTING=OFF"; fi
    '');
    pip = package "pip" {
      installPhase = ''
        mkdir -p $out/bin
        { echo "#!$SHELL -eu"; cat ${./pip.sh}; } > $out/bin/pip
        chmod +x $out/bin/pip
      '';
    };

    # Modules of python.
    plainyaml = pythonPackage "plainyaml" { };
    plainjson = pythonPackage "plainjson" { };

    # What brings others along.
    carrier-a = package "carrier-a" { propagatedBuildInputs = [ inputs.carrier-b ]; installPhase = "mkdir $out"; };
    carrier-b = package "carrier-b" { propagatedBuildInputs = [ inputs.pebble ]; installPhase = "mkdir $out"; };
    carrier-c = package "carrier-c" { propagatedBuildInputs = [ inputs.pebble inputs.slate ]; installPhase = "mkdir $out"; };
    # Twenty, one behind the other, and pebble behind the last.
    far = builtins.foldl'
      (next: number: package "link-${toString number}" { propagatedBuildInputs = [ next ]; installPhase = "mkdir $out"; })
      inputs.pebble
      (builtins.genList (number: 20 - number) 20);

    # What the machine has as well.
    perl = package "perl" { installPhase = ''mkdir -p $out/bin; program $out/bin/perl "echo perl"''; };
    zlib = package "zlib" { installPhase = ''mkdir -p $out/include; echo "header of zlib" > $out/include/zlib.h''; };
    yaml = pythonPackage "yaml" { source = "version = 1\n"; };
  };
in
inputs
