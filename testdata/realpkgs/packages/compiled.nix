# Modules compiled from C, C++ and Cython, or whose C a generator writes.
{ packages, hooks, ... }:
with packages;
{
  # C++ against cppy's headers.
  kiwisolver = {
    pyproject = true;
    build-system = [ cppy setuptools setuptools-scm wheel ];
    pythonImportsCheck = [ "kiwisolver" ];
    nativeCheckInputs = [ hooks.pytest-check ];
    pytestFlags = "py/tests";
  };

  # The archive brings the C that cython wrote, too.
  fastrlock = {
    build-system = [ cython ];
    pythonImportsCheck = [ "fastrlock" ];
    nativeCheckInputs = [ hooks.pytest-check ];
    preCheck = "mv fastrlock/tests ..; cd ..";
    pytestFlags = "tests";
  };

  msgpack = {
    pyproject = true;
    build-system = [ cython setuptools ];
    pythonImportsCheck = [ "msgpack" ];
    nativeCheckInputs = [ hooks.pytest-check ];
    pytestFlags = "test";
  };

  # cffi writes C for both in the build, and loads it at run time.
  argon2-cffi-bindings = {
    pyproject = true;
    build-system = [ cffi setuptools setuptools-scm wheel ];
    dependencies = [ cffi ];
    pythonImportsCheck = [ "_argon2_cffi_bindings" ];
    nativeCheckInputs = [ hooks.pytest-check ];
  };

  # As in nixpkgs of 2018: six propagated, and what the tests use in buildInputs.
  bcrypt = {
    buildInputs = [ pycparser mock pytest ];
    dependencies = [ cffi six ];
    pythonImportsCheck = [ "bcrypt" ];
    nativeCheckInputs = [ hooks.pytest-check ];
  };

  # As in nixpkgs of 2018: cython propagated by two, in buildInputs of one.
  cymem = {
    pyproject = true;
    build-system = [ setuptools ];
    dependencies = [ cython ];
    pythonImportsCheck = [ "cymem.cymem" ];
    nativeCheckInputs = [ hooks.pytest-check ];
    preCheck = "cd $out/$pythonSitePackages";
    pytestFlags = "cymem/tests";
  };

  murmurhash = {
    pyproject = true;
    build-system = [ setuptools ];
    buildInputs = [ cython ];
    pythonImportsCheck = [ "murmurhash" ];
    nativeCheckInputs = [ hooks.pytest-check ];
    preCheck = "cd $out/$pythonSitePackages";
    pytestFlags = "murmurhash/tests";
  };

  preshed = {
    pyproject = true;
    build-system = [ setuptools ];
    buildInputs = [ pytest ];
    dependencies = [ cymem cython murmurhash ];
    pythonImportsCheck = [ "preshed" ];
    nativeCheckInputs = [ hooks.pytest-check ];
    preCheck = "cd $out/$pythonSitePackages";
    pytestFlags = "preshed/tests";
  };

  lazy-object-proxy = {
    pyproject = true;
    build-system = [ setuptools setuptools-scm ];
    pythonImportsCheck = [ "lazy_object_proxy" ];
    doCheck = false; # the tests want pytest-benchmark
  };

  zope-event = {
    dependencies = [ setuptools ];
    pythonImportsCheck = [ "zope.event" ];
    doCheck = false;
  };

  # As in nixpkgs of 2018: zope.event propagated.
  zope-interface = {
    dependencies = [ setuptools zope-event ];
    pythonImportsCheck = [ "zope.interface" ];
    doCheck = false;
  };

  toolz = {
    pythonImportsCheck = [ "toolz" ];
    nativeCheckInputs = [ hooks.pytest-check ];
    preCheck = "cd $out/$pythonSitePackages";
    pytestFlags = "toolz/tests";
  };

  cytoolz = {
    build-system = [ cython ];
    dependencies = [ toolz ];
    pythonImportsCheck = [ "cytoolz" ];
    nativeCheckInputs = [ hooks.pytest-check ];
    preCheck = "cd $out/$pythonSitePackages";
    pytestFlags = "cytoolz/tests";
  };

  expandvars = {
    pyproject = true;
    build-system = [ hatchling ];
    pythonImportsCheck = [ "expandvars" ];
    nativeCheckInputs = [ hooks.pytest-check ];
  };

  # Built in a directory with a random name, which the module records: two
  # builds of it are never the same.
  frozenlist = {
    pyproject = true;
    build-system = [ cython expandvars setuptools ];
    pythonImportsCheck = [ "frozenlist" ];
    nativeCheckInputs = [ hooks.pytest-check ];
    preCheck = "rm pytest.ini"; # wants coverage
    pytestFlags = "tests";
  };

  multidict = {
    pyproject = true;
    build-system = [ setuptools ];
    pythonImportsCheck = [ "multidict" ];
    doCheck = false; # not run here: too many
  };

  yarl = {
    pyproject = true;
    build-system = [ cython expandvars setuptools ];
    dependencies = [ idna multidict ];
    # As frozenlist, but built where it lies.
    postPatch = "sed -i s/build_inplace=False,/build_inplace=True,/ packaging/pep517_backend/_backend.py";
    pythonImportsCheck = [ "yarl" ];
    nativeCheckInputs = [ hooks.pytest-check ];
    preCheck = "rm pytest.ini"; # wants coverage
    pytestFlags = "tests";
  };

  # setup_requires: cython and setuptools-scm.
  pyclipper = {
    nativeBuildInputs = [ cython setuptools-scm ];
    pythonImportsCheck = [ "pyclipper" ];
    nativeCheckInputs = [ hooks.unittest-check ];
    unittestFlags = "-s tests";
  };

  ujson = {
    pyproject = true;
    build-system = [ setuptools setuptools-scm ];
    pythonImportsCheck = [ "ujson" ];
    doCheck = false; # not run here: too many
  };

  simplejson = {
    pythonImportsCheck = [ "simplejson" ];
    nativeCheckInputs = [ hooks.unittest-check ];
    preCheck = "cd $out/$pythonSitePackages";
    unittestFlags = "-s simplejson/tests -t .";
  };

  wrapt = {
    pythonImportsCheck = [ "wrapt" ];
    doCheck = false;
  };
}
