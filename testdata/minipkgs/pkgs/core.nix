# The tools of the standard environment, and other small ones.
final: with final;
{
  bash = define "bash" {
    version = "5.2-p15";
    outputs = [ "out" "dev" "man" ];
    nativeBuildInputs = [ bison ];
    depsBuildBuild = [ gnumake ];
    # The machine's own shell does the work.
    postInstall = ''
      ln -sf /bin/bash $out/bin/bash
      ln -sf bash $out/bin/sh
    '';
  };
  coreutils = define "coreutils" {
    version = "9.1";
    outputs = [ "out" "info" ];
    patches = [ ../patches/coreutils-sandbox-tests.patch ];
    nativeBuildInputs = [ autoreconfHook perl ];
    buildInputs = [ gmp ] ++ lib.optionals systems.isLinux [ acl attr ];
  };
  findutils = define "findutils" { version = "4.9.0"; nativeBuildInputs = [ coreutils ]; };
  diffutils = define "diffutils" { version = "3.9"; nativeBuildInputs = [ perl xz ]; propagatedBuildInputs = [ coreutils ]; };
  gnused = define "gnused" { version = "4.9"; nativeBuildInputs = [ perl ]; };
  gnugrep = define "gnugrep" { version = "3.7"; buildInputs = [ pcre ]; };
  gawk = define "gawk" { version = "5.1.1"; nativeBuildInputs = [ bison ]; };
  gnutar = define "gnutar" { version = "1.34"; buildInputs = lib.optional systems.isLinux acl; };
  gzip = define "gzip" { version = "1.12"; nativeBuildInputs = [ makeWrapper ]; };
  bzip2 = define "bzip2" {
    version = "1.0.8";
    outputs = [ "bin" "dev" "out" "man" ];
    nativeBuildInputs = [ autoreconfHook ];
  };
  xz = define "xz" {
    version = "5.4.2";
    outputs = [ "bin" "dev" "out" "man" ];
    doCheck = true;
  };
  patch = define "patch" { version = "2.7.6"; nativeBuildInputs = [ autoreconfHook ]; };
  which = define "which" { version = "2.21"; };
  file = define "file" { version = "5.44"; buildInputs = [ zlib ]; };
  less = define "less" { version = "608"; buildInputs = [ ncurses ]; };
  unzip = define "unzip" { version = "6.0"; buildInputs = [ bzip2 ]; };
  zip = define "zip" { version = "3.0"; buildInputs = [ bzip2 ]; };
  gnupg = define "gnupg" { version = "2.4.0"; nativeBuildInputs = [ pkg-config texinfo ]; buildInputs = [ gnutls readline bzip2 sqlite zlib ]; };

  perl = define "perl" {
    version = "5.36.0";
    outputs = [ "out" "man" ];
    patches = [ ../patches/perl-no-sys-dirs.patch ];
    setupHook = ../hooks/perl.sh;
    buildInputs = [ zlib ];
    disallowedReferences = [ stdenv.cc ];
  };
  perlPackages = import ../perl-packages.nix final;

  tcl = define "tcl" { version = "8.6.13"; buildInputs = [ zlib ]; };
  tk = define "tk" { version = "8.6.13"; outputs = [ "out" "dev" ]; propagatedBuildInputs = [ tcl ]; buildInputs = [ libX11 freetype fontconfig ]; };

  # Trees of links.
  buildEnv = { name, paths, postBuild ? "" }: stdenv.mkDerivation {
    inherit name paths postBuild;
    builder = ../build-env.sh;
    preferLocalBuild = true;
  };

  cacert = define "cacert" {
    version = "3.86";
    nativeBuildInputs = [ perl ];
    postInstall = ''
      mkdir -p $out/etc
      echo "certificates of $version" > $out/etc/ca-bundle.crt
    '';
  };
}
