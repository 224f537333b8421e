# "attribute.path.<system>" = { output = "/nix/store/…"; … } for all packages,
# the way the CI of a large distribution records them.
{ systems ? [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ]
, bump ? null
}:
let
  lib = import ./lib.nix;
  pathsOf = drv: builtins.listToAttrs (map
    (output: { name = output; value = drv.${output}.outPath; })
    (drv.outputs or [ "out" ]));
in
builtins.listToAttrs (lib.concatMap
  (system: map
    ({ path, drv }: { name = "${path}.${system}"; value = pathsOf drv; })
    (lib.packagesOf "" (import ./default.nix { inherit system bump; })))
  systems)
