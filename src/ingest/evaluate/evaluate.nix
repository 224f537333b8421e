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
    seq split tail toJSON toString toXML trace tryEval;

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

  # A place is open when what it has is looked at: a root, a set that says so,
  # what stands in a list that is a root.
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
  guarded = otherwise: value: let result = tryEval (deepSeq value value); in if result.success then result.value else otherwise;
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
  metaOf = value: metaFields (shallow (value.meta or { }));
  shallow = meta: let result = tryEval (if isAttrs meta then meta else { }); in if result.success then result.value else { };
  metaFields = meta:
    let
      position = guarded null (meta.position or null);
      listed = name: keys:
        if hasAttr name meta then { ${name} = guarded [ ] (people keys meta.${name}); } else { };
    in
    (if isString position then { inherit position; } else { })
    // listed "maintainers" [ "github" "githubId" "name" "email" ]
    // listed "teams" [ "shortName" "githubTeam" "github" ];

  tooDeep = "it nests more than 32 deep; does it contain itself?";
  noPackage = "it is no derivation, and no set of derivations";

  answer = question:
    let at = find question; in
    if at ? missing then { inherit (at) missing; }
    else if isDerivation at.value then { inherit (at.value) drvPath; system = at.value.system or ""; }
    else if isAttrs at.value && isOpen at then { names = names at.value; }
    else if isList at.value && at.open then { names = genList toString (length at.value); }
    else if tail question == [ ] then { error = noPackage; }
    else { };

  caught = value:
    let result = tryEval (deepSeq value value); in
    if result.success then result.value else { caught = true; };

  places = fromJSON questions;

  # Answers are told as they come: what ends the evaluation shall not take those
  # with it that were there before, and stands where the next would. The `meta`
  # of a derivation is told behind it.
  tell = foldl'
    (_: question:
      let told = caught (answer question); in
      seq (trace "nix-ripple-answers:${toJSON told}" null)
        (if told ? drvPath then seq (trace "nix-ripple-meta:${toJSON (metaOf (find question).value)}" null) true else true))
    true;

  # The same as a tree for who walks it himself, and lists as sets.
  tree = depth: open: value:
    if isDerivation value then value // { meta = metaOf value; }
    else if isAttrs value && isOpen { inherit open value; } then
      if depth == 32 && names value != [ ] then throw tooDeep else
      listToAttrs (map (name: { inherit name; value = tree (depth + 1) false value.${name}; }) (names value))
      // { recurseForDerivations = true; }
    else if isList value && open then
      listToAttrs (genList (i: { name = "nix-ripple-item-${toString i}"; value = tree (depth + 1) true (elemAt value i); }) (length value))
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
else if mode == "answer" then tell places
else if mode == "uncaught" then map answer places
else if mode == "explain" then
  {
    # one place, without catching what it throws; the mark tells whose message follows
    explain = mark: question: trace mark (deepSeq (answer (fromJSON question)) null);
  }
else if mode == "jobs" || mode == "derivations" then
  listToAttrs
    (genList
      (i: {
        name = "nix-ripple-root-${toString i}";
        value =
          let at = root (elemAt rootPaths i); in
          if at ? missing then throw "nix-ripple-missing: ${at.missing}" 
          else if mode == "jobs" then tree 0 true at.value
          else if isDerivation at.value then at.value
          else throw noPackage;
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
