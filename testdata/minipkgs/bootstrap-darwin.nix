# Darwin's way from the seed to the final set: shorter, and around clang.
{ lib, system, bumps, overlays, config }:
let
  fetchers = import ./fetchers.nix { inherit lib system bumps; };
  tools = import ./bootstrap-tools.nix { inherit lib system bumps; inherit (fetchers) bare; };
  toolFetchers = fetchers.withTools tools;

  makeStdenv = import ./stdenv.nix { inherit lib system bumps config; };

  makeStage = { stdenv, fetch, stageOverrides ? (prev: { }) }:
    import ./package-set.nix {
      inherit lib system bumps config overlays stdenv fetch stageOverrides;
    };

  earlyStdenv = cc: makeStdenv {
    shell = "${tools}/bin/bash";
    initialPath = [ tools ];
    inherit cc;
  };

  stage0 = makeStage {
    stdenv = earlyStdenv null;
    fetch = fetchers.bare;
  };

  # Makes the linker's tools, the system library and what llvm's build needs.
  stage1 = makeStage {
    stdenv = earlyStdenv (stage0.wrapCC {
      cc = tools; libc = tools; binutils = tools; shell = tools;
    });
    fetch = fetchers.bare;
  };

  # Makes llvm and clang.
  stage2 = makeStage {
    stdenv = earlyStdenv (stage1.wrapCC {
      cc = tools; libc = stage1.libSystem; binutils = stage1.cctools; shell = tools;
    });
    fetch = toolFetchers;
    stageOverrides = prev: {
      inherit (stage1) libSystem cctools libiconv cmake ninja python311 perl;
    };
  };

  # Makes the tools of the final environment.
  stage3 = makeStage {
    stdenv = earlyStdenv (stage2.wrapCC {
      cc = stage2.clang-unwrapped; libc = stage1.libSystem; binutils = stage1.cctools; shell = tools;
    });
    fetch = toolFetchers;
    stageOverrides = prev: {
      inherit (stage1) libSystem cctools;
      inherit (stage2) llvm clang-unwrapped;
    };
  };

  commonTools = [
    "bash" "coreutils" "findutils" "diffutils" "gnused" "gnugrep" "gawk"
    "gnutar" "gzip" "bzip2" "xz" "gnumake" "patch"
  ];

  finalStdenv = makeStdenv {
    shell = "${stage3.bash}/bin/bash";
    initialPath = map (name: lib.getBin stage3.${name}) commonTools;
    cc = stage3.wrapCC {
      cc = stage2.clang-unwrapped; libc = stage1.libSystem;
      binutils = stage1.cctools; shell = stage3.bash;
    };
    defaultInputs = [ stage3.libiconv ];
    extra = { fetchurlBoot = toolFetchers.fetchurl; };
  };

  fromBootstrap = lib.pick (commonTools ++ [ "libiconv" ]) stage3 // {
    inherit (stage1) libSystem cctools;
    inherit (stage2) llvm clang-unwrapped;
    clang = finalStdenv.cc;
  };

  fetchStage = makeStage {
    stdenv = finalStdenv;
    fetch = toolFetchers;
    stageOverrides = prev: fromBootstrap // { curl = prev.curlMinimal; };
  };

  fetch = fetchers.full {
    stdenv = finalStdenv;
    inherit (fetchStage) curl cacert unzip;
  };

  final = makeStage {
    stdenv = finalStdenv;
    inherit fetch;
    stageOverrides = prev: fromBootstrap // {
      mirrors-list = fetch.mirrorsFile;
      bootstrap = lib.recurseIntoAttrs {
        inherit tools;
        stage0 = lib.recurseIntoAttrs { inherit (stage0) stdenv; };
        stage1 = lib.recurseIntoAttrs {
          inherit (stage1) stdenv libSystem cctools libiconv zlib cmake ninja python311 perl;
        };
        stage2 = lib.recurseIntoAttrs { inherit (stage2) stdenv llvm clang-unwrapped libxml2 zlib; };
        stage3 = lib.recurseIntoAttrs ({
          inherit (stage3) stdenv libiconv zlib pcre ncurses;
        } // lib.pick commonTools stage3);
        fetch = lib.recurseIntoAttrs {
          inherit (fetchStage) curl openssl zlib libssh2 perl pkg-config unzip cacert;
        };
      };
    };
  };
in
{ inherit final; }
