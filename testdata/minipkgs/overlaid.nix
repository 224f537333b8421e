# The set with overlays and bumps: for each case an object of attribute =
# { drv, out, definition }, `NAME#checks` for detached tests. With
# --read-write-mode the derivations are written, too.
{ cases            # [ { overlay = file or null; bump = id or null; } … ]
, system ? "x86_64-linux"
}:
let
  lib = import ./lib.nix;
  paths = name: drv: {
    inherit name;
    value = { drv = drv.drvPath; out = drv.outPath; definition = drv.definition or null; };
  };
  evaluate = { overlay, bump }:
    let
      set = import ./default.nix {
        inherit system bump;
        overlays = lib.optional (overlay != null) (import overlay);
      };
    in
    builtins.listToAttrs (lib.concatMap
      ({ path, drv }: [ (paths path drv) ]
        ++ lib.optional (drv ? checksAreDetached) (paths "${path}#checks" drv.tests.checks))
      (lib.packagesOf "" set));
in
map evaluate cases
