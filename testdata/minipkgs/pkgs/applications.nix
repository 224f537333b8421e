# What people use; editors with their many small parts.
final: with final;
let
  emacsPackage = id: version: requires: define id {
    pname = "emacs-${id}";
    inherit version;
    position = builtins.unsafeGetAttrPos "emacsPackages" final;
    nativeBuildInputs = [ emacs ];
    propagatedBuildInputs = requires;
    propagatedUserEnvPkgs = requires;
    installPhase = ''mkdir -p $out/share/emacs; echo "$sourceText" > $out/share/emacs/$pname.el'';
  };
  vimPlugin = id: version: define id {
    pname = "vimplugin-${id}";
    inherit version;
    position = builtins.unsafeGetAttrPos "vimPlugins" final;
    sourceFor = version: fetchFromGitHub { owner = "vim-plugins"; repo = id; rev = version; };
    installPhase = ''mkdir -p $out/share/vim; echo "$sourceText" > $out/share/vim/$pname'';
  };
in
{
  emacs = define "emacs" {
    version = "28.2";
    nativeBuildInputs = [ pkg-config makeWrapper autoreconfHook texinfo ];
    buildInputs = [ ncurses libxml2 gnutls gettext libpng libjpeg libtiff giflib gtk3 harfbuzz ]
      ++ lib.optionals systems.isLinux [ dbus alsa-lib systemd ];
  };
  emacsPackages = lib.makeScope (self: with self; {
    dash-el = emacsPackage "dash-el" "2.19.1" [ ];
    s-el = emacsPackage "s-el" "1.13.0" [ ];
    f-el = emacsPackage "f-el" "0.20.0" [ dash-el s-el ];
    ht-el = emacsPackage "ht-el" "2.4" [ dash-el ];
    with-editor = emacsPackage "with-editor" "3.2.0" [ dash-el ];
    magit = emacsPackage "magit" "3.3.0" [ with-editor dash-el ];
    company = emacsPackage "company" "0.9.13" [ ];
    flycheck = emacsPackage "flycheck" "32" [ dash-el ];
    lsp-mode = emacsPackage "lsp-mode" "8.0.0" [ dash-el f-el ht-el ];
    evil = emacsPackage "evil" "1.15.0" [ ];
  });
  vim = define "vim" {
    version = "9.0.1441";
    nativeBuildInputs = [ gettext pkg-config ];
    buildInputs = [ ncurses ] ++ lib.optional systems.isDarwin libiconv;
  };
  vimPlugins = lib.makeScope (self: lib.genAttrs
    [ "vim-airline" "vim-fugitive" "vim-nix" "vim-surround" "nerdtree" "ctrlp-vim" "syntastic" "tagbar" ]
    (id: vimPlugin id "2023-04-01"));
  vim-configured = defineRecipe "vim-configured" {
    version = "1";
    nativeBuildInputs = [ makeWrapper ];
    unpackPhase = "sourceText=";
    buildPhase = "rpath=";
    installPhase = "makeWrapper ${vim}/bin/vim $out/bin/vim";
    packages = [ vimPlugins.vim-nix vimPlugins.vim-fugitive vimPlugins.nerdtree ];
    postFixup = "echo $packages > $out/plugins";
  };

  firefox-unwrapped = define "firefox-unwrapped" {
    pname = "firefox";
    version = "112.0";
    __structuredAttrs = true;
    nativeBuildInputs = [ cargo rustc nodejs python311 perl pkg-config unzip zip makeWrapper bindgenHook ] ++ lib.optional systems.isx86_64 nasm;
    buildInputs = [ gtk3 dbus ffmpeg fontconfig freetype icu libjpeg libpng libwebp sqlite zlib ] ++ lib.optional systems.isLinux alsa-lib;
    configureFlags = [ "--enable-application=browser" "--with-system-zlib=${lib.getDev zlib}" ];
    env = { MOZ_BUILD_DATE = "20230401"; LD_EXTRA = "-rpath ${lib.getLib ffmpeg}/lib"; };
  };
  firefox = defineRecipe "firefox" {
    version = firefox-unwrapped.version;
    nativeBuildInputs = [ makeWrapper ];
    unpackPhase = "sourceText=";
    buildPhase = "rpath=";
    # The font's name gets into the profile, nothing of fontconfig's does.
    installPhase = ''
      makeWrapper ${firefox-unwrapped}/bin/firefox $out/bin/firefox ${lib.getBin ffmpeg}/bin
      echo ${fira-code} > $out/fonts
    '';
  };
  inkscape = define "inkscape" { version = "1.2.2"; nativeBuildInputs = [ cmake ninja pkg-config python311 ]; buildInputs = [ boost cairo gtk3 lcms2 libpng libxml2 libxslt imagemagick python311Packages.lxml python311Packages.numpy ]; };
  libreoffice = define "libreoffice" {
    version = "7.4.6";
    nativeBuildInputs = [ autoconf automake bison flex gperf pkg-config jdk unzip zip ];
    buildInputs = [ boost cairo curl dbus expat fontconfig freetype gtk3 harfbuzz icu lcms2 libjpeg libpng libwebp libxml2 libxslt openldap openssl perl postgresql python311 zlib ];
    checkInputs = [ cunit dejavu-fonts ];
    doCheck = true;
  };
  # A whole session in one tree of links.
  desktop-env = (buildEnv {
    name = "desktop-env";
    paths = [ firefox vim-configured git emacs inkscape python311Packages.pillow ];
  }).overrideAttrs (old: {
    definition = "desktop-env";
    ${if versionOf "desktop-env" "" != "" then "recipeRevision" else null} = "1";
  });
}
