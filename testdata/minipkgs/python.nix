# buildPythonPackage: a python package's arguments to mkDerivation's.
{ lib, python, definePackage, mkDerivation, hooks }:
let
  sitePackages = "lib/python${python.pythonVersion}/site-packages";

  build = args:
    let
      attrs = removeAttrs args [ "dependencies" "build-system" "doCheck" "nativeCheckInputs" "checkInputs" "module" ];
      module = args.module or args.pname;
      doCheck = args.doCheck or true;
    in
    mkDerivation (attrs // {
      name = "python${python.pythonVersion}-${args.pname}-${args.version}";
      strictDeps = args.strictDeps or (python.pythonVersion != "2.7");
      nativeBuildInputs = [ python ] ++ args.nativeBuildInputs or [ ]
        ++ [ hooks.pythonImportsCheckHook ] ++ args.build-system or [ ];
      propagatedBuildInputs = args.dependencies or [ ] ++ args.propagatedBuildInputs or [ ] ++ [ python ];
      doCheck = false;
      doInstallCheck = doCheck;
      nativeInstallCheckInputs = args.nativeCheckInputs or [ ] ++ args.nativeInstallCheckInputs or [ ];
      installCheckInputs = args.checkInputs or [ ] ++ args.installCheckInputs or [ ];
      pythonImportsCheck = args.pythonImportsCheck or [ module ];
      # The package's own files, as they are; what is compiled comes with
      # objectText.
      installPhase = args.installPhase or ''
        dir=$out/${sitePackages}/${module}
        mkdir -p $dir
        echo "$sourceText" > $dir/__init__.py
        ${lib.optionalString (args.compiles or false) ''printf '%sRPATH%s\n' "$objectText" "$rpath" > $dir/native.so''}
        runHook postInstall
      '';
      passthru = args.passthru or { } // {
        overridePythonAttrs = f: build (args // f args);
        pythonModule = python;
      };
    });
in
id: definePackage build id
