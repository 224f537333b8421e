# What wheels are built with: back ends, their plug-ins, code generators.
{ lib, packages, hooks, ... }:
with packages;
{
  setuptools-scm = {
    pyproject = true;
    build-system = [ setuptools ];
    dependencies = [ packaging setuptools typing-extensions ];
    pythonImportsCheck = [ "setuptools_scm" ];
    doCheck = false; # wants git
  };

  typing-extensions = {
    pyproject = true;
    build-system = [ flit-core ];
    pythonImportsCheck = [ "typing_extensions" ];
    nativeCheckInputs = [ hooks.unittest-check ];
    unittestFlags = "-s src -k TypeGuard -k Deprecated";
  };

  pathspec = {
    pyproject = true;
    build-system = [ flit-core ];
    pythonImportsCheck = [ "pathspec" ];
    nativeCheckInputs = [ hooks.unittest-check ];
    unittestFlags = "-s tests -t .";
  };

  pluggy = {
    pyproject = true;
    build-system = [ setuptools setuptools-scm ];
    pythonImportsCheck = [ "pluggy" ];
    doCheck = false; # pytest is made with it
  };

  calver = {
    pyproject = true;
    build-system = [ setuptools ];
    pythonImportsCheck = [ "calver" ];
    doCheck = false;
  };

  # setup_requires = calver.
  trove-classifiers = {
    pyproject = true;
    build-system = [ calver setuptools ];
    pythonImportsCheck = [ "trove_classifiers" ];
    doCheck = false; # pytest is made with it
  };

  hatchling = {
    pyproject = true;
    build-system = [ packaging pathspec pluggy trove-classifiers ];
    dependencies = [ packaging pathspec pluggy trove-classifiers ];
    pythonImportsCheck = [ "hatchling" ];
    doCheck = false;
  };

  hatch-vcs = {
    pyproject = true;
    build-system = [ hatchling ];
    dependencies = [ hatchling setuptools-scm ];
    pythonImportsCheck = [ "hatch_vcs" ];
    doCheck = false; # wants git
  };

  hatch-fancy-pypi-readme = {
    pyproject = true;
    build-system = [ hatchling ];
    dependencies = [ hatchling ];
    pythonImportsCheck = [ "hatch_fancy_pypi_readme" ];
    doCheck = false;
  };

  poetry-core = {
    pyproject = true;
    pythonImportsCheck = [ "poetry.core" ];
    doCheck = false;
  };

  pdm-backend = {
    pyproject = true;
    pythonImportsCheck = [ "pdm.backend" ];
    doCheck = false;
  };

  # Cython compiled by itself is faster, and takes long to make.
  cython = {
    NO_CYTHON_COMPILE = "true";
    setupPyGlobalFlags = "--no-cython-compile";
    pythonImportsCheck = [ "Cython" ];
    doCheck = false;
  };

  meson = {
    build-system = [ setuptools ];
    pythonImportsCheck = [ "mesonbuild" ];
    doCheck = false;
  };

  pyproject-metadata = {
    pyproject = true;
    build-system = [ flit-core ];
    dependencies = [ packaging ];
    pythonImportsCheck = [ "pyproject_metadata" ];
    nativeCheckInputs = [ hooks.pytest-check ];
  };

  meson-python = {
    pyproject = true;
    build-system = [ meson packaging pyproject-metadata ];
    dependencies = [ meson packaging pyproject-metadata ];
    pythonImportsCheck = [ "mesonpy" ];
    doCheck = false;
  };

  scikit-build-core = {
    pyproject = true;
    build-system = [ hatchling hatch-vcs ];
    dependencies = [ packaging pathspec ];
    pythonImportsCheck = [ "scikit_build_core" ];
    doCheck = false;
  };

  pybind11 = {
    pyproject = true;
    build-system = [ scikit-build-core ];
    pythonImportsCheck = [ "pybind11" ];
    doCheck = false;
  };

  cppy = {
    pyproject = true;
    build-system = [ setuptools setuptools-scm wheel ];
    dependencies = [ setuptools ];
    pythonImportsCheck = [ "cppy" ];
    nativeCheckInputs = [ hooks.pytest-check ];
  };

  pycparser = {
    pythonImportsCheck = [ "pycparser" ];
    nativeCheckInputs = [ hooks.unittest-check ];
    unittestFlags = "-s tests";
  };

  cffi = {
    pyproject = true;
    build-system = [ setuptools ];
    dependencies = [ pycparser ];
    pythonImportsCheck = [ "cffi" "_cffi_backend" ];
    doCheck = false; # not run here: too many
  };
}
