# What an expression has: its derivations, found as nix-env finds them.
#
# What tryEval does not catch (abort, a type error, endless recursion) ends the
# whole evaluation; whoever asks then asks again for fewer places.
{ file              # what to import: a path, or a string with one
, args              # arguments of its function, and of functions on the way to a root
, system            # null, or the argument `system` where a function takes one
, mode              # what to answer, see the end
, roots ? "[]"      # attribute paths in JSON: [ [ "python3Packages" "numpy" ] … ]
, questions ? "[]"  # places in JSON: [ [ 0 "below" "that" "root" ] … ]
}:
let
  inherit (builtins)
    attrNames concatStringsSep deepSeq elemAt filter foldl' fromJSON functionArgs genList hasAttr head
    intersectAttrs isAttrs isBool isFunction isInt isList isString length listToAttrs map match
    seq split tail toString toXML trace tryEval;

  given = (if system == null then { } else { inherit system; }) // args;

  # As nix-instantiate does: a function of a set is called with those of the
  # arguments that it takes, and with all where it takes any.
  call = value:
    if isFunction value then
      let
        shown = toXML value;
        has = text: length (split text shown) > 1;
      in
      if ! has "<attrspat" then value
      else value (if has "<attrspat[^>]* ellipsis=" then given else intersectAttrs (functionArgs value) given)
    else if isAttrs value && value ? __functor && ! isDerivation value then call (value.__functor value)
    else value;

  isDerivation = value: isAttrs value && (value.type or null) == "derivation";

  top = call (import file);

  # A place is open when what it has is looked at: the top, a set that says so,
  # what stands in a list.
  rootPaths = fromJSON roots;

  root = path: foldl'
    (at: name:
      if at ? missing then at
      else if isAttrs at.value && hasAttr name at.value then { value = call at.value.${name}; }
      else if isList at.value && match "0|[1-9][0-9]{0,8}" name != null && fromJSON name < length at.value
      then { value = call (elemAt at.value (fromJSON name)); }
      else { missing = "there is no '${name}'"; })
    { value = top; }
    path;

  below = at: name:
    if isList at.value then { value = elemAt at.value (fromJSON name); open = true; }
    else { value = at.value.${name}; open = false; };

  find = question:
    let at = root (elemAt rootPaths (head question)); in
    if at ? missing then at else foldl' below (at // { open = true; }) (tail question);

  isOpen = at: at.open || (at.value.recurseForDerivations or false);

  # nix-env passes over other names.
  names = value: filter (name: match "[A-Za-z_][A-Za-z0-9_+-]*" name != null) (attrNames value);

  # What of `meta` is of use, as far as it evaluates. Nothing that is null.
  guarded = or: value: let result = tryEval (deepSeq value value); in if result.success then result.value else or;
  isScalar = value: isString value || isInt value || isBool value;
  scalars = keys: value:
    if isString value then [ value ]
    else if ! isAttrs value then [ ]
    else
      let present = filter (key: hasAttr key value && guarded false (isScalar value.${key})) keys; in
      if present == [ ] then [ ]
      else [ (listToAttrs (map (name: { inherit name; value = guarded "" value.${name}; }) present)) ];
  people = keys: value:
    let list = if isList value then value else [ value ]; in
    builtins.concatLists (map (one: guarded [ ] (scalars keys one)) list);
  metaOf = value:
    let
      meta = guarded { } (let meta = value.meta or { }; in if isAttrs meta then seq meta { inherit meta; } else { });
    in
    metaFields (shallow (value.meta or { }));
  shallow = meta: let result = tryEval (if isAttrs meta then meta else { }); in if result.success then result.value else { };
  metaFields = meta:
    (let position = guarded null (meta.position or null); in if isString position then { inherit position; } else { })
    // (if meta ? maintainers then { maintainers = guarded [ ] (people [ "github" "githubId" "name" "email" ] meta.maintainers); } else { })
    // (if meta ? teams then { teams = guarded [ ] (people [ "shortName" "githubTeam" "github" ] meta.teams); } else { });

  noPackage = "it is no derivation, and no set of derivations";

  answer = withMeta: question:
    let at = find question; in
    if at ? missing then { inherit (at) missing; }
    else if isDerivation at.value then
      { inherit (at.value) drvPath; system = at.value.system or ""; }
      // (if withMeta then { meta = metaOf at.value; } else { })
    else if isAttrs at.value && isOpen at then { names = names at.value; }
    else if isList at.value then { names = genList toString (length at.value); }
    else if tail question == [ ] then { error = noPackage; }
    else { };

  caught = value:
    let result = tryEval (deepSeq value value); in
    if result.success then result.value else { caught = true; };

  places = fromJSON questions;

  # The same as a tree for who walks it himself, and lists as sets.
  tree = open: value:
    if isDerivation value then value // { meta = metaOf value; }
    else if isAttrs value && isOpen { inherit open value; } then
      listToAttrs (map (name: { inherit name; value = tree false value.${name}; }) (names value))
      // { recurseForDerivations = true; }
    else if isList value then
      listToAttrs (genList (i: { name = "nix-ripple-item-${toString i}"; value = tree true (elemAt value i); }) (length value))
      // { recurseForDerivations = true; }
    else if open then throw noPackage
    else { };
in
if mode == "check" then
  {
    # what holds for all places, so that its failure is not that of one
    system = seq top builtins.currentSystem;
    writable = builtins.toFile "nix-ripple-evaluate" "";
  }
else if mode == "all" then map (question: caught (answer true question)) places
else if mode == "without-meta" then map (question: caught (answer false question)) places
else if mode == "uncaught" then map (answer false) places
else if mode == "explain" then
  {
    # one place, without catching what it throws; the mark tells whose message follows
    explain = mark: question: trace mark (deepSeq (answer false (fromJSON question)) null);
  }
else if mode == "jobs" then
  listToAttrs
    (genList
      (i: {
        name = "nix-ripple-root-${toString i}";
        value =
          let at = root (elemAt rootPaths i); in
          if at ? missing then throw "nix-ripple-missing: ${at.missing}" else tree true at.value;
      })
      (length rootPaths))
  // {
    # tells the system that Nix takes for its own
    nix-ripple-system = derivation {
      name = "nix-ripple-system";
      system = builtins.currentSystem;
      builder = "/bin/sh";
    };
  }
else throw "unknown mode '${mode}'"
