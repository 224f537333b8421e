# The few helpers that the set needs.
rec {
  inherit (builtins)
    attrNames concatLists concatMap elem filter foldl' isAttrs isFunction isList
    listToAttrs mapAttrs removeAttrs replaceStrings stringLength substring;

  fix = f: let x = f x; in x;

  # An overlay applied on top of a set that is still open.
  extends = overlay: f: final: let prev = f final; in prev // overlay final prev;

  # A set that packages listings descend into, whose members take each other
  # from it, and in which an overlay can change some of them.
  makeScope = f:
    fix (recurse: f: fix f // { recurseForDerivations = true; overrideScope = overlay: recurse (extends overlay f); }) f;

  optional = cond: x: if cond then [ x ] else [ ];
  optionals = cond: xs: if cond then xs else [ ];
  optionalString = cond: s: if cond then s else "";
  optionalAttrs = cond: set: if cond then set else { };

  isDerivation = x: x.type or null == "derivation";

  hasPrefix = prefix: s: substring 0 (stringLength prefix) s == prefix;
  removePrefix = prefix: s:
    if hasPrefix prefix s then substring (stringLength prefix) (-1) s else s;

  # Nested lists to one list, nulls left out: an input may be `null` where a
  # system lacks it.
  flatten = x: if isList x then concatMap flatten x else optional (x != null) x;

  unique = foldl' (seen: x: if elem x seen then seen else seen ++ [ x ]) [ ];

  genAttrs = names: f: listToAttrs (map (name: { inherit name; value = f name; }) names);

  # Those of the names that the set has.
  pick = names: set: listToAttrs (concatMap
    (name: optional (set ? ${name}) { inherit name; value = set.${name}; })
    names);

  getOutput = output: pkg:
    if ! isAttrs pkg || pkg.outputSpecified or false then pkg
    else pkg.${output} or pkg.out or pkg;
  getDev = getOutput "dev";
  getLib = getOutput "lib";
  getBin = getOutput "bin";

  # A set that package listings descend into.
  recurseIntoAttrs = set: set // { recurseForDerivations = true; };

  # [ { path = "python3Packages.numpy"; drv = «derivation»; } … ]
  packagesOf = prefix: set: concatMap
    (name:
      let value = set.${name}; path = prefix + name; in
      if ! isAttrs value then [ ]
      else if isDerivation value then [ { inherit path; drv = value; } ]
      else if value.recurseForDerivations or false then packagesOf "${path}." value
      else [ ])
    (attrNames set);
}
