# Modules of the one perl.
final: with final;
let
  buildPerlPackage = id: attrs: definePackage stdenv.mkDerivation id (attrs // {
    pname = "perl${perl.version}-${id}";
    propagatedBuildInputs = attrs.propagatedBuildInputs or [ ] ++ [ perl ];
    doCheck = attrs.doCheck or true;
    checkPhase = "type perl > /dev/null";
    installPhase = ''
      mkdir -p $out/lib/perl5/${id}
      echo "$sourceText" > $out/lib/perl5/${id}/source
    '';
  });
in
lib.makeScope (self: with self; {
  URI = buildPerlPackage "URI" { version = "5.12"; checkInputs = [ TestNeeds ]; };
  TestNeeds = buildPerlPackage "TestNeeds" { version = "0.002009"; };
  TestMost = buildPerlPackage "TestMost" { version = "0.37"; propagatedBuildInputs = [ TestNeeds ]; };
  XMLParser = buildPerlPackage "XMLParser" { version = "2.46"; buildInputs = [ expat ]; propagatedBuildInputs = [ URI ]; };
  NetSSLeay = buildPerlPackage "NetSSLeay" { version = "1.92"; buildInputs = [ openssl zlib ]; };
  LWP = buildPerlPackage "LWP" { version = "6.67"; propagatedBuildInputs = [ URI NetSSLeay ]; checkInputs = [ TestMost ]; };
})
