# Pictures, fonts, sound, windows.
final: with final;
{
  libjpeg = define "libjpeg" { version = "2.1.5"; outputs = [ "bin" "dev" "out" ]; nativeBuildInputs = [ cmake ]; };
  libtiff = define "libtiff" { version = "4.5.0"; outputs = [ "bin" "dev" "out" ]; nativeBuildInputs = [ cmake pkg-config ]; propagatedBuildInputs = [ libjpeg xz zlib ]; };
  libwebp = define "libwebp" { version = "1.3.0"; nativeBuildInputs = [ autoreconfHook ]; buildInputs = [ libpng libjpeg libtiff ]; };
  lcms2 = define "lcms2" { version = "2.15"; outputs = [ "bin" "dev" "out" ]; propagatedBuildInputs = [ libtiff libjpeg zlib ]; };
  openjpeg = define "openjpeg" { version = "2.5.0"; outputs = [ "out" "dev" ]; nativeBuildInputs = [ cmake pkg-config ]; buildInputs = [ libpng libtiff zlib lcms2 ]; };
  giflib = define "giflib" { version = "5.2.1"; };

  freetype = define "freetype" {
    version = "2.13.0";
    outputs = [ "out" "dev" ];
    nativeBuildInputs = [ pkg-config which gnumake ];
    propagatedBuildInputs = [ zlib bzip2 libpng ];
  };
  # A font is a source that is used as it is fetched.
  fira-code = fetchurl rec {
    name = "fira-code-${versionOf "fira-code" "6.2"}.ttf";
    url = "mirror://fonts/${name}";
  } // { definition = "fira-code"; };
  dejavu-fonts = define "dejavu-fonts" { version = "2.37"; nativeBuildInputs = [ perl fontforge ]; };
  fontforge = define "fontforge" { version = "20230101"; nativeBuildInputs = [ cmake pkg-config ]; buildInputs = [ freetype libxml2 libpng libjpeg ]; };
  fontconfig = define "fontconfig" {
    version = "2.14.2";
    outputs = [ "bin" "dev" "lib" "out" ];
    nativeBuildInputs = [ autoreconfHook gperf pkg-config python311 ];
    buildInputs = [ expat ];
    propagatedBuildInputs = [ freetype ];
    configureFlags = [ "--with-default-fonts=${fira-code}" ];
    doCheck = true;
  };
  gperf = define "gperf" { version = "3.1"; };

  libX11 = define "libX11" { version = "1.8.4"; outputs = [ "out" "dev" ]; nativeBuildInputs = [ pkg-config ]; propagatedBuildInputs = [ xorgproto libxcb ]; };
  xorgproto = define "xorgproto" { version = "2021.5"; };
  libxcb = define "libxcb" { version = "1.14"; outputs = [ "out" "dev" ]; nativeBuildInputs = [ pkg-config libxslt python311 ]; buildInputs = [ xorgproto ]; };
  libGL = define "libGL" { version = "1.6.0"; outputs = [ "out" "dev" ]; nativeBuildInputs = [ autoreconfHook python311 ]; buildInputs = [ libX11 ]; };
  mesa = define "mesa" {
    version = "22.3.7";
    outputs = [ "out" "dev" "drivers" ];
    nativeBuildInputs = [ meson ninja pkg-config bison flex python311Packages.mako ];
    buildInputs = [ expat llvm libX11 zlib ];
    propagatedBuildInputs = [ libGL ];
  };
  pixman = define "pixman" { version = "0.42.2"; nativeBuildInputs = [ pkg-config ]; buildInputs = [ libpng ]; doCheck = true; };
  cairo = define "cairo" {
    version = "1.16.0";
    outputs = [ "out" "dev" ];
    nativeBuildInputs = [ pkg-config ];
    buildInputs = [ libX11 ];
    propagatedBuildInputs = [ fontconfig expat freetype pixman zlib libpng glib ];
  };
  harfbuzz = define "harfbuzz" { version = "7.1.0"; outputs = [ "out" "dev" ]; nativeBuildInputs = [ meson ninja pkg-config python311 ]; buildInputs = [ glib freetype cairo icu ]; doCheck = true; };
  fribidi = define "fribidi" { version = "1.0.12"; outputs = [ "out" "dev" ]; nativeBuildInputs = [ meson ninja pkg-config ]; };
  pango = define "pango" {
    version = "1.50.14";
    outputs = [ "bin" "out" "dev" ];
    nativeBuildInputs = [ meson ninja pkg-config glib ];
    buildInputs = [ fribidi ];
    propagatedBuildInputs = [ cairo glib harfbuzz ];
    checkInputs = [ dejavu-fonts ];
    doCheck = true;
  };
  gdk-pixbuf = define "gdk-pixbuf" {
    version = "2.42.10";
    outputs = [ "out" "dev" ];
    setupHook = ../hooks/gdk-pixbuf.sh;
    nativeBuildInputs = [ meson ninja pkg-config glib ];
    propagatedBuildInputs = [ glib libtiff libjpeg libpng ];
    doInstallCheck = true;
    nativeInstallCheckInputs = [ file ];
  };
  gtk3 = define "gtk3" {
    version = "3.24.37";
    outputs = [ "out" "dev" ];
    nativeBuildInputs = [ meson ninja pkg-config gettext glib python311 ];
    buildInputs = lib.optional systems.isLinux dbus;
    propagatedBuildInputs = [ cairo pango gdk-pixbuf glib libX11 ];
    strictDeps = true;
    shellHook = "export XDG_DATA_DIRS=${dejavu-fonts}/share";
  };
  qtbase = define "qtbase" {
    version = "6.4.3";
    outputs = [ "out" "dev" "bin" ];
    setupHook = ../hooks/qt.sh;
    nativeBuildInputs = [ cmake ninja perl pkg-config ];
    buildInputs = [ dbus glib harfbuzz icu libjpeg libpng openssl pcre sqlite zlib fontconfig ]
      ++ lib.optionals systems.isLinux [ systemd postgresql.lib ];
    propagatedNativeBuildInputs = [ perl ];
    depsHostHostPropagated = [ libGL ];
    env.QT_BUILD = "release";
  };
  qtwebengine = define "qtwebengine" {
    version = "6.4.3";
    outputs = [ "out" "dev" ];
    nativeBuildInputs = [ cmake ninja nodejs python311 bison flex gperf ];
    propagatedBuildInputs = [ qtbase ];
    buildInputs = [ ffmpeg icu libxml2 protobuf re2 ] ++ lib.optional systems.isLinux alsa-lib;
  };

  libvorbis = define "libvorbis" { version = "1.3.7"; outputs = [ "out" "dev" ]; propagatedBuildInputs = [ libogg ]; doCheck = true; };
  libogg = define "libogg" { version = "1.3.5"; outputs = [ "out" "dev" ]; };
  x264 = define "x264" { version = "2022"; outputs = [ "out" "lib" "dev" ]; sourceFor = version: fetchFromGitHub { owner = "video"; repo = "x264"; rev = version; }; nativeBuildInputs = lib.optional systems.isx86_64 nasm; };
  nasm = define "nasm" { version = "2.15.05"; nativeBuildInputs = [ perl ]; };
  SDL2 = define "SDL2" { version = "2.26.4"; outputs = [ "out" "dev" ]; nativeBuildInputs = [ pkg-config ]; propagatedBuildInputs = [ libX11 ] ++ lib.optional systems.isLinux alsa-lib; buildInputs = [ libGL ]; };
  ffmpeg = define "ffmpeg" {
    version = "5.1.3";
    outputs = [ "bin" "lib" "dev" "out" ];
    nativeBuildInputs = [ perl pkg-config texinfo ] ++ lib.optional systems.isx86_64 nasm;
    buildInputs = [ bzip2 fontconfig freetype fribidi gnutls SDL2 libvorbis x264 xz zlib ]
      ++ lib.optional systems.isLinux alsa-lib;
    doCheck = systems.isLinux;
    checkPhase = "test -d ${lib.getDev x264}/include";
  };
  imagemagick = define "imagemagick" {
    version = "7.1.1";
    outputs = [ "out" "dev" ];
    nativeBuildInputs = [ pkg-config libtool ];
    buildInputs = [ zlib fontconfig freetype libjpeg libpng libtiff libwebp lcms2 openjpeg libxml2 ];
  };
  ghostscript = define "ghostscript" { version = "10.01.0"; outputs = [ "out" "man" ]; nativeBuildInputs = [ pkg-config autoconf zlib ]; buildInputs = [ libjpeg libpng libtiff zlib fontconfig freetype lcms2 openjpeg ]; };
}
