# A small distribution, to try bumps on. README.md tells what for.
{ system ? "x86_64-linux"
, bump ? null       # id of the definition that is changed everywhere; or a list of ids
, overlays ? [ ]
, config ? { }      # recordInputs ? true, see setup.sh; cudaSupport ? true; setup ? ./setup.sh
}:

let
  lib = import ./lib.nix;
  bumps = lib.flatten bump;
  bootstrap = import
    (if builtins.match ".*-darwin" system != null then ./bootstrap-darwin.nix else ./bootstrap-linux.nix);
in
(bootstrap { inherit lib system bumps overlays config; }).final
