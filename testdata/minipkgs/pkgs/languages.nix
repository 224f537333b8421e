# Interpreters, and compilers of other languages than C.
final: with final;
{
  python27 = define "python27" {
    pname = "python";
    version = "2.7.18";
    patches = [ ../patches/python-no-ldconfig.patch ];
    setupHook = ../hooks/python27.sh;
    buildInputs = [ bzip2 openssl zlib ncurses sqlite readline expat libffi ];
    passthru.pythonVersion = "2.7";
  };
  python311 = define "python311" {
    pname = "python3";
    version = "3.11.3";
    outputs = [ "out" "debug" ];
    strictDeps = true;
    setupHook = ../hooks/python311.sh;
    nativeBuildInputs = [ autoreconfHook pkg-config ];
    buildInputs = [ bzip2 expat libffi openssl readline sqlite xz zlib ];
    postInstall = ''program $out/bin/python "echo python $version"'';
    passthru.pythonVersion = "3.11";
  };
  python3 = python311;
  python27Packages = import ../python-packages.nix { inherit final; python = python27; };
  python311Packages = import ../python-packages.nix { inherit final; python = python311; };

  nodejs = define "nodejs" {
    version = "18.15.0";
    outputs = [ "out" "libv8" ];
    setupHook = ../hooks/node.sh;
    nativeBuildInputs = [ which pkg-config python311 ];
    buildInputs = [ zlib libuv openssl icu nghttp2 ];
    doCheck = true;
    checkInputs = [ curl ];
  };
  go = define "go" {
    version = "1.20.3";
    strictDeps = true;
    depsBuildTarget = [ perl ];
    # To build for a target, a user needs the target's compiler. Seen from a
    # native input this lies out of range.
    depsBuildTargetPropagated = [ stdenv.cc ];
    depsTargetTargetPropagated = lib.optional systems.isDarwin libiconv;
    doCheck = false;
  };
  rustc = define "rustc" {
    version = "1.68.2";
    outputs = [ "out" "man" "doc" ];
    nativeBuildInputs = [ file python311 cmake which pkg-config ];
    buildInputs = [ openssl llvm ];
    depsBuildBuild = [ stdenv.cc ];
    configureFlags = [ "--llvm-root=${lib.getDev llvm}" ];
    # A path that is no input: the text names it, the derivation does not.
    disallowedReferences = [ "${builtins.storeDir}/00000000000000000000000000000000-clang-15.0.7" ];
    dontStrip = true;
  };
  cargo = define "cargo" {
    version = "0.69.1";
    nativeBuildInputs = [ pkg-config cmake makeWrapper python311 ];
    buildInputs = [ rustc curl openssl zlib ];
    doCheck = true;
    nativeCheckInputs = [ git ];
    preCheck = "type git > /dev/null";
  };
  # Binds to C headers: clang's library reaches it by way of the hook.
  ripgrep = define "ripgrep" { version = "13.0.0"; nativeBuildInputs = [ cargo rustc bindgenHook ]; buildInputs = [ pcre ]; doInstallCheck = true; };
  fd = define "fd" { version = "8.7.0"; nativeBuildInputs = [ cargo rustc ]; };
  terraform = define "terraform" { version = "1.4.4"; nativeBuildInputs = [ go ]; nativeCheckInputs = [ git ]; doCheck = true; };
  hugo = define "hugo" { version = "0.111.3"; nativeBuildInputs = [ go ]; };
  lua = define "lua" { version = "5.2.4"; buildInputs = [ readline ]; };
  ruby = define "ruby" { version = "3.1.4"; outputs = [ "out" "devdoc" ]; nativeBuildInputs = [ autoreconfHook bison ]; buildInputs = [ openssl readline zlib libyaml libffi ]; };
  jdk = define "jdk" {
    version = "17.0.6";
    outputs = [ "out" "debug" ];
    nativeBuildInputs = [ pkg-config autoconf unzip zip ];
    buildInputs = [ zlib freetype libjpeg giflib libpng lcms2 fontconfig libX11 ] ++ lib.optional systems.isLinux alsa-lib;
    propagatedBuildInputs = lib.optional systems.isLinux cacert;
  };
  R = define "R" {
    version = "4.2.3";
    nativeBuildInputs = [ pkg-config perl ];
    buildInputs = [ bzip2 gfortran-runtime libjpeg libpng libtiff ncurses pango pcre readline xz zlib openblas curl icu jdk tcl tk ];
    doCheck = true;
  };
  gfortran-runtime = define "gfortran-runtime" { version = "12.2.0"; buildInputs = [ gmp ]; };
}
