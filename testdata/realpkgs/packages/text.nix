# Text, mark-up and the command line.
{ packages, hooks, ... }:
with packages;
{
  six = {
    pythonImportsCheck = [ "six" ];
    nativeCheckInputs = [ hooks.pytest-check ];
  };

  pytz = {
    pythonImportsCheck = [ "pytz" ];
    nativeCheckInputs = [ hooks.unittest-check ];
    unittestFlags = "-s pytz/tests";
  };

  python-dateutil = {
    pyproject = true;
    build-system = [ setuptools setuptools-scm ];
    dependencies = [ six ];
    pythonImportsCheck = [ "dateutil" ];
    doCheck = false;
  };

  markupsafe = {
    pythonImportsCheck = [ "markupsafe" ];
    nativeCheckInputs = [ hooks.pytest-check ];
  };

  jinja2 = {
    pyproject = true;
    build-system = [ flit-core ];
    dependencies = [ markupsafe ];
    pythonImportsCheck = [ "jinja2" ];
    nativeCheckInputs = [ hooks.pytest-check ];
  };

  pyyaml = {
    pyproject = true;
    build-system = [ cython setuptools ];
    pythonImportsCheck = [ "yaml" ];
    nativeCheckInputs = [ hooks.pytest-check ];
    pytestFlags = "tests/legacy_tests/test_all.py tests/legacy_tests/test_dump_load.py";
  };

  # As in nixpkgs of 2018: pytest in buildInputs, and no test is run.
  click = {
    buildInputs = [ pytest ];
    pythonImportsCheck = [ "click" ];
    doCheck = false;
  };
}
