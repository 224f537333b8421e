# Sources. Each is a fixed-output derivation, its content known here: the
# file's own name and a newline. So different fetchers of one file have one
# output path.
{ lib, system, bumps }:
let
  contentHash = name: builtins.hashString "sha256" "${name}\n";

  # A tree is the same for every repository; its name tells them apart.
  treeHash = "1scyjwinkb182h3ysw1w7f58j369dycxqm9dxjrzxxn7fw68jhqf";

  fixed = name: {
    outputHashMode = "flat";
    outputHashAlgo = "sha256";
    outputHash = contentHash name;
  };
  fixedTree = {
    outputHashMode = "recursive";
    outputHashAlgo = "sha256";
    outputHash = treeHash;
  };
in
rec {
  # With nothing but the machine's shell.
  bare = {
    fetchurl = { name, url }: derivation ({
      inherit name url system;
      builder = "/bin/sh";
      args = [ "-e" ./fetch-bare.sh ];
      tree = "";
    } // fixed name);
    fetchFromGitHub = { owner, repo, rev }: derivation ({
      name = "${repo}-${rev}-source";
      inherit system;
      url = "https://github.com/${owner}/${repo}/archive/${rev}.tar.gz";
      builder = "/bin/sh";
      args = [ "-e" ./fetch-bare.sh ];
      tree = "1";
    } // fixedTree);
  };

  # With the bootstrap tools' shell and curl.
  withTools = tools: {
    fetchurl = { name, url }: derivation ({
      inherit name url system tools;
      builder = "${tools}/bin/bash";
      args = [ "-e" ./fetch-bare.sh ];
      tree = "";
    } // fixed name);
    inherit (bare) fetchFromGitHub;
  };

  # The distribution's own: it runs a curl that was built by way of one of the
  # fetchers above.
  full = { stdenv, curl, cacert, unzip }:
    let
      mirrorsFile = stdenv.mkDerivation {
        pname = "mirrors-list";
        version = "1";
        definition = "mirrors-list";
        builder = ./mirrors.sh;
        mirrors = [ "https://mirror.example/sources" "https://mirror.example/python" ];
        ${if lib.elem "mirrors-list" bumps then "recipeRevision" else null} = "1";
      };
      common = {
        builder = ./fetchurl.sh;
        inherit mirrorsFile;
        preferLocalBuild = true;
        SSL_CERT_FILE = "${cacert}/etc/ca-bundle.crt";
      };
    in
    {
      inherit mirrorsFile;
      fetchurl = { name, url }: stdenv.mkDerivation (common // {
        inherit name;
        urls = [ url ];
        nativeBuildInputs = [ curl ];
      } // fixed name);
      fetchFromGitHub = { owner, repo, rev }: stdenv.mkDerivation (common // {
        name = "${repo}-${rev}-source";
        urls = [ "https://github.com/${owner}/${repo}/archive/${rev}.tar.gz" ];
        nativeBuildInputs = [ curl unzip ];
        tree = "1";
      } // fixedTree);
    };
}
