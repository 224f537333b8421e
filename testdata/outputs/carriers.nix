# Outputs that mention their inputs in every way that there is a name for. A file's name, in
# `carried/`, is the kind that the mention in it is to be told as; in `others/` all are `other`.
{
  system ? "x86_64-linux",
}:

let
  build =
    name: outputs: env: script:
    derivation (
      env
      // {
        inherit name system outputs;
        builder = "/bin/sh";
        PATH = "/usr/bin:/bin";
        args = [
          "-e"
          "-c"
          script
        ];
      }
    );

  dep = build "dep-1.0" [ "out" ] { } ''
    mkdir -p $out/bin $out/lib
    echo 'echo dep' > $out/bin/dep
    chmod +x $out/bin/dep
  '';

  # never mentioned
  silent = build "silent-1.0" [ "out" ] { } ''
    echo silent > $out
  '';

in
{
  inherit dep silent;

  # the parts of a store path, an output that mentions another and itself, and what is not seen
  several =
    build "several-1.0"
      [
        "out"
        "dev"
      ]
      { inherit dep silent; }
      ''
        mkdir -p $out/share $dev
        echo "$dev" > $out/share/dev
        echo "itself: $out" > $out/share/itself
        # the 32 characters alone are a reference, 31 are not
        base=''${dep##*/}
        echo "x''${base%%-*}y" > $dev/hash
        base=''${silent##*/}
        hash=''${base%%-*}
        echo "''${hash#?}-silent" > $dev/short
        # compressed, it is no reference
        echo "$silent" | gzip -9 > $dev/packed.gz
      '';

  # a mention in a file's name alone, and one in a link alone
  names = build "names-1.0" [ "out" ] { inherit dep silent; } ''
    base=''${dep##*/}
    mkdir -p $out/"$base"
    ln -s $silent/bin/x $out/x
  '';

  link = build "link-1.0" [ "out" ] { inherit dep; } ''
    ln -s $dep/bin/dep $out
  '';

  file = build "file-1.0" [ "out" ] { inherit dep; } ''
    echo $dep > $out
  '';

  carriers = build "carriers-1.0" [ "out" ] { inherit dep; } ''
    mkdir -p $out/nix-support $out/carried/x-1.dist-info $out/others $out/lib/pkgconfig $out/lib/cmake
    echo "$dep" > $out/nix-support/propagated-build-inputs
    echo "export X=$dep" > $out/nix-support/setup-hook
    printf '#! /bin/sh -e\nexport PATH=%s/bin:$PATH\nexec /bin/true "$@"\n' $dep > $out/carried/wrapper
    printf "#! /bin/sh -e\nexport PATH='%s/bin'\''${PATH:+':'}\$PATH\nexec -a \"\$0\" \"%s\"  \"\$@\" \n" $dep $dep/bin/dep > $out/carried/wrapper-2
    printf '#!%s/bin/dep -w\nx\n' $dep > $out/carried/shebang
    echo "prefix=$dep" > $out/lib/pkgconfig/x.pc
    echo "set(X $dep)" > $out/lib/cmake/x-config.cmake
    echo "dependency_libs='-L$dep/lib'" > $out/lib/x.la
    echo "$dep" > $out/carried/x-1.dist-info/direct_url.json
    echo "$dep/lib" > $out/carried/x.pth
    echo "PATH=/usr/bin:$dep/bin" > $out/carried/path-list
    ln -s $dep $out/carried/symlink
    echo "#define DEP \"$dep\"" > $out/others/config.h
    printf 'a\0%s:/usr\0' $dep > $out/others/binary
    printf '#! /bin/sh\n%s/bin/dep\necho done\n' $dep > $out/others/script
  '';

  # wants a compiler in the sandbox
  elf = build "elf-1.0" [ "out" ] { inherit dep; } ''
    mkdir -p $out/carried $out/others
    echo "int main(void) { return 0; }" > a.c
    gcc -o $out/carried/rpath -Wl,-rpath,$dep/lib:/usr/lib a.c
    gcc -o $out/carried/rpath-old -Wl,--disable-new-dtags -Wl,-rpath,$dep/lib a.c
    gcc -o $out/carried/rpath-interpreter -Wl,--dynamic-linker=$dep/lib/ld.so a.c
    echo "const char *const x = \"$dep\"; int main(void) { return *x; }" > b.c
    gcc -o $out/others/text -Wl,-rpath,/usr/lib b.c
    echo "const char *const x = \"# The C-code for this binary wrapper has been generated using the following command: $dep\"; int main(void) { return *x; }" > c.c
    gcc -o $out/carried/wrapper c.c
  '';
}
