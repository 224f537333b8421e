# Libraries that most of the rest stands on.
final: with final;
let
  zlibFor = attrs: define "zlib" ({
    version = "1.2.13";
    outputs = [ "out" "dev" "static" ];
    patches = [ ../patches/zlib-deterministic-order.patch ];
    strictDeps = true;
  } // attrs);

  curlFor = { pname ? "curl", http2 ? true, gss ? false, ldap ? false }: define "curl" {
    inherit pname;
    version = "8.0.1";
    outputs = [ "bin" "dev" "out" "man" ];
    strictDeps = true;
    nativeBuildInputs = [ pkg-config perl ];
    propagatedBuildInputs = [ zlib openssl libssh2 ]
      ++ lib.optional http2 nghttp2
      ++ lib.optional gss krb5
      ++ lib.optional ldap openldap;
    features = lib.optionalString http2 "http2" + lib.optionalString gss " gss";
    doCheck = http2;
    nativeCheckInputs = lib.optional http2 python311;
    postInstall = ''program $bin/bin/curl "echo curl $version"'';
  };
in
{
  zlib = zlibFor { };
  # The same definition, for another compiler.
  emscripten-zlib = zlibFor {
    pname = "emscripten-zlib";
    nativeBuildInputs = [ clang llvm nodejs python311 ];
    buildPhase = "objectText+='compiled to wasm'; rpath=";
  };
  libpng = define "libpng" {
    pname = "libpng-apng";
    version = "1.6.39";
    outputs = [ "out" "dev" "man" ];
    patches = [ ../patches/libpng-apng.patch ];
    propagatedBuildInputs = [ zlib ];
    doCheck = true;
  };
  openssl = define "openssl" {
    version = "3.0.8";
    outputs = [ "bin" "dev" "out" "man" ];
    patches = [ ../patches/openssl-cert-dir.patch ];
    nativeBuildInputs = [ perl makeWrapper ];
    postFixup = ''
      if [ -e ${stdenv.shell} ]; then echo openssldir > $out/openssl.cnf; fi
    '';
  };
  libssh2 = define "libssh2" { version = "1.10.0"; outputs = [ "out" "dev" ]; propagatedBuildInputs = [ openssl ]; buildInputs = [ zlib ]; };
  nghttp2 = define "nghttp2" {
    version = "1.51.0";
    outputs = [ "bin" "dev" "out" "lib" ];
    nativeBuildInputs = [ pkg-config ];
    buildInputs = [ openssl ];
    checkInputs = [ cunit ];
    doCheck = true;
  };
  cunit = define "cunit" { version = "2.1-3"; nativeBuildInputs = [ autoreconfHook ]; };
  krb5 = define "krb5" { version = "1.20.1"; outputs = [ "out" "dev" ]; nativeBuildInputs = [ perl bison pkg-config ]; buildInputs = [ openssl ]; };
  openldap = define "openldap" { version = "2.6.4"; outputs = [ "out" "dev" ]; buildInputs = [ openssl libtool ]; };
  curl = curlFor { };
  curlFull = curlFor { pname = "curl-full"; gss = true; ldap = true; };
  curlMinimal = curlFor { http2 = false; };

  pcre = define "pcre" { version = "8.45"; outputs = [ "bin" "dev" "out" ]; };
  ncurses = define "ncurses" { version = "6.4"; outputs = [ "out" "dev" "man" ]; nativeBuildInputs = [ pkg-config ]; depsBuildBuild = [ gnumake ]; };
  readline = define "readline" { version = "8.2"; outputs = [ "out" "dev" ]; propagatedBuildInputs = [ ncurses ]; };
  libffi = define "libffi" {
    version = "3.4.4";
    outputs = [ "out" "dev" ];
    doCheck = true;
    nativeCheckInputs = [ dejagnu ];
  };
  libuv = define "libuv" { version = "1.44.2"; nativeBuildInputs = [ autoconf automake libtool pkg-config ]; };
  rhash = define "rhash" { version = "1.4.3"; nativeBuildInputs = [ which ]; buildInputs = [ openssl ]; };
  libarchive = define "libarchive" {
    version = "3.6.2";
    outputs = [ "out" "lib" "dev" ];
    sourceFor = version: fetchFromGitHub { owner = "libarchive"; repo = "libarchive"; rev = "v${version}"; };
    nativeBuildInputs = [ pkg-config autoreconfHook ];
    buildInputs = [ bzip2 expat openssl xz zlib ] ++ lib.optionals systems.isLinux [ acl attr ];
  };
  expat = define "expat" { version = "2.5.0"; outputs = [ "out" "dev" ]; doCheck = true; };
  libxml2 = define "libxml2" {
    version = "2.10.4";
    outputs = [ "bin" "dev" "out" ];
    strictDeps = true;
    nativeBuildInputs = [ pkg-config autoreconfHook ];
    propagatedBuildInputs = [ zlib ] ++ lib.optional systems.isDarwin libiconv;
    doCheck = systems.isLinux;
  };
  libxslt = define "libxslt" { version = "1.1.37"; outputs = [ "bin" "dev" "out" ]; nativeBuildInputs = [ pkg-config ]; buildInputs = [ zlib ]; propagatedBuildInputs = [ libxml2 ]; };
  libyaml = define "libyaml" { version = "0.2.5"; nativeBuildInputs = [ autoreconfHook ]; };
  icu = define "icu" { version = "72.1"; outputs = [ "out" "dev" ]; };
  boost = define "boost" {
    version = "1.81.0";
    outputs = [ "out" "dev" ];
    patches = lib.optional systems.isDarwin ../patches/boost-darwin-names.patch;
    nativeBuildInputs = [ which python311 ];
    buildInputs = [ bzip2 expat icu xz zlib ];
  };
  gnutls = define "gnutls" {
    version = "3.8.0";
    outputs = [ "bin" "dev" "out" ];
    nativeBuildInputs = [ perl pkg-config texinfo ];
    buildInputs = [ gmp libidn2 zlib ];
    propagatedBuildInputs = [ nettle ];
    doInstallCheck = true;
    nativeInstallCheckInputs = [ which openssl ];
    installCheckPhase = "type openssl > /dev/null";
  };
  nettle = define "nettle" { version = "3.8.1"; outputs = [ "out" "dev" ]; nativeBuildInputs = [ m4 ]; propagatedBuildInputs = [ gmp ]; };
  libidn2 = define "libidn2" { version = "2.3.2"; outputs = [ "out" "dev" ]; };
  glib = define "glib" {
    version = "2.74.5";
    outputs = [ "bin" "out" "dev" ];
    setupHook = ../hooks/multiple-outputs.sh;
    strictDeps = true;
    nativeBuildInputs = [ meson ninja pkg-config perl python311 gettext libxslt ];
    buildInputs = [ pcre ] ++ lib.optional systems.isLinux util-linux;
    propagatedBuildInputs = [ zlib libffi gettext ] ++ lib.optional systems.isDarwin libiconv;
    nativeCheckInputs = [ dbus ];
    doCheck = false;
  };
  dbus = define "dbus" {
    version = "1.14.6";
    outputs = [ "out" "dev" "lib" ];
    nativeBuildInputs = [ pkg-config autoreconfHook ];
    buildInputs = [ expat ] ++ lib.optional systems.isLinux libX11;
    doCheck = true;
  };
  protobuf = define "protobuf" {
    version = "3.21.12";
    sourceFor = version: fetchFromGitHub { owner = "protocolbuffers"; repo = "protobuf"; rev = "v${version}"; };
    nativeBuildInputs = [ cmake ];
    buildInputs = [ zlib ];
    checkInputs = [ gtest ];
    doCheck = true;
  };
  abseil-cpp = define "abseil-cpp" { version = "20230125.1"; nativeBuildInputs = [ cmake ]; buildInputs = [ gtest ]; };
  re2 = define "re2" { version = "2023-03-01"; nativeBuildInputs = [ ninja ]; doCheck = true; };
  c-ares = define "c-ares" { version = "1.19.0"; };
  grpc = define "grpc" {
    version = "1.53.0";
    nativeBuildInputs = [ cmake pkg-config ];
    propagatedBuildInputs = [ c-ares re2 zlib abseil-cpp ];
    buildInputs = [ openssl protobuf ];
  };
  libusb = define "libusb" { version = "1.0.26"; outputs = [ "out" "dev" ]; nativeBuildInputs = [ pkg-config ]; buildInputs = lib.optional systems.isLinux systemd; };
}
