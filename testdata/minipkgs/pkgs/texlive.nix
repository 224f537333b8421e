# Many small packages, and aggregators that name all of them.
final: with final;
let
  texPackage = id: version: define id {
    pname = "texlive-${id}";
    inherit version;
    position = builtins.unsafeGetAttrPos "texlive" final;
    installPhase = ''mkdir -p $out/share/texmf; echo "$sourceText" > $out/share/texmf/$pname'';
  };
  combine = id: pkgs: defineRecipe id {
    version = "2022";
    inherit pkgs;
    unpackPhase = "sourceText=";
    buildPhase = "rpath=";
    installPhase = ''
      mkdir -p $out/share
      for package in $pkgs; do cat "$package"/share/texmf/*; done > $out/share/ls-R
    '';
    meta.description = "An aggregator; the key `pkgs` alone names its inputs";
  };
in
{
  texlive-bin = define "texlive-bin" {
    version = "2022";
    outputs = [ "out" "dev" "doc" ];
    nativeBuildInputs = [ pkg-config perl ];
    buildInputs = [ zlib libpng freetype icu cairo pixman gmp mpfr harfbuzz ];
    postInstall = ''mkdir -p $out/share/texmf; echo texmf.cnf > $out/share/texmf/cnf'';
  };
  texlive = lib.makeScope (self: with self; {
    amsmath = texPackage "amsmath" "2.17";
    geometry = texPackage "geometry" "5.9";
    hyperref = texPackage "hyperref" "7.00";
    babel = texPackage "babel" "3.86";
    pgf = texPackage "pgf" "3.1.10";
    beamer = texPackage "beamer" "3.69";
    fontspec = texPackage "fontspec" "2.8";
    xcolor = texPackage "xcolor" "3.00";
    scheme-small = combine "scheme-small" [ texlive-bin amsmath geometry hyperref xcolor ];
    scheme-full = combine "scheme-full" [ texlive-bin amsmath geometry hyperref xcolor babel pgf beamer fontspec ];
  });
}
