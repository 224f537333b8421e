# Small derivations, one for each thing that a reader of derivations must get right. Nothing here is
# ever built; `scripts/make-format-fixtures` instantiates all of it.
let
  make =
    name: attrs:
    derivation (
      {
        inherit name;
        system = "x86_64-linux";
        builder = "/bin/sh";
        args = [ "-c" "true" ];
      }
      // attrs
    );

  fixed =
    name: mode: algorithm: hash: attrs:
    make name (
      {
        outputHashMode = mode;
        outputHashAlgo = algorithm;
        outputHash = hash;
      }
      // attrs
    );

  floating =
    name: attrs:
    make name (
      {
        __contentAddressed = true;
        outputHashMode = "recursive";
        outputHashAlgo = "sha256";
      }
      // attrs
    );

  hashOf = algorithm: builtins.hashString algorithm "nix-ripple";

  plain = make "plain-1.0" { };
  many = make "many-2.0" {
    outputs = [ "out" "dev" "lib" "zz" "a" ];
    inherit plain;
  };

  # one source, fetched in two ways: two derivations with one output path
  fetchOld = fixed "source.tar.gz" "flat" "sha256" (hashOf "sha256") { fetcher = plain; };
  fetchNew = fixed "source.tar.gz" "flat" "sha256" (hashOf "sha256") { fetcher = many; };
  # built from either, outputs and hash modulo are the same, though the derivations are not
  fromOld = make "twin-1.0" { outputs = [ "out" "dev" ]; src = fetchOld; };
  fromNew = make "twin-1.0" { outputs = [ "out" "dev" ]; src = fetchNew; };

  ca = floating "ca-1.0" { };
  caMany = floating "ca-many-1.0" { outputs = [ "out" "dev" ]; from = ca; };
  caFlat = floating "ca-flat" { outputHashMode = "flat"; outputHashAlgo = "sha512"; };
  afterCa = make "after-ca-1.0" { outputs = [ "out" "doc" ]; input = ca; dev = caMany.dev; };
  afterAfterCa = make "after-after-ca-1.0" { input = afterCa; inherit (afterCa) doc; };
  fixedFromCa = fixed "fixed-from-ca" "recursive" "sha256" (hashOf "sha256") { input = ca; };
  # input-addressed, because the fixed output hides the floating one behind it
  afterFixedFromCa = make "after-fixed-from-ca" { input = fixedFromCa; };

  textFile = builtins.toFile "text-file" "no references";
  referring = builtins.toFile "referring" "refers to ${textFile}";
in
{
  inherit plain many fetchOld fetchNew;
  inherit ca caMany caFlat afterCa afterAfterCa fixedFromCa afterFixedFromCa;

  usesOne = make "uses-one" { inherit (many) dev; };
  usesAll = make "uses-all" { inputs = map (o: many.${o}) many.outputs; };

  flatSha256 = fixed "flat-sha256" "flat" "sha256" (hashOf "sha256") { };
  flatSha1 = fixed "flat-sha1" "flat" "sha1" (hashOf "sha1") { };
  flatMd5 = fixed "flat-md5" "flat" "md5" (hashOf "md5") { };
  flatSha512 = fixed "flat-sha512" "flat" "sha512" (hashOf "sha512") { };
  recursiveSha256 = fixed "recursive-sha256" "recursive" "sha256" (hashOf "sha256") { };
  recursiveSha1 = fixed "recursive-sha1" "recursive" "sha1" (hashOf "sha1") { };
  recursiveMd5 = fixed "recursive-md5" "recursive" "md5" (hashOf "md5") { };
  recursiveSha512 = fixed "recursive-sha512" "recursive" "sha512" (hashOf "sha512") { };
  sri = fixed "sri" "recursive" "" "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" { };

  # inputs are hashed modulo their sources: two that are equal then become one, outputs united
  twins = make "twins" { old = fromOld; new = fromNew.dev; both = [ fetchOld fetchNew ]; };
  twinsOut = make "twins-out" { old = fromOld; new = fromNew; };

  structured = make "structured" {
    __structuredAttrs = true;
    outputs = [ "out" "man" ];
    text = "quote \" backslash \\ newline \n tab \t bell ${builtins.fromJSON "\"\\u0007\""} ünïcødé 🦀 /";
    number = 42;
    negative = -7;
    fraction = 1.5;
    yes = true;
    nothing = null;
    list = [ 1 [ "two" { three = 3; } ] [ ] { } ];
    inherit plain;
    env = { VARIABLE = "value"; inherit many; };
  };
  structuredCa = floating "structured-ca" { __structuredAttrs = true; input = ca; };

  escapes = make "escapes" {
    all = "\" \\ \n \r \t \${x} ' \\n \\\" \\\\";
    empty = "";
    onlyQuote = "\"";
    endsInBackslash = "ends in \\";
    "key with \" and \\ and \n" = "value";
    unicode = "ünïcødé 🦀";
    args = [ "" "\"" "\\" "\n" "\t\r" "-c" ];
    long = builtins.concatStringsSep "\n" (builtins.genList (n: "line ${toString n}\\\"") 20);
  };
  bytes = make "bytes" { content = builtins.readFile ./sources/bytes.bin; };

  sources = make "sources" {
    builder = ./sources/builder.sh;
    tree = ./sources/tree;
    toFile = textFile;
    inherit referring;
    recursive = builtins.path { path = ./sources/tree; name = "tree-recursive"; };
    flat = builtins.path { path = ./sources/builder.sh; name = "builder-flat.sh"; recursive = false; };
  };

  fetchurl = derivation {
    name = "fetched.tar.gz";
    system = "builtin";
    builder = "builtin:fetchurl";
    url = "https://example.org/fetched.tar.gz?a=b&c=\"d\"";
    executable = false;
    unpack = false;
    preferLocalBuild = true;
    outputHash = hashOf "sha256";
    outputHashAlgo = "sha256";
    outputHashMode = "flat";
  };

  passAsFile = make "pass-as-file" { passAsFile = [ "text" ]; text = "in a file: ${plain}"; };
  allCharacters = make "AZaz09+-._?=" { outputs = [ "out" "O_ut+.?=-" ]; };
  leadingDash = make "-1.0" { };
  longestName = make (builtins.concatStringsSep "" (builtins.genList (n: "n") 207)) { };
  impure = make "impure" { __impure = true; };
  afterImpure = make "after-impure" { __impure = true; input = make "impure-input" { __impure = true; outputs = [ "out" "log" ]; }; };
}
