# Edits of the set, as pull requests make them; what each of them is, is written here by hand.
# README.md tells how it is read.
#
#   nix-instantiate --eval --strict --json --readonly-mode changed.nix -A labels
#   nix-instantiate --eval --strict --json --read-write-mode changed.nix -A sides \
#     --arg wanted '[ { case = "leaf-bumped"; edits = [ "hugo" ]; } ]'
{ wanted ? [ ] }:
let
  lib = import ./lib.nix;

  # ---- Words of the labels ----

  cause = kind: name: changes: { inherit kind name changes; also = [ ]; };
  # A derivation whose recipe changed, and in what: "kind key".
  recipe = cause "recipe";
  # A version goes with a name and a source of its own.
  version = name: was: cause "recipe" name [ "version version" ] // { old = was; also = [ "source" "name" ]; };
  # Another source, for recipes that are the same.
  fetch = name: was: cause "fetch" name [ "source" ] // { old = was; also = [ "name" "version" ]; };
  # Another content of a file, for recipes that are the same.
  source = name: cause "source" name null // { old = name; };
  added = name: cause "added" name [ "new" ];
  named = name: cause "named" name null // { old = name; };

  # ---- Edits ----

  edit = overlay: causes: { inherit overlay causes; };
  # Of one attribute.
  change = name: f: edit (final: prev: { ${name} = prev.${name}.overrideAttrs (f final); });
  bumped = bump: causes: { inherit bump causes; };
  # By an overlay, where a bump would have to be two.
  upgrade = name: to: change name (final: old: {
    version = to;
    src = final.fetchurl { name = "${name}-${to}.tar.gz"; url = "mirror://sources/${name}/${name}-${to}.tar.gz"; };
  });
  flag = name: change name (final: old: { configureFlags = old.configureFlags or [ ] ++ [ "--disable-docs" ]; });
  # Upstream made another archive of the same name.
  rehash = old: { src = old.src.overrideAttrs (_: { outputHash = builtins.hashString "sha256" "another ${old.src.name}"; }); };
  # Python packages of both interpreters.
  python = name: f: edit (final: prev: {
    pythonPackagesExtensions = prev.pythonPackagesExtensions
      ++ [ (pyFinal: pyPrev: { ${name} = pyPrev.${name}.overridePythonAttrs f; }) ];
  });

  # A file with the name of one that is here, and another content.
  rewritten = file: builtins.toFile (baseNameOf file) "${builtins.readFile file}# rewritten\n";

  # One edit.
  one = id: edit: { edits.${id} = edit; };

  # A package that is in no set here.
  tool = final: name: inputs: final.stdenv.mkDerivation {
    pname = name;
    version = "1";
    src = final.fetchurl { name = "${name}-1.tar.gz"; url = "mirror://sources/${name}/${name}-1.tar.gz"; };
    buildInputs = inputs;
  };

  everywhere = [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ];

  # ---- The cases ----

  # `common` is what both sides have: overlay, config, hide (attributes that are not listed), systems.
  cases = {
    nothing.edits = { };

    # Versions.
    leaf-bumped = one "hugo" (bumped "hugo" [ (version "hugo-0.111.3.1" "hugo-0.111.3") ]);
    library-bumped = one "zlib" (bumped "zlib" [
      (version "zlib-1.2.13.1" "zlib-1.2.13")
      (version "emscripten-zlib-1.2.13.1" "emscripten-zlib-1.2.13")
    ]);
    python-package-bumped = one "pillow" (bumped "pillow" [
      (version "python2.7-Pillow-6.2.2.1" "python2.7-Pillow-6.2.2")
      (version "python3.11-Pillow-9.4.0.1" "python3.11-Pillow-9.4.0")
    ]);
    # Wrappers have the compiler's version. The seed's wrappers are called as the others were.
    compiler-bumped = one "gcc" (bumped "gcc-unwrapped" [
      (version "gcc-12.2.0.1" "gcc-12.2.0")
      (version "gcc-wrapper-12.2.0.1" "gcc-wrapper-12.2.0")
    ]);
    kernel-bumped = one "linux" (bumped "linux" [
      # linux and linuxPackages.kernel; the modules are told apart, and share
      (version "linux-6.1.23.1" "linux-6.1.23" // { exclusive = 2; shared = 3; })
      (recipe "zfs-2.1.9-6.1.23.1" [ "name" ] // { old = "zfs-2.1.9-6.1.23"; exclusive = 0; shared = 1; })
      (recipe "wireguard-1.0.20220627-6.1.23.1" [ "name" ] // { old = "wireguard-1.0.20220627-6.1.23"; exclusive = 0; shared = 1; })
      (recipe "v4l2loopback-0.12.7-6.1.23.1" [ "name" ] // { old = "v4l2loopback-0.12.7-6.1.23"; exclusive = 0; shared = 1; })
      (recipe "perf-linux-6.1.23.1" [ "name" ] // { old = "perf-linux-6.1.23"; also = [ "source" ]; exclusive = 1; shared = 0; })
      (recipe "bcc-scripts-0.26-6.1.23.1" [ "name" ] // { old = "bcc-scripts-0.26-6.1.23"; exclusive = 1; shared = 0; })
    ]);
    # Its modules have its version in their names.
    perl-bumped = one "perl" (bumped "perl" ([ (version "perl-5.36.0.1" "perl-5.36.0") ]
      ++ map (module: recipe "perl5.36.0.1-${module}" [ "name" ] // { old = "perl5.36.0-${module}"; })
        [ "URI-5.12" "TestNeeds-0.002009" "TestMost-0.37" "XMLParser-2.46" "NetSSLeay-1.92" "LWP-6.67" ]));
    # An attribute that is itself fetched.
    font-bumped = one "fira-code" (bumped "fira-code" [ (fetch "fira-code-6.2.1.ttf" "fira-code-6.2.ttf") ]);

    # Files.
    patch-added = one "expat" (change "expat"
      (final: old: { patches = old.patches or [ ] ++ [ (builtins.toFile "expat-overflow.patch" "-a\n+b\n") ]; })
      [ (recipe "expat-2.5.0" [ "patch expat-overflow.patch" ]) ]);
    patch-dropped = one "openssl" (change "openssl" (final: old: { patches = [ ]; }) [ (recipe "openssl-3.0.8" [ "patch openssl-cert-dir.patch" ]) ]);
    patch-rewritten = one "zlib" (edit
      (final: prev: lib.genAttrs [ "zlib" "emscripten-zlib" ] (name: prev.${name}.overrideAttrs (old: {
        patches = [ (rewritten ./patches/zlib-deterministic-order.patch) ];
      })))
      [ (source "zlib-deterministic-order.patch") ]);
    setup-rewritten = one "setup" { config.setup = rewritten ./setup.sh; causes = [ (source "setup.sh") ]; };
    stdenv-edited = one "stdenv" (bumped "stdenv" [ (recipe "stdenv-linux" [ "variable recipeRevision" ]) ]);
    hook-rewritten = one "pkg-config" (change "pkg-config"
      (final: old: { setupHook = rewritten ./hooks/pkg-config.sh; })
      [ (source "pkg-config.sh") ]);
    # The recipe changed, and the patch with it.
    patch-rewritten-and-flag = one "perl" (change "perl"
      (final: old: { patches = [ (rewritten ./patches/perl-no-sys-dirs.patch) ]; configureFlags = [ "-des" ]; })
      [ (recipe "perl-5.36.0" [ "flag configureFlags" ] // { also = [ "patch" ]; }) ]);

    # Inputs.
    input-moved = one "less" (change "less"
      (final: old: { buildInputs = [ ]; nativeBuildInputs = [ final.ncurses ]; })
      [ (recipe "less-608" [ "input-moved ncurses" ]) ]);
    input-added = one "less" (change "less" (final: old: { buildInputs = old.buildInputs ++ [ final.pcre ]; })
      [ (recipe "less-608" [ "input-added pcre" ]) ]);
    input-removed = one "vim" (change "vim" (final: old: { nativeBuildInputs = [ final.pkg-config ]; })
      [ (recipe "vim-9.0.1441" [ "input-removed gettext" ]) ]);
    input-replaced = one "rhash" (change "rhash" (final: old: { buildInputs = [ final.gnutls ]; })
      [ (recipe "rhash-1.4.3" [ "input-removed openssl" "input-added gnutls" ]) ]);
    # The same inputs in another order; it is the recipe that says in which.
    inputs-reordered = one "octave" (change "octave" (final: old: { nativeBuildInputs = [ final.texinfo final.perl final.pkg-config ]; })
      [ (recipe "octave-8.1.0" null) ]);

    # Names.
    alias-added = one "redis" (edit (final: prev: { redis-server = prev.redis; }) [ ]);
    attribute-renamed = {
      edits.redis = { overlay = final: prev: { redis-server = prev.redis; }; hide = [ "redis" ]; causes = [ ]; };
    };
    package-renamed = one "redis" (edit
      (final: prev: { redict = prev.redis.overrideAttrs (_: { pname = "redict"; }); redis = final.redict; })
      [ (recipe "redict-7.0.10" [ "name" ] // { old = "redis-7.0.10"; attributes = [ "redict" "redis" ]; }) ]);
    package-added = one "tool" (edit (final: prev: { a-tool = tool final "a-tool" [ final.zlib ]; }) [ (added "a-tool-1") ]);
    # With a library of its own, which is no attribute, and another that is one.
    packages-added = one "tool" (edit
      (final: prev: {
        a-library = tool final "a-library" [ final.expat ];
        a-tool = tool final "a-tool" [ final.a-library (tool final "a-part" [ final.zlib ]) ];
      })
      [ (added "a-tool-1") (added "a-library-1") ]);
    package-added-and-used = one "tool" (edit
      (final: prev: {
        a-library = tool final "a-library" [ final.zlib ];
        less = prev.less.overrideAttrs (old: { buildInputs = old.buildInputs ++ [ final.a-library ]; });
      })
      [ (added "a-library-1") (recipe "less-608" [ "input-added a-library" ]) ]);
    package-removed = {
      common.overlay = final: prev: { a-tool = tool final "a-tool" [ final.zlib ]; };
      edits.tool = { hide = [ "a-tool" ]; causes = [ ]; };
    };
    attribute-for-what-is-there = {
      common.hide = [ "gperf" ];
      edits.gperf = { show = [ "gperf" ]; causes = [ (named "gperf-3.1") ]; };
    };
    attribute-hidden.edits.gperf = { hide = [ "gperf" ]; causes = [ ]; };

    # What is fetched, and how.
    fetcher-edited = one "mirrors" (bumped "mirrors-list" [ (recipe "mirrors-list-1" [ "variable recipeRevision" ]) ]);
    urls-edited = one "hugo" (change "hugo"
      (final: old: { src = old.src.overrideAttrs (_: { urls = [ "https://elsewhere.example/hugo.tar.gz" ]; }); })
      [ ]);
    hash-edited = one "hugo" (change "hugo" (final: rehash) [ (fetch "hugo-0.111.3.tar.gz" "hugo-0.111.3.tar.gz") ]);
    # linux, its modules, and perf, which is made from the same source
    hash-edited-for-two = one "linux" (change "linux" (final: rehash) [ (fetch "linux-6.1.23.tar.gz" "linux-6.1.23.tar.gz") ]);
    # To undo the edit of linux brings back its source, too; perf's own recipe is as it was.
    hash-edited-and-flag = one "linux" (change "linux"
      (final: old: rehash old // { makeFlags = [ "KBUILD_BUILD_HOST=x" ]; })
      [
        (recipe "linux-6.1.23" [ "flag makeFlags" ] // { also = [ "source" ]; exclusive = 5; shared = 0; })
        (fetch "linux-6.1.23.tar.gz" "linux-6.1.23.tar.gz" // { exclusive = 1; shared = 0; })
      ]);

    # The rest of a recipe.
    checks-off = one "libffi" (change "libffi" (final: old: { doCheck = false; })
      [ (recipe "libffi-3.4.4" [ "flag doCheck" "input-removed dejagnu" ]) ]);
    python-checks-off = one "requests" (python "requests" (old: { doCheck = false; }) [
      (recipe "python2.7-requests-2.27.1" [ "flag doInstallCheck" "input-removed python2.7-pytestCheckHook" "input-removed python2.7-pytest-xdist" ])
      (recipe "python3.11-requests-2.28.2" [ "flag doInstallCheck" "input-removed python3.11-pytestCheckHook" "input-removed python3.11-pytest-xdist" ])
    ]);
    flag-added = one "openblas" (flag "openblas" [ (recipe "openblas-0.3.21" [ "flag configureFlags" ]) ]);
    phase-edited = one "gnutls" (change "gnutls" (final: old: { installCheckPhase = "openssl version"; })
      [ (recipe "gnutls-3.8.0" [ "phase installCheckPhase" ]) ]);
    variable-added = one "icu" (change "icu" (final: old: { ICU_DATA_FILTER = "small"; })
      [ (recipe "icu-72.1" [ "variable ICU_DATA_FILTER" ]) ]);
    output-added = one "redis" (change "redis" (final: old: { outputs = [ "out" "doc" ]; })
      [ (recipe "redis-7.0.10" [ "outputs" ]) ]);
    # What lists it, lists another output of it now: whether that makes a recipe another one is not
    # said, so that these may be told or not.
    dev-output-added = one "libyaml" (change "libyaml" (final: old: { outputs = [ "out" "dev" ]; })
      ([ (recipe "libyaml-0.2.5" [ "outputs" ]) ]
        ++ map (name: recipe name [ "input-moved libyaml" ] // { optional = true; })
          [ "python2.7-PyYAML-5.4.1" "python3.11-PyYAML-6.0" "ruby-3.1.4" ]));
    structured-bumped = one "wget" (bumped "wget" [ (version "wget-1.21.3.1" "wget-1.21.3") ]);
    # The wrapper has the same name.
    structured-edited = one "firefox" (change "firefox-unwrapped"
      (final: old: { configureFlags = old.configureFlags ++ [ "--disable-crashreporter" ]; buildInputs = old.buildInputs ++ [ final.pcre ]; })
      [ (recipe "firefox-112.0" [ "flag configureFlags" "input-added pcre" ] // { attributes = [ "firefox-unwrapped" ]; }) ]);

    # Flags and choices of the whole set.
    cuda-off = {
      edits.cuda = {
        config.cudaSupport = false;
        causes = [
          (recipe "python2.7-pytorch-1.4.0" [ "input-removed cudatoolkit" "input-removed cudnn" "input-removed nccl" ] // { also = [ "variable" ]; })
          (recipe "python3.11-pytorch-1.13.1" [ "input-removed cudatoolkit" "input-removed cudnn" "input-removed nccl" ] // { also = [ "variable" ]; })
          (recipe "python3.11-tensorflow-2.11.1" [ "input-removed cudatoolkit" "input-removed cudnn" "input-removed nccl" ])
        ];
      };
    };
    # An attribute is another package that was there before: what takes it has another input.
    provider-switched = {
      common.overlay = final: prev: { mpich = tool final "mpich" [ final.zlib ]; };
      edits.mpi = edit (final: prev: { mpi = final.mpich; }) (map
        (name: recipe name [ "input-removed openmpi" "input-added mpich" ])
        [ "python2.7-pytorch-1.4.0" "python3.11-pytorch-1.13.1" "hdf5-mpi-1.14.0" ]);
    };
    # An attribute is another package that was not there: that took its place.
    provider-replaced = one "openblas" (edit
      (final: prev: { openblas = (tool final "blis" [ final.gfortran-runtime ]).overrideAttrs (_: { outputs = [ "out" "dev" ]; }); })
      [ (recipe "blis-1" [ "name" ] // { old = "openblas-0.3.21"; also = null; }) ]);
    interpreter-switched = {
      common.overlay = final: prev: {
        python3Packages = final.python311Packages;
        script = tool final "script" [ final.python3 ];
        program = tool final "program" [ final.python3Packages.six ];
      };
      edits.python3 = edit (final: prev: { python3 = final.python27; python3Packages = final.python27Packages; }) [
        (recipe "script-1" [ "input-removed python3" "input-added python" ])
        (recipe "program-1" [ "input-removed python3.11-six" "input-added python2.7-six" ])
      ];
    };

    # Several systems.
    all-systems = { common.systems = everywhere; } // one "expat" (flag "expat" [ (recipe "expat-2.5.0" [ "flag configureFlags" ]) ]);
    one-kernel = {
      common.systems = everywhere;
      edits.boost = edit
        (final: prev: lib.optionalAttrs prev.stdenv.isDarwin { boost = prev.boost.overrideAttrs (old: { makeFlags = [ "TOOLSET=clang" ]; }); })
        [ (recipe "boost-1.81.0" [ "flag makeFlags" ]) ];
      edits.icu = flag "icu" [ (recipe "icu-72.1" [ "flag configureFlags" ]) ];
    };
    # One edit: an attribute in common makes instances of what has another name on another system.
    standard-environments = { common.systems = everywhere; } // one "stdenv" (bumped "stdenv" [
      (recipe "stdenv-linux" [ "variable recipeRevision" ])
    ]);

    # Several edits; Nix undoes each alone.
    two-share = {
      edits.libjpeg = flag "libjpeg" [ (recipe "libjpeg-2.1.5" [ "flag configureFlags" ]) ];
      edits.libpng = change "libpng" (final: old: { patches = old.patches ++ [ (builtins.toFile "libpng-cve.patch" "-a\n+b\n") ]; })
        [ (recipe "libpng-apng-1.6.39" [ "patch libpng-cve.patch" ]) ];
    };
    edit-and-bump-of-its-input = {
      edits.libtiff = flag "libtiff" [ (recipe "libtiff-4.5.0" [ "flag configureFlags" ]) ];
      edits.libjpeg = upgrade "libjpeg" "2.1.6" [ (version "libjpeg-2.1.6" "libjpeg-2.1.5") ];
    };
    three-share = {
      edits.expat = flag "expat" [ (recipe "expat-2.5.0" [ "flag configureFlags" ]) ];
      edits.freetype = upgrade "freetype" "2.13.1" [ (version "freetype-2.13.1" "freetype-2.13.0") ];
      edits.libxml2 = change "libxml2" (final: old: { preBuild = "true"; }) [ (recipe "libxml2-2.10.4" [ "phase preBuild" ]) ];
    };
    # less is rebuilt for its own edit alone: it had no pcre
    takes-up-what-changes = {
      edits.less = change "less" (final: old: { buildInputs = old.buildInputs ++ [ final.pcre ]; }) [ (recipe "less-608" [ "input-added pcre" ]) ];
      edits.pcre = flag "pcre" [ (recipe "pcre-8.45" [ "flag configureFlags" ]) ];
    };
    # vim would be rebuilt without its own edit, too: it had gettext
    drops-what-changes = {
      edits.vim = change "vim" (final: old: { nativeBuildInputs = [ final.pkg-config ]; }) [ (recipe "vim-9.0.1441" [ "input-removed gettext" ]) ];
      edits.gettext = flag "gettext" [ (recipe "gettext-0.21" [ "flag configureFlags" ]) ];
    };
    rehashed-and-others = {
      edits.hugo = change "hugo" (final: rehash) [ (fetch "hugo-0.111.3.tar.gz" "hugo-0.111.3.tar.gz") ];
      edits.go = flag "go" [ (recipe "go-1.20.3" [ "flag configureFlags" ]) ];
      edits.tool = edit (final: prev: { a-tool = tool final "a-tool" [ final.go ]; }) [ (added "a-tool-1") ];
      edits.hook = change "pkg-config" (final: old: { setupHook = rewritten ./hooks/pkg-config.sh; }) [ (source "pkg-config.sh") ];
    };

    # Content-addressed: what they become is not known, only what they are made of.
    floating-bumped = {
      common.overlay = final: prev: { caPackages = lib.recurseIntoAttrs prev.caPackages; };
      edits.ca-library = bumped "ca-library" [ (version "ca-library-1.0.1" "ca-library-1.0") ];
    };
    floating-input-bumped = {
      common.overlay = final: prev: { caPackages = lib.recurseIntoAttrs prev.caPackages; };
      edits.expat = flag "expat" [ (recipe "expat-2.5.0" [ "flag configureFlags" ]) ];
    };
    # Their derivations differ in how sources are fetched, and in nothing else.
    floating-fetched-otherwise = {
      common.overlay = final: prev: { caPackages = lib.recurseIntoAttrs prev.caPackages; };
      edits.mirrors = bumped "mirrors-list" [ (recipe "mirrors-list-1" [ "variable recipeRevision" ]) ];
      rebuilt = [ "mirrors-list" ];
    };
  };

  # ---- What is asked for ----

  commonOf = case: { overlay = final: prev: { }; config = { }; hide = [ ]; systems = [ "x86_64-linux" ]; } // case.common or { };

  label = id: case: {
    plain = ! case ? common;
    edits = lib.mapAttrs (_: edit: edit.causes) case.edits;
    rebuilt = case.rebuilt or null;
  };

  side = { case, edits }:
    let
      common = commonOf cases.${case};
      chosen = map (id: cases.${case}.edits.${id}) edits;
      bumps = lib.concatMap (edit: lib.optional (edit ? bump) edit.bump) chosen;
      hidden = lib.filter (name: ! lib.elem name (lib.concatMap (edit: edit.show or [ ]) chosen))
        (common.hide ++ lib.concatMap (edit: edit.hide or [ ]) chosen);
      set = system: import ./default.nix {
        inherit system;
        bump = if bumps == [ ] then null else assert builtins.length bumps == 1; builtins.head bumps;
        overlays = [ common.overlay ] ++ lib.concatMap (edit: lib.optional (edit ? overlay) edit.overlay) chosen;
        config = builtins.foldl' (config: edit: config // edit.config or { }) common.config chosen;
      };
      # A path that is not known before the build is a placeholder.
      known = path: if lib.hasPrefix builtins.storeDir path then path else null;
      line = { path, drv }: {
        attr = path;
        inherit (drv) name system drvPath;
        outputs = lib.genAttrs (drv.outputs or [ "out" ]) (output: known drv.${output}.outPath);
      };
    in
    lib.concatMap (system: map line (lib.filter ({ path, ... }: ! lib.elem path hidden) (lib.packagesOf "" (set system))))
      common.systems;
in
{
  labels = lib.mapAttrs label cases;
  sides = map side wanted;
}
