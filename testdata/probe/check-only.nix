# What of each package is there for the checks alone, told from its definition and
# not by switching checks off: "attribute.path" = [ drvPath … ]. Packages without
# such inputs, and what mkDerivation has not made, are left out.
#
# `overrideAttrs` shows the arguments before the lists are merged. An input is
# there for the checks alone if it stands in a list of checks that run, and
# nothing else of the arguments brings its derivation in.
{ system ? "x86_64-linux", bump ? null }:
let
  lib = import ../minipkgs/lib.nix;
  packages = import ../minipkgs { inherit system bump; };

  lists = {
    doCheck = [ "checkInputs" "nativeCheckInputs" ];
    doInstallCheck = [ "installCheckInputs" "nativeInstallCheckInputs" ];
  };
  checkLists = lists.doCheck ++ lists.doInstallCheck;
  notForTheBuilder = [ "meta" "passthru" "definition" "position" ];

  argumentsOf = drv: (drv.overrideAttrs (attrs: { passthru.arguments = attrs; })).arguments;

  # The derivations that a value brings in.
  broughtBy = value: builtins.attrNames (builtins.getContext (builtins.toJSON value));

  checkOnly = drv:
    let
      attrs = argumentsOf drv;
      running = lib.concatMap (flag: lib.optionals (attrs.${flag} or false) lists.${flag}) (builtins.attrNames lists);
      candidates = map (input: input.drvPath) (lib.flatten (map (list: attrs.${list} or [ ]) running));
      rest = broughtBy [
        (removeAttrs attrs (checkLists ++ notForTheBuilder))
        drv.stdenv
        "${drv.stdenv.shell}"
      ];
    in
    builtins.sort builtins.lessThan (lib.unique (builtins.filter (path: ! builtins.elem path rest)
      (map builtins.unsafeDiscardStringContext candidates)));

  truth = lib.concatMap
    ({ path, drv }: lib.optional (drv ? overrideAttrs) { name = path; value = checkOnly drv; })
    (lib.packagesOf "" packages);
in
builtins.listToAttrs (builtins.filter ({ value, ... }: value != [ ]) truth)
