# What the real Nix changes when a definition is bumped: NAME = [ attributes
# whose output path is another one ]. Names that a system lacks change nothing
# there; `names = null` stands for all.
{ names ? null
, systems ? [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ]
}:
let
  lib = import ./lib.nix;
  set = system: bump: import ./default.nix { inherit system bump; };
  paths = packages: map ({ path, drv }: { inherit path; inherit (drv) outPath; }) (lib.packagesOf "" packages);

  # Evaluated once, whatever the number of names.
  unbumped = map
    (system: rec {
      inherit system;
      packages = set system null;
      definitions = lib.genAttrs packages.definitions (_: null);
      before = builtins.listToAttrs (map ({ path, outPath }: { name = path; value = outPath; }) (paths packages));
    })
    systems;

  changed = bump: lib.concatMap
    ({ system, before, definitions, ... }:
      lib.optionals (definitions ? ${bump}) (lib.concatMap
        ({ path, outPath }: lib.optional (before.${path} or null != outPath) "${path}.${system}")
        (paths (set system bump))))
    unbumped;

  all = builtins.attrNames (builtins.foldl' (seen: { definitions, ... }: seen // definitions) { } unbumped);
in
lib.genAttrs (if names == null then all else names) changed
