# Databases, servers, tools of the network.
final: with final;
{
  sqlite = define "sqlite" { version = "3.41.2"; outputs = [ "bin" "dev" "out" ]; nativeBuildInputs = [ unzip ]; buildInputs = [ readline ncurses zlib ]; };
  postgresql = define "postgresql" {
    version = "15.2";
    outputs = [ "out" "lib" "doc" ];
    nativeBuildInputs = [ makeWrapper pkg-config ];
    buildInputs = [ zlib readline openssl libxml2 icu ] ++ lib.optionals systems.isLinux [ systemd linux-pam ];
    doCheck = true;
  };
  # Its tests run tcl.
  redis = define "redis" {
    version = "7.0.10";
    nativeBuildInputs = [ pkg-config which ];
    buildInputs = [ openssl ] ++ lib.optional systems.isLinux systemd;
    doCheck = systems.isLinux;
    nativeCheckInputs = [ tcl procps ];
    checkPhase = "test -x ${tcl}/bin/tcl";
  };
  nginx = define "nginx" {
    version = "1.22.1";
    buildInputs = [ openssl zlib pcre libxml2 libxslt ];
    nativeBuildInputs = [ perl ];
    # A module that is compiled in comes as a second source.
    moreSources = [ (fetchFromGitHub { owner = "nginx"; repo = "headers-more"; rev = "0.34"; }) ];
  };
  openssh = define "openssh" { version = "9.3p1"; nativeBuildInputs = [ autoreconfHook pkg-config ]; buildInputs = [ openssl zlib krb5 ] ++ lib.optional systems.isLinux linux-pam; };
  git = define "git" {
    version = "2.40.0";
    outputs = [ "out" "doc" ];
    nativeBuildInputs = [ gettext perl makeWrapper ];
    buildInputs = [ curl openssl zlib expat pcre perlPackages.LWP perlPackages.URI ];
    doInstallCheck = true;
    installCheckInputs = [ gnupg ];
    nativeInstallCheckInputs = [ unzip ];
    installCheckPhase = "type gnupg unzip > /dev/null";
    postInstall = ''
      makeWrapper $out/bin/git $out/bin/git-send-email ${perl}/bin
    '';
  };
  # Made with structured attributes.
  wget = define "wget" {
    version = "1.21.3";
    __structuredAttrs = true;
    nativeBuildInputs = [ gettext pkg-config perl ];
    buildInputs = [ gnutls libidn2 pcre zlib ];
    env = { WGET_CA = "${cacert}/etc/ca-bundle.crt"; WGET_BUILD = "release"; };
    nativeCheckInputs = [ perlPackages.LWP ];
    doCheck = true;
  };
}
