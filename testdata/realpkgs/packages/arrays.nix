# numpy, and what is compiled against its headers or only imports it.
{ packages, hooks, ... }:
with packages;
{
  # Without the variants for each processor, and without an outside BLAS.
  numpy = {
    pyproject = true;
    build-system = [ cython meson-python ];
    pipBuildFlags = map (flag: "--config-settings=setup-args=-D${flag}") [
      "blas=none" "lapack=none" "allow-noblas=true" "disable-optimization=true" "buildtype=plain"
    ];
    CFLAGS = "-O1";
    CXXFLAGS = "-O1";
    pythonImportsCheck = [ "numpy" ];
    doCheck = false;
  };

  pywavelets = {
    pyproject = true;
    build-system = [ cython meson-python numpy ];
    dependencies = [ numpy ];
    pythonImportsCheck = [ "pywt" ];
    nativeCheckInputs = [ hooks.pytest-check ];
    preCheck = "cd $out/$pythonSitePackages";
    pytestFlags = "pywt/tests/test_dwt_idwt.py pywt/tests/test_functions.py";
  };

  # setup_requires = numpy.
  bottleneck = {
    dependencies = [ numpy ];
    pythonImportsCheck = [ "bottleneck" ];
    nativeCheckInputs = [ hooks.pytest-check ];
    preCheck = "cd $out/$pythonSitePackages";
    pytestFlags = "bottleneck/tests/move_test.py";
  };

  contourpy = {
    pyproject = true;
    build-system = [ meson meson-python pybind11 ];
    dependencies = [ numpy ];
    # It records the directory that it is built in, which has a random name.
    pipBuildFlags = "--config-settings=build-dir=build";
    pythonImportsCheck = [ "contourpy" ];
    nativeCheckInputs = [ hooks.pytest-check ];
    pytestFlags = "tests/test_array.py";
  };

  # setup.py makes C from jinja2 templates.
  pyerfa = {
    pyproject = true;
    build-system = [ jinja2 numpy setuptools setuptools-scm ];
    dependencies = [ numpy ];
    pythonImportsCheck = [ "erfa" ];
    nativeCheckInputs = [ hooks.pytest-check ];
    preCheck = "cd $out/$pythonSitePackages";
    pytestFlags = "erfa/tests";
  };

  numexpr = {
    pyproject = true;
    build-system = [ numpy setuptools wheel ];
    dependencies = [ numpy ];
    pythonImportsCheck = [ "numexpr" ];
    nativeCheckInputs = [ hooks.pytest-check ];
    preCheck = "cd $out/$pythonSitePackages";
    pytestFlags = "numexpr/tests -k test_numexpr";
  };

  fast-histogram = {
    pyproject = true;
    build-system = [ numpy setuptools setuptools-scm ];
    dependencies = [ numpy ];
    pythonImportsCheck = [ "fast_histogram" ];
    nativeCheckInputs = [ hooks.pytest-check hypothesis ];
    preCheck = "cd $out/$pythonSitePackages";
    pytestFlags = "fast_histogram/tests";
  };

  cftime = {
    pyproject = true;
    build-system = [ cython numpy setuptools wheel ];
    dependencies = [ numpy ];
    pythonImportsCheck = [ "cftime" ];
    nativeCheckInputs = [ hooks.pytest-check ];
    preCheck = "rm setup.cfg"; # wants coverage
    pytestFlags = "test/test_cftime.py";
  };

  # With what every machine has, and nothing that it may have.
  pillow = {
    pyproject = true;
    build-system = [ setuptools ];
    pipBuildFlags = map (library: "--config-settings=${library}=disable") [
      "freetype" "imagequant" "jpeg2000" "lcms" "raqm" "tiff" "webp" "webpmux" "xcb"
    ];
    pythonImportsCheck = [ "PIL" ];
    doCheck = false; # not run here: too many
  };

  imageio = {
    dependencies = [ numpy pillow ];
    pythonImportsCheck = [ "imageio" ];
    doCheck = false; # the tests want images from the network
  };

  cycler = {
    pyproject = true;
    build-system = [ setuptools ];
    pythonImportsCheck = [ "cycler" ];
    doCheck = false; # the archive has none
  };

  pyparsing = {
    pyproject = true;
    build-system = [ flit-core ];
    pythonImportsCheck = [ "pyparsing" ];
    nativeCheckInputs = [ hooks.unittest-check ];
    unittestFlags = "-s tests -t . -p test_simple_unit.py";
  };

  fonttools = {
    pyproject = true;
    build-system = [ setuptools ];
    pythonImportsCheck = [ "fontTools" ];
    doCheck = false; # not run here: too many
  };

  # C++ with the machine's freetype and qhull, since the archive has neither.
  matplotlib = {
    pyproject = true;
    build-system = [ meson-python numpy pybind11 setuptools-scm ];
    dependencies = [
      contourpy cycler fonttools kiwisolver numpy packaging pillow pyparsing python-dateutil
    ];
    pipBuildFlags = map (flag: "--config-settings=setup-args=-D${flag}") [
      "system-freetype=true" "system-qhull=true" "buildtype=plain"
    ];
    CXXFLAGS = "-O1";
    pythonImportsCheck = [ "matplotlib" ];
    doCheck = false; # not run here: too many
  };
}
