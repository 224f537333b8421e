# What only Linux has.
final: with final;
{
  linuxHeaders = define "linuxHeaders" { pname = "linux-headers"; version = "6.1"; nativeBuildInputs = [ perl gnumake ]; };
  glibc = define "glibc" {
    version = "2.37";
    outputs = [ "out" "bin" "dev" "static" ];
    patches = [ ../patches/glibc-locale-archive.patch ];
    nativeBuildInputs = [ bison gettext perl gnumake ];
    depsBuildBuild = [ m4 ];
    propagatedBuildInputs = [ linuxHeaders ];
  };
  patchelf = define "patchelf" { version = "0.15.0"; setupHook = ../hooks/multiple-outputs.sh; doCheck = true; };
  attr = define "attr" { version = "2.5.1"; outputs = [ "bin" "dev" "out" ]; nativeBuildInputs = [ gettext ]; };
  acl = define "acl" { version = "2.3.1"; outputs = [ "bin" "dev" "out" ]; nativeBuildInputs = [ gettext ]; buildInputs = [ attr ]; };
  linux-pam = define "linux-pam" { version = "1.5.2"; outputs = [ "out" "doc" ]; nativeBuildInputs = [ flex ]; buildInputs = [ openssl ]; };
  libcap = define "libcap" { version = "2.67"; outputs = [ "out" "dev" "lib" ]; nativeBuildInputs = [ perl ]; buildInputs = [ linux-pam ]; depsBuildBuild = [ bash ]; propagatedBuildInputs = [ attr ]; };
  util-linux = define "util-linux" { version = "2.38.1"; outputs = [ "bin" "dev" "out" "lib" ]; nativeBuildInputs = [ pkg-config ]; buildInputs = [ zlib linux-pam ncurses ]; };
  kmod = define "kmod" { version = "30"; outputs = [ "out" "dev" ]; nativeBuildInputs = [ autoreconfHook pkg-config libxslt ]; buildInputs = [ xz openssl ]; };
  procps = define "procps" { version = "3.3.17"; nativeBuildInputs = [ pkg-config ]; buildInputs = [ ncurses ]; };
  systemd = define "systemd" {
    version = "253.3";
    outputs = [ "out" "man" "dev" ];
    patches = [ ../patches/systemd-hard-coded-paths.patch ];
    nativeBuildInputs = [ pkg-config meson ninja gperf m4 libxslt python311Packages.jinja2 ];
    buildInputs = [ acl kmod libcap util-linux linux-pam glib curl pcre xz openssl linuxHeaders ];
    postFixup = "test -x ${kmod}/bin/kmod";
  };
  alsa-lib = define "alsa-lib" { version = "1.2.8"; outputs = [ "out" "dev" ]; };
  wine = define "wine" {
    version = "8.0";
    nativeBuildInputs = [ bison flex pkg-config ];
    buildInputs = [ freetype fontconfig libGL alsa-lib ]
      # Both halves, where there is a second one.
      ++ lib.optionals (final ? pkgsi686Linux) (with pkgsi686Linux; [ freetype fontconfig alsa-lib libX11 gnutls ]);
  };

  linux = define "linux" {
    version = "6.1.23";
    outputs = [ "out" "dev" ];
    nativeBuildInputs = [ perl bison flex openssl kmod ];
    depsBuildBuild = [ stdenv.cc ];
    buildInputs = [ ];
  };
  # A kernel's packages carry its version in their names, whether they use
  # the kernel or only its source, or nothing of it.
  linuxPackages = lib.makeScope (self:
    let
      kernel = linux;
      module = id: version: extra: define id ({
        inherit version;
        name = "${id}-${versionOf id version}-${kernel.version}";
        position = builtins.unsafeGetAttrPos "linuxPackages" final;
        nativeBuildInputs = [ kernel.dev kmod ];
        configureFlags = [ "KERNELDIR=${kernel.dev}/lib/modules" ];
      } // extra);
    in
    {
      inherit kernel;
      zfs = module "zfs" "2.1.9" { buildInputs = [ zlib util-linux openssl attr ]; };
      wireguard = module "wireguard" "1.0.20220627" { };
      v4l2loopback = module "v4l2loopback" "0.12.7" { outputs = [ "out" "bin" ]; };
      perf = define "perf" {
        version = "1";
        name = "perf-linux-${kernel.version}";
        inherit (kernel) src;
        nativeBuildInputs = [ flex bison ];
        buildInputs = [ zlib openssl python311 ];
        ${if versionOf "perf" "" != "" then "recipeRevision" else null} = "1";
      };
      # Scripts alone: the kernel is in its name, not among its inputs.
      bcc-scripts = module "bcc-scripts" "0.26" { nativeBuildInputs = [ ]; configureFlags = [ ]; };
    });
}
