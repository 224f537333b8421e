  # What an input is called: its pname, else what its name begins with; a file by its own name.
  nameOf = input:
    if builtins.isAttrs input then input.pname or (builtins.parseDrvName (input.name or "")).name
    else if builtins.isPath input || builtins.isString input then baseNameOf (toString input)
    else null;

  # Inputs are wanted by name, or as packages where a name would be ambiguous.
  isWanted = wanted: input: builtins.any
    (want:
      if builtins.isString want then nameOf input == want
      else builtins.isAttrs input && (input.drvPath or null) == want.drvPath)
    wanted;

  without = wanted: inputs:
    if builtins.isList inputs
    then map (without wanted) (builtins.filter (input: ! isWanted wanted input) inputs)
    else inputs;

  # The attributes from which a list of inputs is made: tests add theirs when they are on, python
  # packages have names of their own.
  madeOf = {
    buildInputs = [ "buildInputs" "checkInputs" "installCheckInputs" "pythonPath" ];
    nativeBuildInputs = [
      "nativeBuildInputs" "build-system" "nativeCheckInputs" "nativeInstallCheckInputs" "checkInputs" "installCheckInputs"
    ];
    propagatedBuildInputs = [ "propagatedBuildInputs" "dependencies" ];
  };
  namesToNull = names: builtins.listToAttrs (map (name: { inherit name; value = null; }) names);

  # Steps of an edit, from a package's attributes to those that change.
  remove = lists: wanted: old: builtins.mapAttrs
    (_: without wanted)
    (builtins.intersectAttrs (namesToNull (builtins.concatMap (list: madeOf.${list} or [ list ]) lists)) old);
  add = list: inputs: old:
    let present = old.${list} or [ ]; in
    { ${list} = present ++ builtins.filter (input: ! builtins.elem input present) inputs; };

  # An edit may be made twice, by two names of one package: the second time it changes nothing.
  edit = steps: package:
    let
      change = old: builtins.foldl' (new: step: new // step (old // new)) { } steps;
      python = if package ? overridePythonAttrs then package.overridePythonAttrs change else package;
    in
    if package ? overrideAttrs then python.overrideAttrs change else package;

  # Without its tests, and what steps move with them; `passthru.tests.checks` runs them, with all that was there.
  detach = moved: package:
    let
      plain = edit
        ([ (old: {
          doCheck = false;
          doInstallCheck = false;
          passthru = (old.passthru or { }) // {
            checksAreDetached = true;
            tests = (old.passthru.tests or { }) // { inherit checks; };
          };
        }) ] ++ moved)
        package;
      checks =
        # a python package is tested as it is installed
        if package ? overridePythonAttrs then package.overridePythonAttrs (old: {
          pname = "${old.pname or package.pname}-checks";
          outputs = [ "out" ];
          dontBuild = true;
          installPhase = "mkdir -p $out";
          pythonImportsCheck = [ ];
          propagatedBuildInputs = (old.propagatedBuildInputs or [ ]) ++ [ plain ];
        } // (if old ? pyproject then { pyproject = false; } else { format = "other"; }))
        # others are tested where they are built
        else package.overrideAttrs (old: { name = "${package.name}-checks"; });
    in
    if ! package ? overrideAttrs || package ? checksAreDetached then package else plain;

  inputLists = [
    "depsBuildBuild" "nativeBuildInputs" "depsBuildTarget" "depsHostHost" "buildInputs" "depsTargetTarget"
  ];
  propagatedLists = [
    "depsBuildBuildPropagated" "propagatedNativeBuildInputs" "depsBuildTargetPropagated"
    "depsHostHostPropagated" "propagatedBuildInputs" "depsTargetTargetPropagated"
  ];

  # Built without the wanted inputs (`inner`), with links to that and the inputs' paths beside it.
  split = lists: wanted: package:
    let
      again = split lists wanted;
      outputs = package.outputs or [ "out" ];
      inner = (edit [ (remove lists wanted) ] package).overrideAttrs (old: { name = "${package.name}-inner"; });
      fromPackage = names: builtins.intersectAttrs (namesToNull names) package;
      moved = builtins.concatMap
        (list: builtins.filter (isWanted wanted) (package.${list} or [ ]))
        (builtins.filter (list: builtins.elem list inputLists) lists);
      own = inputLists ++ propagatedLists ++ outputs ++ [
        "all" "args" "builder" "drvAttrs" "drvPath" "meta" "name" "outPath" "outputName" "outputSpecified" "outputs"
        "passthru" "stdenv" "system" "type"
      ];
      wrapper = package.stdenv.mkDerivation (fromPackage ([ "name" "pname" "version" ] ++ propagatedLists) // {
        inherit outputs;
        movedInputs = moved;
        preferLocalBuild = true;
        phases = "installPhase fixupPhase";
        installPhase = ''
          for output in $outputs; do
            inner=inner_$output
            mkdir -p "''${!output}"
            cp -rs --no-preserve=mode "''${!inner}/." "''${!output}/"
            if [ -d "''${!inner}/nix-support" ]; then
              rm -rf "''${!output}/nix-support"
              cp -r --no-preserve=mode "''${!inner}/nix-support" "''${!output}/nix-support"
              rm -f "''${!output}"/nix-support/propagated-*
            fi
          done
          if [ -n "$movedInputs" ]; then
            mkdir -p "''$${builtins.head outputs}/nix-support"
            printf '%s\n' $movedInputs > "''$${builtins.head outputs}/nix-support/moved-inputs"
          fi
        '';
        meta = builtins.intersectAttrs
          (namesToNull [ "description" "homepage" "license" "mainProgram" "maintainers" "platforms" ])
          (package.meta or { });
        passthru = removeAttrs inner own // {
          inherit inner;
          overrideAttrs = change: again (package.overrideAttrs change);
        } // (if package ? overridePythonAttrs then {
          overridePythonAttrs = change: again (package.overridePythonAttrs change);
        } else { }) // (if package ? override then {
          override = arguments: again (package.override arguments);
        } else { });
      } // builtins.listToAttrs (map (output: { name = "inner_${output}"; value = inner.${output}; }) outputs));
    in
    if ! package ? overrideAttrs || package ? inner then package else wrapper;

  # Those of the edits whose package this set has.
  change = set: edits: builtins.mapAttrs (name: edit: edit set.${name}) (builtins.intersectAttrs set edits);

  # A set within the set, with an overlay of its own.
  inSet = overlay: set:
    if ! builtins.isAttrs set then set
    else if set ? overrideScope' then set.overrideScope' overlay
    else if set ? overrideScope then set.overrideScope overlay
    else if set ? extend then set.extend overlay
    else set // overlay set set;
