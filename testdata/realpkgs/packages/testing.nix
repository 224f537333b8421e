# What tests are run with.
{ packages, hooks, ... }:
with packages;
{
  iniconfig = {
    pyproject = true;
    build-system = [ hatch-vcs hatchling ];
    pythonImportsCheck = [ "iniconfig" ];
    doCheck = false; # pytest is made with it
  };

  pytest = {
    pyproject = true;
    build-system = [ setuptools setuptools-scm ];
    dependencies = [ iniconfig packaging pluggy ];
    pythonImportsCheck = [ "pytest" ];
    doCheck = false; # not run here: too many
  };

  execnet = {
    pyproject = true;
    build-system = [ hatchling hatch-vcs ];
    pythonImportsCheck = [ "execnet" ];
    nativeCheckInputs = [ hooks.pytest-check ];
    pytestFlags = "testing/test_serializer.py"; # the others' time runs out on a busy machine
  };

  pytest-xdist = {
    pyproject = true;
    build-system = [ setuptools setuptools-scm ];
    buildInputs = [ pytest ];
    dependencies = [ execnet ];
    pythonImportsCheck = [ "xdist" ];
    nativeCheckInputs = [ hooks.pytest-check ];
    pytestFlags = "testing/test_dsession.py testing/test_newhooks.py";
  };

  attrs = {
    pyproject = true;
    build-system = [ hatchling hatch-vcs hatch-fancy-pypi-readme ];
    pythonImportsCheck = [ "attr" "attrs" ];
    doCheck = false; # hypothesis is made with it
  };

  sortedcontainers = {
    pythonImportsCheck = [ "sortedcontainers" ];
    doCheck = false; # the archive has none
  };

  hypothesis = {
    build-system = [ setuptools ];
    dependencies = [ attrs sortedcontainers ];
    pythonImportsCheck = [ "hypothesis" ];
    doCheck = false; # the archive has none
  };

  mock = {
    pythonImportsCheck = [ "mock" ];
    nativeCheckInputs = [ hooks.pytest-check ];
  };

  freezegun = {
    build-system = [ setuptools ];
    dependencies = [ python-dateutil ];
    pythonImportsCheck = [ "freezegun" ];
    nativeCheckInputs = [ hooks.pytest-check ];
    pytestFlags = "tests/test_operations.py tests/test_ticking.py tests/test_utils.py";
  };

  pytest-runner = {
    pyproject = true;
    build-system = [ setuptools setuptools-scm ];
    pythonImportsCheck = [ "ptr" ];
    doCheck = false;
  };

  # setup_requires = pytest-runner.
  mccabe = {
    nativeBuildInputs = [ pytest-runner ];
    pythonImportsCheck = [ "mccabe" ];
    nativeCheckInputs = [ hooks.pytest-check ];
    pytestFlags = "test_mccabe.py";
  };

  pbr = {
    build-system = [ setuptools ];
    pythonImportsCheck = [ "pbr" ];
    doCheck = false;
  };

  # setup_requires = pbr.
  stevedore = {
    build-system = [ pbr ];
    dependencies = [ pbr ];
    pythonImportsCheck = [ "stevedore" ];
    doCheck = false;
  };
}
