# From the seed to the final set. Each stage is the same set of packages made
# with a better environment; a stage takes over what earlier ones made well.
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

  # No compiler: enough to wrap one.
  stage0 = makeStage {
    stdenv = earlyStdenv null;
    fetch = fetchers.bare;
  };

  # The seed's compiler makes binutils and the tools that glibc's build needs.
  stage1 = makeStage {
    stdenv = earlyStdenv (stage0.wrapCC {
      cc = tools; libc = tools; binutils = tools; shell = tools;
    });
    fetch = fetchers.bare;
  };

  # Makes glibc, with the new binutils.
  stage2 = makeStage {
    stdenv = earlyStdenv (stage1.wrapCC {
      cc = tools; libc = tools; inherit (stage1) binutils; shell = tools;
    });
    fetch = fetchers.bare;
    stageOverrides = prev: {
      inherit (stage1) binutils gnumake m4 bison perl linuxHeaders gettext;
    };
  };

  # Makes gcc, against the new glibc.
  stage3 = makeStage {
    stdenv = earlyStdenv (stage2.wrapCC {
      cc = tools; libc = stage2.glibc; inherit (stage1) binutils; shell = tools;
    });
    fetch = toolFetchers;
    stageOverrides = prev: {
      inherit (stage2) glibc linuxHeaders;
      inherit (stage1) gnumake m4 bison perl binutils gettext;
    };
  };

  # Makes the tools of the final environment, with the new compiler.
  stage4 = makeStage {
    stdenv = earlyStdenv (stage3.wrapCC {
      cc = stage3.gcc-unwrapped; libc = stage2.glibc; inherit (stage1) binutils; shell = tools;
    });
    fetch = toolFetchers;
    stageOverrides = prev: {
      inherit (stage2) glibc linuxHeaders;
      inherit (stage3) gcc-unwrapped gmp mpfr libmpc isl;
      inherit (stage1) m4 bison perl;
    };
  };

  commonTools = [
    "bash" "coreutils" "findutils" "diffutils" "gnused" "gnugrep" "gawk"
    "gnutar" "gzip" "bzip2" "xz" "gnumake" "patch"
  ];

  finalStdenv = makeStdenv {
    shell = "${stage4.bash}/bin/bash";
    initialPath = map (name: lib.getBin stage4.${name}) commonTools;
    cc = stage4.wrapCC {
      cc = stage3.gcc-unwrapped; libc = stage2.glibc; inherit (stage4) binutils; shell = stage4.bash;
    };
    defaultInputs = [ stage4.patchelf ];
    extra = { fetchurlBoot = toolFetchers.fetchurl; };
  };

  # What the final environment contains is the final set's too.
  fromBootstrap = lib.pick (commonTools ++ [ "patchelf" "binutils" ]) stage4
    // {
      inherit (stage2) glibc linuxHeaders;
      inherit (stage3) gcc-unwrapped;
      gcc = finalStdenv.cc;
    };

  # The fetcher's curl cannot be fetched by itself: a set of its own, made by
  # the final environment, its sources fetched with the tools.
  fetchStage = makeStage {
    stdenv = finalStdenv;
    fetch = toolFetchers;
    stageOverrides = prev: fromBootstrap // { curl = prev.curlMinimal; };
  };

  fetch = fetchers.full {
    stdenv = finalStdenv;
    inherit (fetchStage) curl cacert unzip;
  };

  i686 = (import ./default.nix { system = "i686-linux"; bump = bumps; inherit overlays config; });

  final = makeStage {
    stdenv = finalStdenv;
    inherit fetch;
    stageOverrides = prev: fromBootstrap // {
      mirrors-list = fetch.mirrorsFile;
      bootstrap = lib.recurseIntoAttrs {
        inherit tools;
        stage0 = lib.recurseIntoAttrs { inherit (stage0) stdenv; };
        stage1 = lib.recurseIntoAttrs {
          inherit (stage1) stdenv binutils zlib gnumake m4 bison perl linuxHeaders gettext;
        };
        stage2 = lib.recurseIntoAttrs { inherit (stage2) stdenv glibc; };
        stage3 = lib.recurseIntoAttrs {
          inherit (stage3) stdenv gcc-unwrapped gmp mpfr libmpc isl zlib texinfo;
        };
        stage4 = lib.recurseIntoAttrs ({
          inherit (stage4) stdenv patchelf binutils zlib pcre ncurses readline;
        } // lib.pick commonTools stage4);
        fetch = lib.recurseIntoAttrs {
          inherit (fetchStage) curl openssl zlib libssh2 perl pkg-config unzip cacert;
        };
      };
    } // lib.optionalAttrs (system == "x86_64-linux") {
      pkgsi686Linux = lib.recurseIntoAttrs (lib.pick [
        "stdenv" "glibc" "gcc" "zlib" "bzip2" "openssl" "curl" "perl" "expat" "libpng" "libjpeg"
        "freetype" "fontconfig" "alsa-lib" "libX11" "libGL" "dbus" "glib" "ncurses" "gnutls"
        "python27" "libxml2" "sqlite"
      ] i686);
    };
  };
in
{ inherit final; }
