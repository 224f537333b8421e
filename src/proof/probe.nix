# For each attribute path: the derivation of the package, and that of the
# same package with its checks off. Evaluated in read-write mode, so that both
# are written into the store.
#
# What tryEval does not catch (abort, a type error, endless recursion) ends the
# whole evaluation; whoever asks then asks again for fewer attributes.
{ file        # what to import: a path, or a string with one
, args        # arguments of its function, and of functions on the way
, system      # null, or the argument `system` where a function takes one
, paths       # attribute paths in JSON: [ [ "python3Packages" "numpy" ] … ]
, variants    # which to make: "both" or "package"
}:
let
  inherit (builtins)
    concatStringsSep elemAt fromJSON functionArgs hasAttr intersectAttrs isAttrs isFunction isList length match
    tryEval;

  given = (if system == null then { } else { inherit system; }) // args;

  # As nix-instantiate does: a function is called with those of the arguments that it takes.
  call = value: if isFunction value then value (intersectAttrs (functionArgs value) given) else value;

  top = call (import file);

  found = value: { inherit value; };
  failed = error: { inherit error; };

  step = { value, trail, ... }: name:
    let
      place = concatStringsSep "." trail;
      there = if trail == [ ] then "" else " in ${place}";
    in
    if isAttrs value && hasAttr name value then found (call value.${name})
    else if isList value && match "0|[1-9][0-9]{0,8}" name != null && fromJSON name < length value
    then found (call (elemAt value (fromJSON name)))
    else if isAttrs value || isList value then failed "there is no '${name}'${there}"
    else failed "there is no '${name}'${there}, which is no set";

  # The value at a path, or the error of the first step that fails.
  walk = builtins.foldl'
    (at: name: if at ? error then at else step at name // { trail = at.trail ++ [ name ]; })
    { value = top; trail = [ ]; };

  off = _: { doCheck = false; doInstallCheck = false; };
  nothing = _: { };

  # An override is of use when one that changes nothing changes nothing: some
  # forget what other overrides did, or are those of something wrapped.
  faithful = package: override:
    let same = tryEval ((package.${override} nothing).drvPath == package.drvPath); in
    same.success && same.value;

  without = package:
    let
      has = override: package ? ${override} && isFunction' package.${override};
      known = builtins.filter has [ "overridePythonAttrs" "overrideAttrs" ];
      usable = builtins.filter (faithful package) known;
    in
    if known == [ ] then failed "it has no overrideAttrs, so that its checks cannot be switched off"
    else if usable == [ ] then failed "an override that changes nothing changes its derivation, so that one that switches its checks off shows nothing"
    else { path = (package.${builtins.head usable} off).drvPath; };

  # A set with __functor, as `override`s mostly are, counts.
  isFunction' = value: isFunction value || value ? __functor;

  caught = variant: value:
    let result = tryEval (builtins.deepSeq value value); in
    if result.success then result.value
    else { inherit variant; error = "it throws, or an assertion fails (nix-instantiate -A tells which)"; };

  one = path:
    let
      at = caught "package" (let at = walk path; in
        if at ? error then { variant = "package"; inherit (at) error; }
        else if ! isAttrs at.value || (at.value.type or null) != "derivation"
        then { variant = "package"; error = "it is no derivation"; }
        else { base = at.value.drvPath; });
      changed = caught "without-checks" (
        let result = without (walk path).value; in
        if result ? error then { variant = "without-checks"; inherit (result) error; } else result);
    in
    if at ? error || variants == "package" then at
    else if changed ? error then at // changed
    else at // { without = changed.path; };
in
{
  # what holds for all attributes, so that its failure is not that of one
  system = builtins.seq top builtins.currentSystem;
  writable = builtins.toFile "nix-ripple-probe" "";
  results = map one (fromJSON paths);
}
