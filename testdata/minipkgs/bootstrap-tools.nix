# The seed: an archive fetched by the machine's shell, and unpacked by it.
{ lib, system, bumps, bare }:
let
  version = if lib.elem "bootstrap-tools" bumps then "3.1" else "3";
  tools = derivation {
    name = "bootstrap-tools-${version}";
    inherit system;
    builder = "/bin/sh";
    args = [ "-e" ./bootstrap-tools.sh ];
    tarball = bare.fetchurl {
      name = "bootstrap-tools-${version}-${system}.tar.xz";
      url = "mirror://bootstrap/${system}/bootstrap-tools-${version}.tar.xz";
    };
  };
in
tools // {
  inherit version;
  pname = "bootstrap-tools";
  definition = "bootstrap-tools";
  meta = { inherit (tools) name; available = true; };
}
