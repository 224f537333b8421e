# Inputs whose path is recorded, and nothing else of them.
{ lib, pkgs, inputs, words, helpers, package, pythonPackage, ... }:
with words;
let
  propagated = "nix-support/propagated-build-inputs";
  # The paths that a directory of an input has on its own line, one input after the other.
  elf = name: flags: {
    package = package name {
      buildInputs = [ inputs.onlylib inputs.lace ];
      installPhase = ''
        mkdir -p $out/bin
        echo "int main(void) { return 0; }" > main.c
        PATH=/usr/bin:/bin gcc -o $out/bin/${name} main.c -Wl,--enable-new-dtags "-Wl,-rpath,$out/lib$rpath" ${flags}
      '';
    };
    needs = [ "/usr/bin/gcc" ];
    pairs = [
      (recorded "onlylib" { "bin/${name}" = carried [ "rpath" ]; }
        "An entry of the program's run path." { checks = "none"; })
      (unused "lace" "Its header is in sight; this compiler is not told." { checks = "none"; })
    ];
  };
in
{
  propagating = {
    package = package "propagating" {
      propagatedBuildInputs = [ inputs.pebble inputs.slate ];
      propagatedNativeBuildInputs = [ inputs.quill inputs.tester ];
    };
    pairs = [
      (recorded "pebble" { ${propagated} = carried [ "propagated" ]; }
        "One of two elements of a list in nix-support." { removed = references; checks = "none"; })
      (recorded "quill" { "nix-support/propagated-native-build-inputs" = carried [ "propagated" ]; }
        "The same of the list for the build platform." { removed = references; checks = "none"; })
    ];
  };

  propagating-one = {
    package = package "propagating-one" { propagatedBuildInputs = [ inputs.pebble ]; };
    pairs = [
      (recorded "pebble" { ${propagated} = carriedAlone [ "propagated" ]; }
        "The only element of a list: without it there is no list." { removed = references; checks = "none"; })
    ];
  };

  wrapped = {
    package = package "wrapped" {
      buildInputs = [ inputs.quill inputs.slate inputs.onlylib ];
      nativeBuildInputs = [ helpers ];
      postInstall = ''
        mv $out/bin/wrapped $out/bin/.wrapped-wrapped
        arguments=()
        for input in $(inputsFound); do
          if [ -d "$input/bin" ]; then arguments+=(--prefix PATH "$input/bin"); fi
          if [ -d "$input/lib" ]; then arguments+=(--set ONLYLIB_DIR "$input/lib"); fi
        done
        wrap $out/bin/.wrapped-wrapped $out/bin/wrapped "''${arguments[@]}"
      '';
    };
    pairs = [
      (recorded "quill" { "bin/wrapped" = carried [ "wrapper" ]; }
        "Lines of a wrapper put it in front of PATH." { removed = references; checks = "none"; })
      (recorded "onlylib" { "bin/wrapped" = carried [ "wrapper" ]; "lib/libwrapped.so" = carried [ "path-list" ]; }
        "A line of a wrapper sets a variable to it, and it is among the linked directories." { removed = references; checks = "none"; })
      (unused "slate" "It has neither programs nor libraries." { checks = "none"; })
    ];
  };

  # As most wrappers are written: the path stands in a phase's text, in no list.
  wrapped-by-text = {
    package = package "wrapped-by-text" {
      nativeBuildInputs = [ helpers ];
      postInstall = ''
        mv $out/bin/wrapped-by-text $out/bin/.wrapped-by-text-wrapped
        wrap $out/bin/.wrapped-by-text-wrapped $out/bin/wrapped-by-text --prefix PATH ${inputs.quill}/bin
        mkdir -p $out/share
        ln -s ${inputs.pebble}/share/pebble $out/share/pebble
        echo "table=${inputs.slate}/share/slate" > $out/share/settings
      '';
    };
    pairs = [
      (recorded "quill" { "bin/wrapped-by-text" = carried [ "wrapper" ]; }
        "A phase's text writes its path into a wrapper." { checks = "none"; })
      (recorded "pebble" { "share/pebble" = carried [ "symlink" ]; }
        "A phase's text makes a link to it." { checks = "none"; })
      (recorded "slate" { "share/settings" = carried [ "other" ]; }
        "A phase's text writes its path into a file." { checks = "none"; })
    ];
  };

  wrapped-python = {
    package = pythonPackage "wrapped-python" {
      dependencies = [ inputs.plainyaml inputs.plainjson ];
      nativeBuildInputs = [ helpers ];
      postInstall = ''
        echo "#!$SHELL" > .main
        install -D .main $out/bin/.main-wrapped
        arguments=()
        for dir in ''${PYTHONPATH//:/ }; do arguments+=(--prefix PYTHONPATH "$dir"); done
        wrap $out/bin/.main-wrapped $out/bin/main "''${arguments[@]}"
      '';
    };
    pairs = [
      (recorded "plainyaml" { ${propagated} = carried [ "propagated" ]; "bin/main" = carried [ "wrapper" ]; }
        "A run-time dependency: recorded for consumers, and on the wrapper's PYTHONPATH." { removed = references; checks = "passed"; })
    ];
  };

  interpreted = {
    package = package "interpreted" {
      nativeBuildInputs = [ helpers inputs.quill ];
      postInstall = ''
        printf '#!/usr/bin/env quill\nwrite\n' > $out/bin/script
        chmod +x $out/bin/script
        patchShebang $out/bin/script
      '';
    };
    pairs = [
      (recorded "quill" { "bin/script" = carried [ "shebang" ]; }
        "A script's first line names it; without it the line stays as upstream wrote it." { checks = "none"; })
    ];
  };

  linked = {
    package = package "linked" { buildInputs = [ inputs.onlylib inputs.granite ]; };
    pairs = [
      (recorded "onlylib" { "lib/liblinked.so" = carried [ "path-list" ]; }
        "A directory in a list that colons part." { removed = references; checks = "none"; })
      (recorded "granite" { "lib/liblinked.so" = carried [ "path-list" ]; }
        "The same of an input with several outputs, whose dev output alone is listed." { removed = references; checks = "none"; })
    ];
  };

  elf = elf "elf" "-Wl,--build-id=none";
  elf-identified = elf "elf-identified" "-Wl,--build-id=sha1";

  developed = {
    package = package "developed" {
      buildInputs = [ inputs.onlylib inputs.lace ];
      nativeBuildInputs = [ helpers ];
      installPhase = ''
        flags="-L$out/lib" dirs=$out/lib files="$out/lib/libdeveloped.la"
        for input in $(inputsFound); do
          if [ -d "$input/lib" ]; then flags+=" -L$input/lib"; dirs+=";$input/lib"; files+=" $input/lib/libonlylib.la"; fi
        done
        mkdir -p $out/lib/pkgconfig $out/lib/cmake $out/nix-support
        printf 'Name: developed\nLibs: %s -ldeveloped\n' "$flags" > $out/lib/pkgconfig/developed.pc
        printf 'set(DEVELOPED_DIRS "%s")\n' "$dirs" > $out/lib/cmake/developed-config.cmake
        printf "dlname='libdeveloped.so'\ndependency_libs=' %s '\n" "$files" > $out/lib/libdeveloped.la
        echo "$flags" > $out/nix-support/ldflags
      '';
    };
    pairs = [
      (recorded "onlylib"
        {
          "lib/pkgconfig/developed.pc" = carried [ "pkg-config" ];
          "lib/cmake/developed-config.cmake" = carried [ "cmake" ];
          "lib/libdeveloped.la" = carried [ "libtool" ];
          "nix-support/ldflags" = carried [ "nix-support" ];
        }
        "Words and list elements in what the package tells its consumers." { checks = "none"; })
      (unused "lace" "It has no library." { checks = "none"; })
    ];
  };

  pathed-python = {
    package = pythonPackage "pathed-python" {
      nativeBuildInputs = [ inputs.plainyaml inputs.plainjson ];
      postInstall = ''
        for dir in ''${PYTHONPATH//:/ }; do
          if [ -d "$dir/plainyaml" ] || [ -d "$dir/plainjson" ]; then echo "$dir"; fi
        done > $out/lib/python3.11/site-packages/pathed-python.pth
      '';
    };
    pairs = [
      (recorded "plainyaml" { "lib/python3.11/site-packages/pathed-python.pth" = carried [ "python-metadata" ]; }
        "A line of a .pth file." { removed = references; checks = "passed"; })
    ];
  };

  described-by-text = {
    package = package "described-by-text" {
      postInstall = ''
        mkdir -p $out/share/man/man1
        echo ".TH see ${inputs.pebble}/share/pebble and $out" | /usr/bin/gzip -n9 > $out/share/man/man1/described-by-text.1.gz
      '';
    };
    pairs = [
      (recorded "pebble" { "share/man/man1/described-by-text.1.gz" = carried [ "other" ]; }
        "Its path is in a compressed page of the manual." { checks = "none"; })
    ];
  };

  # A consumer with several outputs.
  parted = {
    package = package "parted" {
      outputs = [ "out" "dev" "lib" ];
      buildInputs = [ inputs.onlylib ];
      propagatedBuildInputs = [ inputs.pebble ];
    };
    pairs = [
      (recorded "pebble" { "dev/${propagated}" = carried [ "propagated" ]; }
        "Recorded in the dev output, beside the siblings." { removed = references; checks = "none"; })
      (recorded "onlylib" { "lib/lib/libparted.so" = carried [ "path-list" ]; }
        "Recorded in the lib output." { removed = references; checks = "none"; })
    ];
  };
}
