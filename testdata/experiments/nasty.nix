# Derivations whose texts are hard to print. Nothing builds them.
let
  latin1 = builtins.readFile ./latin-1.txt;
  long = builtins.concatStringsSep "" (builtins.genList (n: "line ${toString n} with \"quotes\", \\ and \${x}\n") 8000);
  make = name: attributes: derivation ({ inherit name; system = "x86_64-linux"; builder = "/bin/sh"; } // attributes);
  input = make "input" { outputs = [ "out" "dev" "man" ]; };
in
{
  plain = make "plain" { };
  dollars = make "dollars" { a = "\${x} \$x \$\${x} $$ \$"; b = "''\${y}''"; c = "\\\${z}"; d = "$"; e = "\\"; };
  signs = make "signs" { a = "\"quotes\" and \\back\\slashes\\"; b = "new\nline\n\n"; c = "tab\t, return\r\n"; d = " "; e = ""; };
  bytes = make "bytes" { a = latin1; b = "${latin1}\${${latin1}}"; c = "ü€😀"; };
  long = make "long" { text = long; again = long; };
  empty = make "empty" { list = [ ]; text = ""; nothing = null; off = false; on = true; number = -12; nested = [ [ 1 2 ] [ ] "x" ]; };
  keys = make "keys" { "a.b" = "1"; "with space" = "2"; "quo\"te" = "3"; "\${x}" = "4"; "" = "5"; "if" = "6"; "a\nb" = "7"; "ü" = "8"; "-" = "9"; "__json-not" = "10"; };
  arguments = make "arguments" { args = [ "-c" "echo \"a b\" \${x}\n" "" " " latin1 input.man ]; };
  uses = make "uses" { buildInputs = [ input input.dev ]; text = "${input.man}/share ${./latin-1.txt}"; builder = "${input}/bin/sh"; };
  outputs = make "outputs" { outputs = [ "lib" "out" "dev" ]; dev2 = "x"; };
  special = make "special" {
    passAsFile = [ "text" ]; text = "x"; impureEnvVars = [ "http_proxy" "https_proxy" ]; allowedReferences = [ "out" input ];
    disallowedReferences = [ input.dev ]; allowedRequisites = [ ]; preferLocalBuild = true; allowSubstitutes = false;
    requiredSystemFeatures = [ "kvm" ]; __noChroot = true; __impureHostDeps = [ "/dev" ]; exportReferencesGraph = [ "graph" input ];
  };
  switches = make "switches" { __structuredAttrs = false; strictDeps = true; };
  ignored = make "ignored" { __ignoreNulls = true; nothing = null; };
  # its file and its outputs
  file-of = make "file-of" { file = input.drvPath; };
  file-alone = make "file-alone" { file = builtins.unsafeDiscardOutputDependency input.drvPath; };
  file-and-outputs = make "file-and-outputs" { file = builtins.unsafeDiscardOutputDependency input.drvPath; buildInputs = [ input.dev ]; };
  structured = make "structured" {
    __structuredAttrs = true;
    outputs = [ "out" "dev" ];
    numbers = [ 0 (-1) 9223372036854775807 1.5 1.0 0.1 1.0e20 (-2.5e-7) 100000.0 1000000.0 ];
    values = [ null true false "" [ ] { } ];
    nested = { a.b.c = [ { d = 1; } { "e f" = "\${x}"; } ]; "x.y" = { "" = "\\\"\n\t\r"; }; };
    unicode = "ü€😀 \\u0041 /";
    control = builtins.fromJSON "\"\\u0001\\u001f\\u007f\"";
    buildInputs = [ input.dev ];
    file = ./latin-1.txt;
    env = { A = "1"; PATHS = "${input}"; };
    outputChecks.out = { maxSize = 1; allowedReferences = [ ]; };
    exportReferencesGraph.graph = [ input ];
    long = long;
  };
  structured-plain = make "structured-plain" { __structuredAttrs = true; };
}
