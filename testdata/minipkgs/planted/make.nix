# Packages from a source of one line, without a fetch.
pkgs: rec {
  source = name: builtins.toFile "${name}-1.txt" "source of ${name}\n";

  package = pname: attrs: pkgs.stdenv.mkDerivation ({
    inherit pname;
    version = "1";
    src = source pname;
  } // attrs);

  # `source`: another text than that.
  pythonPackage = pname: attrs: pkgs.python311Packages.buildPythonPackage pname ({
    version = "1";
    src = if attrs ? source then builtins.toFile "${pname}-1.txt" attrs.source else source pname;
  } // removeAttrs attrs [ "source" ]);
}
