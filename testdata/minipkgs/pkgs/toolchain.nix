# Compilers, and what builds are driven with.
final: with final;
let
  # One definition, two packages.
  cmakeFor = { cursesUI ? false }: define "cmake" {
    pname = if cursesUI then "cmake-cursesUI" else "cmake";
    version = "3.25.3";
    patches = [ ../patches/cmake-search-prefix.patch ]
      ++ lib.optional systems.isLinux ../patches/cmake-no-system-dirs.patch;
    setupHook = ../hooks/cmake.sh;
    buildInputs = [ bzip2 curl expat libarchive xz zlib libuv rhash ]
      ++ lib.optional cursesUI ncurses;
    propagatedBuildInputs = lib.optional systems.isDarwin libiconv;
    features = lib.optionalString cursesUI "cursesUI";
  };

  hook = id: { version ? "1", setupHook, deps ? [ ] }: defineRecipe id {
    name = "hook";
    inherit version setupHook;
    position = builtins.unsafeGetAttrPos "setupHook" { inherit setupHook; };
    propagatedBuildInputs = deps;
    phases = "fixupPhase";
  };
in
{
  # A compiler that finds its library and its linker.
  wrapCC = { cc, libc, binutils, shell, libcxx ? null }:
    let
      kind = if systems.isDarwin || cc.pname or "" == "clang" then "clang" else "gcc";
      id = kind;
      seedVersion = if kind == "clang" then "15.0.7" else "12.2.0";
    in
    defineRecipe id {
      pname = "${kind}-wrapper";
      version = if cc.pname == "bootstrap-tools" then seedVersion else cc.version;
      builder = ../wrap-cc.sh;
      inherit kind cc;
      bintools = binutils;
      libc_dev = lib.getDev libc;
      libc_lib = lib.getLib libc;
      wrapperShell = lib.getBin shell;
      depsTargetTargetPropagated = lib.optional (libcxx != null) libcxx;
    };

  gcc-unwrapped = define "gcc-unwrapped" {
    pname = "gcc";
    version = "12.2.0";
    outputs = [ "out" "lib" "man" ];
    patches = [ ../patches/gcc-no-system-includes.patch ];
    nativeBuildInputs = [ texinfo gettext perl m4 ];
    buildInputs = [ gmp mpfr libmpc isl zlib ];
    configureFlags = [ "--with-gmp=${lib.getDev gmp}" "--with-mpfr=${lib.getDev mpfr}" "--disable-multilib" ];
    enableParallelBuilding = true;
  };

  binutils = define "binutils" {
    version = "2.40";
    outputs = [ "out" "dev" "lib" ];
    nativeBuildInputs = [ bison perl texinfo ];
    buildInputs = [ zlib gettext ];
    depsBuildBuild = [ m4 ];
  };

  gmp = define "gmp" {
    version = "6.2.1";
    outputs = [ "out" "dev" ];
    nativeBuildInputs = [ m4 ];
    doCheck = true;
  };
  mpfr = define "mpfr" {
    version = "4.2.0";
    outputs = [ "out" "dev" ];
    propagatedBuildInputs = [ gmp ];
  };
  libmpc = define "libmpc" { version = "1.3.1"; buildInputs = [ gmp mpfr ]; doCheck = true; };
  isl = define "isl" { version = "0.20"; buildInputs = [ gmp ]; };

  gnumake = define "gnumake" { version = "4.4"; outputs = [ "out" "man" ]; };
  m4 = define "m4" { version = "1.4.19"; };
  bison = define "bison" {
    version = "3.8.2";
    nativeBuildInputs = [ m4 perl ];
    propagatedBuildInputs = [ m4 ];
  };
  flex = define "flex" { version = "2.6.4"; nativeBuildInputs = [ bison ]; propagatedBuildInputs = [ m4 ]; };
  gettext = define "gettext" { version = "0.21"; outputs = [ "out" "doc" ]; };
  texinfo = define "texinfo" {
    version = "6.8";
    strictDeps = true;
    nativeBuildInputs = [ perl ];
    buildInputs = [ bash ncurses ];
  };
  autoconf = define "autoconf" {
    version = "2.71";
    strictDeps = true;
    nativeBuildInputs = [ m4 perl ];
    buildInputs = [ m4 ];
    doCheck = false;
  };
  automake = define "automake" {
    version = "1.16.5";
    nativeBuildInputs = [ autoconf perl ];
    buildInputs = [ autoconf ];
    doInstallCheck = true;
    nativeInstallCheckInputs = [ bison flex ];
  };
  libtool = define "libtool" {
    version = "2.4.7";
    outputs = [ "out" "lib" ];
    nativeBuildInputs = [ perl m4 ];
    propagatedBuildInputs = [ m4 file ];
  };
  autoreconfHook = hook "autoreconfHook" {
    setupHook = ../hooks/autoreconf.sh;
    deps = [ autoconf automake gettext libtool ];
  };
  makeWrapper = hook "makeWrapper" { setupHook = ../hooks/make-wrapper.sh; };

  pkg-config = define "pkg-config" {
    version = "0.29.2";
    outputs = [ "out" "man" ];
    strictDeps = true;
    setupHook = ../hooks/pkg-config.sh;
    buildInputs = lib.optional systems.isDarwin libiconv;
  };
  cmake = cmakeFor { };
  cmake-cursesUI = cmakeFor { cursesUI = true; };
  ninja = define "ninja" {
    version = "1.11.1";
    setupHook = ../hooks/ninja.sh;
    nativeBuildInputs = [ python311 re2c ];
    doCheck = true;
    nativeCheckInputs = [ gtest ];
    preCheck = "test -d ${gtest.dev}/include";
  };
  meson = define "meson" {
    version = "1.0.1";
    nativeBuildInputs = [ makeWrapper ];
    propagatedBuildInputs = [ python311 ];
    postInstall = ''makeWrapper ${python311}/bin/python $out/bin/meson-run ${ninja}/bin'';
  };
  re2c = define "re2c" { version = "3.0"; nativeBuildInputs = [ autoreconfHook ]; };
  gtest = define "gtest" {
    version = "1.13.0";
    outputs = [ "out" "dev" ];
    nativeBuildInputs = [ cmake ];
  };
  dejagnu = define "dejagnu" { version = "1.6.3"; buildInputs = [ expect makeWrapper ]; };
  expect = define "expect" { version = "5.45.4"; buildInputs = [ tcl ]; nativeBuildInputs = [ autoreconfHook ]; };

  llvm = define "llvm" {
    version = "15.0.7";
    outputs = [ "out" "lib" "dev" "python" ];
    nativeBuildInputs = [ cmake ninja python311 ];
    buildInputs = [ libxml2 libffi ];
    propagatedBuildInputs = [ ncurses zlib ];
    doCheck = stdenv.isLinux && stdenv.isx86_64;
    nativeCheckInputs = [ which ] ++ lib.optional systems.isLinux procps;
    cmakeFlags = [ "-DLLVM_BUILD_TESTS=ON" "-DLLVM_ENABLE_FFI=ON" ];
    requiredSystemFeatures = [ ];
  };
  clang-unwrapped = define "clang-unwrapped" {
    pname = "clang";
    version = "15.0.7";
    outputs = [ "out" "lib" "dev" ];
    nativeBuildInputs = [ cmake ninja python311 ];
    buildInputs = [ libxml2 llvm ];
  };
  libcxx = define "libcxx" {
    version = "15.0.7";
    outputs = [ "out" "dev" ];
    sourceFor = version: fetchFromGitHub { owner = "llvm"; repo = "libcxx"; rev = version; };
    nativeBuildInputs = [ cmake python311 ];
  };
  clang = wrapCC {
    cc = clang-unwrapped;
    libc = if systems.isDarwin then libSystem else glibc;
    binutils = if systems.isDarwin then cctools else binutils;
    shell = bash;
    inherit libcxx;
  };
  llvmPackages = lib.makeScope (self: { inherit llvm clang-unwrapped clang libcxx; });

  # For what binds to C headers: brings the compiler's own library along.
  bindgenHook = hook "bindgenHook" { setupHook = ../hooks/multiple-outputs.sh; deps = [ clang ]; };
}
