# The interpreter, the hooks of its builds, and buildPythonPackage: a python
# package's arguments to mkDerivation's.
{ lib, stdenv, pythonVersion, release, packages }:

let
  inherit (stdenv) mkDerivation;

  # The machine's interpreter behind a prefix of its own: a virtual environment
  # without the machine's packages, whose programs are found by sys.executable.
  python = mkDerivation {
    pname = "python3";
    version = pythonVersion;
    phases = "installPhase fixupPhase";
    installPhase = ''
      mkdir -p $out/bin
      ln -s /usr/bin/python${pythonVersion} $out/bin/python${pythonVersion}
      ln -s python${pythonVersion} $out/bin/python3
      ln -s python${pythonVersion} $out/bin/python
      printf '%s\n' 'home = /usr/bin' 'include-system-site-packages = false' > $out/pyvenv.cfg
      "$out/bin/python" -c 'import sysconfig; assert sysconfig.get_path("purelib").startswith(sysconfig.get_path("data"))'
    '';
    setupHook = hookText ./hooks/python.sh { };
    passthru = { inherit pythonVersion; };
  };

  # A hook's script, with @name@ replaced.
  hookText = script: substitutions:
    let all = { inherit pythonVersion; } // substitutions; in
    builtins.toFile (baseNameOf script) (builtins.replaceStrings
      (map (name: "@${name}@") (lib.attrNames all))
      (map (name: all.${name}) (lib.attrNames all))
      (builtins.readFile script));

  hook = name: { propagated ? [ ], substitutions ? { } }: mkDerivation {
    name = "${name}-hook";
    phases = "fixupPhase";
    propagatedBuildInputs = propagated;
    setupHook = hookText (./hooks + "/${name}.sh") substitutions;
  };

  hooks = lib.mapAttrs hook {
    setuptools-build.propagated = [ packages.setuptools packages.wheel ];
    pip-build.propagated = [ packages.pip packages.wheel ];
    pip-install.propagated = [ packages.pip ];
    runtime-deps-check = {
      propagated = [ packages.packaging ];
      substitutions.check = "${./hooks/runtime-deps-check.py}";
    };
    imports-check = { };
    wrap-python.substitutions.patch = "${./hooks/wrap-python.py}";
    pytest-check.propagated = [ packages.pytest ];
    unittest-check = { };
  };

  # pip as its archive has it, to install the first packages with.
  bootstrapPip = mkDerivation (release "pip" // {
    name = "bootstrap-pip";
    nativeBuildInputs = [ python ];
    installPhase = "mkdir -p $out/$pythonSitePackages; cp -r src/pip $out/$pythonSitePackages";
  });
  bootstrapHooks = lib.mapAttrs hook {
    pip-build.propagated = [ bootstrapPip ];
    pip-install.propagated = [ bootstrapPip ];
  };

  # Two formats: "setuptools" runs setup.py, and pip installs with its own check
  # of the run-time dependencies; "pyproject" asks the package's back end, and a
  # hook checks them.
  buildPythonPackage = args:
    let
      format = if args.pyproject or false then "pyproject" else "setuptools";
      attrs = removeAttrs args [
        "pyproject" "dependencies" "build-system" "bootstrap" "doCheck" "nativeCheckInputs" "checkInputs"
      ];
      doCheck = args.doCheck or true;
      # What the hooks are made of is built without them.
      bootstrap = args.bootstrap or false;
    in
    mkDerivation (attrs // {
      pipInstallFlags = lib.optional (format == "pyproject") "--no-deps";
      name = "python${pythonVersion}-${args.pname}-${args.version}";
      strictDeps = args.strictDeps or (format == "pyproject");
      nativeBuildInputs = [ python hooks.wrap-python ]
        ++ (
          if bootstrap then [ bootstrapHooks.pip-build bootstrapHooks.pip-install ]
          else [ hooks.imports-check hooks.pip-install ]
            ++ (if format == "setuptools" then [ hooks.setuptools-build ]
                else [ hooks.pip-build hooks.runtime-deps-check ]))
        ++ args.nativeBuildInputs or [ ]
        ++ args.build-system or [ ];
      propagatedBuildInputs = args.dependencies or [ ] ++ args.propagatedBuildInputs or [ ] ++ [ python ];
      doCheck = false;
      doInstallCheck = doCheck;
      nativeInstallCheckInputs = args.nativeCheckInputs or [ ] ++ args.nativeInstallCheckInputs or [ ];
      installCheckInputs = args.checkInputs or [ ] ++ args.installCheckInputs or [ ];
      passthru = args.passthru or { } // {
        overridePythonAttrs = f: buildPythonPackage (args // f args);
        pythonModule = python;
      };
    });
in
{ inherit python hooks buildPythonPackage; }
