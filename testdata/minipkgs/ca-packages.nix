# Floating content-addressed packages, and what uses them. Left out of every
# listing, since Nix wants the experimental feature ca-derivations for them.
final: with final;
let
  floating = {
    __contentAddressed = true;
    outputHashMode = "recursive";
    outputHashAlgo = "sha256";
  };
in
lib.fix (self: with self; {
  ca-library = define "ca-library" (floating // {
    version = "1.0";
    outputs = [ "out" "dev" ];
    buildInputs = [ zlib ];
  });
  # Content-addressed itself.
  ca-tool = define "ca-tool" (floating // {
    version = "2.0";
    nativeBuildInputs = [ pkg-config ];
    buildInputs = [ ca-library ];
    configureFlags = [ "--with-library=${ca-library.dev}" ];
  });
  # Input-addressed, its paths deferred: they hang on what ca-library becomes.
  ca-user = define "ca-user" {
    version = "3.0";
    outputs = [ "out" "doc" ];
    buildInputs = [ ca-library ];
  };
  # A consumer of that consumer.
  ca-application = define "ca-application" {
    version = "4.0";
    buildInputs = [ ca-user expat ];
    propagatedBuildInputs = [ ca-tool ];
  };
})
