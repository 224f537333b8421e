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
}
