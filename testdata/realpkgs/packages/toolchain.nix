# What every build of this set uses: pip and what it is installed with.
{ packages, ... }:
with packages;
{
  flit-core = {
    pyproject = true;
    bootstrap = true;
    doCheck = false;
  };

  wheel = {
    pyproject = true;
    bootstrap = true;
    build-system = [ flit-core ];
    doCheck = false;
  };

  setuptools = {
    pyproject = true;
    bootstrap = true;
    build-system = [ wheel ];
    doCheck = false;
  };

  packaging = {
    pyproject = true;
    bootstrap = true;
    build-system = [ flit-core ];
    doCheck = false;
  };

  pip = {
    pyproject = true;
    bootstrap = true;
    build-system = [ setuptools wheel ];
    doCheck = false;
  };
}
