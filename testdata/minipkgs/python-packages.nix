# The packages of one interpreter; made once for each.
{ final, python }:
with final;
let
  inherit (final) lib;
  isPy3 = python.pythonVersion != "2.7";
  py3 = x: lib.optional isPy3 x;
  py2 = x: lib.optional (! isPy3) x;
in
lib.makeScope (builtins.foldl' (set: extension: lib.extends extension set) (self: with self;
let
  define = import ./python.nix {
    inherit lib python definePackage;
    inherit (stdenv) mkDerivation;
    hooks = self;
  };

  testTool = args: {
    phases = "installPhase fixupPhase";
    doCheck = false;
    postInstall = ''mkdir -p $out/bin; program $out/bin/$pname "echo $pname: all passed"'';
  } // args;

  tool = name: ''mkdir -p $out/bin; program $out/bin/${name} "echo ${name} $version"'';

  hook = id: setupHook: deps: final.defineRecipe id {
    pname = "python${python.pythonVersion}-${id}";
    version = "1";
    inherit setupHook;
    position = builtins.unsafeGetAttrPos "buildPythonPackage" self;
    propagatedBuildInputs = deps;
    phases = "fixupPhase";
  };
in
{
  inherit python;
  buildPythonPackage = define;

  pythonImportsCheckHook = hook "pythonImportsCheckHook" ./hooks/python-imports-check.sh [ ];
  pytestCheckHook = hook "pytestCheckHook" ./hooks/pytest-check.sh [ pytest ];

  # Building and packaging.
  setuptools = define "setuptools" { version = if isPy3 then "67.4.0" else "44.0.0"; doCheck = false; };
  wheel = define "wheel" { version = "0.38.4"; build-system = [ setuptools ]; doCheck = false; };
  pip = define "pip" { version = if isPy3 then "23.0.1" else "20.3.4"; build-system = [ setuptools wheel ]; doCheck = false; };
  setuptools-scm = define "setuptools-scm" { version = "7.1.0"; module = "setuptools_scm"; dependencies = [ setuptools ] ++ py3 packaging; nativeCheckInputs = [ ]; };
  packaging = define "packaging" { version = "23.0"; dependencies = [ pyparsing ]; build-system = [ setuptools ]; doCheck = false; };
  pyparsing = define "pyparsing" { version = if isPy3 then "3.0.9" else "2.4.7"; doCheck = false; };
  six = define "six" { version = "1.16.0"; doCheck = false; };
  cython = define "cython" { pname = "Cython"; version = "0.29.34"; compiles = true; build-system = [ setuptools ]; nativeCheckInputs = [ pkg-config ]; checkInputs = [ gtest ]; postInstall = tool "cython"; };
  cffi = define "cffi" {
    version = "1.15.1";
    outputs = [ "out" "dev" ];
    compiles = true;
    buildInputs = [ libffi ];
    nativeBuildInputs = [ pkg-config ];
    build-system = [ setuptools ];
    dependencies = [ pycparser ];
    nativeCheckInputs = [ pytestCheckHook ];
  };
  pycparser = define "pycparser" { version = "2.21"; nativeCheckInputs = [ ]; };
  pybind11 = define "pybind11" { version = "2.10.4"; nativeBuildInputs = [ cmake ]; buildInputs = [ boost eigen ]; nativeCheckInputs = [ pytestCheckHook ]; checkInputs = [ numpy ]; dontUseCmakeBuildDir = true; };

  # Testing.
  attrs = define "attrs" { version = "22.2.0"; doCheck = false; build-system = [ setuptools ]; };
  pluggy = define "pluggy" { version = "1.0.0"; build-system = [ setuptools setuptools-scm ]; doCheck = false; };
  iniconfig = define "iniconfig" { version = "2.0.0"; doCheck = false; };
  pytest = define "pytest" (testTool {
    version = if isPy3 then "7.2.1" else "4.6.11";
    build-system = [ setuptools setuptools-scm ];
    dependencies = [ attrs pluggy packaging six ] ++ py3 iniconfig;
    propagatedNativeBuildInputs = [ iniconfig ];
    setupHook = ./hooks/pytest-check.sh;
    phases = "unpackPhase patchPhase configurePhase buildPhase installPhase fixupPhase";
  });
  hypothesis = define "hypothesis" {
    version = if isPy3 then "6.68.2" else "4.57.1";
    dependencies = [ attrs sortedcontainers ];
    build-system = [ setuptools ];
    # It needs itself to be tested.
    doCheck = false;
  };
  sortedcontainers = define "sortedcontainers" { version = "2.4.0"; doCheck = false; };
  mock = define "mock" { version = if isPy3 then "5.0.1" else "3.0.5"; dependencies = [ six ]; nativeCheckInputs = [ pytest ]; };
  pytest-runner = define "pytest-runner" { version = "6.0.0"; module = "ptr"; dependencies = [ pytest setuptools ]; build-system = [ setuptools-scm ]; doCheck = false; };
  pytest-cov = define "pytest-cov" { version = "4.0.0"; module = "pytest_cov"; dependencies = [ pytest coverage ]; doCheck = false; };
  pytest-xdist = define "pytest-xdist" { version = "3.2.0"; module = "xdist"; dependencies = [ execnet pytest ]; nativeCheckInputs = [ pytestCheckHook mock ]; };
  pytest-timeout = define "pytest-timeout" { version = "2.1.0"; module = "pytest_timeout"; dependencies = [ pytest ]; nativeCheckInputs = [ pytest-cov ]; };
  execnet = define "execnet" { version = "1.9.0"; build-system = [ setuptools-scm ]; nativeCheckInputs = [ pytest ]; };
  coverage = define "coverage" { version = "7.2.1"; compiles = true; doCheck = false; };
  nose = define "nose" { version = "1.3.7"; checkInputs = [ coverage ]; };

  # Formats, network, documents.
  pyyaml = define "pyyaml" { pname = "PyYAML"; module = "yaml"; version = if isPy3 then "6.0" else "5.4.1"; compiles = true; nativeBuildInputs = [ cython ]; buildInputs = [ libyaml ]; };
  lxml = define "lxml" { version = "4.9.2"; compiles = true; nativeBuildInputs = [ libxml2 libxslt cython ]; buildInputs = [ libxml2 libxslt zlib ]; };
  markupsafe = define "markupsafe" { pname = "MarkupSafe"; version = "2.1.2"; compiles = true; nativeCheckInputs = [ pytestCheckHook ]; };
  jinja2 = define "jinja2" { pname = "Jinja2"; version = if isPy3 then "3.1.2" else "2.11.3"; dependencies = [ markupsafe ]; nativeCheckInputs = [ pytestCheckHook ]; };
  mako = define "mako" { pname = "Mako"; version = "1.2.4"; dependencies = [ markupsafe ]; nativeCheckInputs = [ pytestCheckHook ] ++ py2 mock; };
  idna = define "idna" { version = "3.4"; doCheck = false; };
  certifi = define "certifi" { version = "2022.12.07"; postInstall = "echo ${cacert}/etc/ca-bundle.crt > $out/bundle"; };
  urllib3 = define "urllib3" { version = "1.26.14"; dependencies = [ certifi idna ] ++ py2 cryptography; nativeCheckInputs = [ pytestCheckHook mock ]; };
  requests = define "requests" { version = if isPy3 then "2.28.2" else "2.27.1"; dependencies = [ certifi idna urllib3 ]; nativeCheckInputs = [ pytestCheckHook pytest-xdist ]; };
  cryptography = define "cryptography" { version = if isPy3 then "39.0.2" else "3.3.2"; outputs = [ "out" "dev" ]; compiles = true; nativeBuildInputs = py3 cargo ++ py3 rustc; buildInputs = [ openssl ]; dependencies = [ cffi ] ++ py2 six; nativeCheckInputs = [ hypothesis pytest ]; };
  docutils = define "docutils" { version = "0.19"; };
  pygments = define "pygments" { pname = "Pygments"; version = "2.14.0"; dependencies = [ docutils ]; doCheck = false; };
  pytz = define "pytz" { version = "2022.7.1"; };
  babel = define "python-babel" { pname = "Babel"; version = "2.11.0"; dependencies = [ pytz ]; nativeCheckInputs = [ pytestCheckHook ]; };
  python-dateutil = define "python-dateutil" { module = "dateutil"; version = "2.8.2"; build-system = [ setuptools-scm ]; dependencies = [ six ]; doCheck = false; };
  sphinx = define "sphinx" { pname = "Sphinx"; version = if isPy3 then "5.3.0" else "1.8.5"; dependencies = [ babel docutils jinja2 pygments requests packaging setuptools ] ++ py2 six; nativeCheckInputs = [ pytestCheckHook imagemagick ] ++ py3 cython; };

  # Numbers.
  numpy = define "numpy" {
    version = if isPy3 then "1.24.2" else "1.16.6";
    compiles = true;
    nativeBuildInputs = [ cython gfortran-runtime ];
    buildInputs = [ openblas ];
    nativeCheckInputs = [ pytest hypothesis ] ++ py3 setuptools;
    checkInputs = py2 nose;
    passthru.blas = openblas;
  };
  scipy = define "scipy" { version = if isPy3 then "1.10.1" else "1.2.2"; compiles = true; nativeBuildInputs = [ cython gfortran-runtime ] ++ py3 pybind11; buildInputs = [ openblas ]; dependencies = [ numpy ]; nativeCheckInputs = [ pytest ] ++ py2 nose; };
  numexpr = define "numexpr" { version = "2.8.4"; compiles = true; dependencies = [ numpy ] ++ py3 packaging; };
  tables = define "tables" { version = "3.8.0"; compiles = true; nativeBuildInputs = [ cython ]; buildInputs = [ hdf5 bzip2 ]; dependencies = [ numpy numexpr six ]; };
  h5py = define "h5py" { version = "3.8.0"; compiles = true; nativeBuildInputs = [ cython pkg-config ]; buildInputs = [ hdf5 ]; dependencies = [ numpy ] ++ py2 six; nativeCheckInputs = [ pytestCheckHook ]; };
  # numpy comes by way of scipy, numexpr and tables.
  pandas = define "pandas" {
    version = if isPy3 then "1.5.3" else "0.24.2";
    compiles = true;
    nativeBuildInputs = [ cython ];
    dependencies = [ python-dateutil scipy numexpr tables pytz lxml ];
    nativeCheckInputs = [ pytestCheckHook hypothesis pytest-xdist ];
    preInstallCheck = "type pytest > /dev/null";
  };
  # A native module, of libraries for many formats.
  pillow = define "pillow" {
    pname = "Pillow";
    module = "PIL";
    version = if isPy3 then "9.4.0" else "6.2.2";
    compiles = true;
    nativeBuildInputs = [ pkg-config ];
    buildInputs = [ freetype libjpeg openjpeg zlib libtiff libwebp tcl lcms2 tk ];
    nativeCheckInputs = [ pytestCheckHook ] ++ py3 pytest-timeout;
  };
  imageio = define "imageio" { version = "2.26.0"; dependencies = [ numpy pillow ]; nativeCheckInputs = [ pytestCheckHook ]; };
  matplotlib = define "matplotlib" { version = if isPy3 then "3.7.1" else "2.2.5"; compiles = true; nativeBuildInputs = [ pkg-config ] ++ py3 pybind11; buildInputs = [ freetype libpng which ghostscript tcl ]; dependencies = [ numpy pillow python-dateutil pyparsing tk ] ++ py2 pytz; doCheck = false; };
  scikit-learn = define "scikit-learn" { module = "sklearn"; version = "1.2.1"; compiles = true; nativeBuildInputs = [ cython gfortran-runtime ]; buildInputs = [ pillow openblas ]; dependencies = [ numpy scipy ]; nativeCheckInputs = [ pytestCheckHook pytest-xdist ]; };

  # Learning.
  pytorch = define "pytorch" {
    version = if isPy3 then "1.13.1" else "1.4.0";
    outputs = [ "out" "dev" "lib" ];
    compiles = true;
    patches = [ ./patches/pytorch-install-dirs.patch ];
    nativeBuildInputs = [ cmake which ninja ] ++ py3 pybind11;
    buildInputs = [ openblas mpi ] ++ lib.optionals (final ? cudatoolkit) [ cudnn nccl ];
    dependencies = [ cffi numpy pyyaml ];
    nativeCheckInputs = [ hypothesis ];
    # The code generator reads its tables by yaml.
    preBuild = ''
      for dir in ''${PYTHONPATH//:/ }; do
        if [ -e "$dir/yaml/__init__.py" ]; then objectText+="generated with $(< "$dir/yaml/__init__.py")"$'\n'; fi
      done
    '';
    ${if final ? cudatoolkit then "CUDA_TOOLKIT" else null} = final.cudatoolkit;
  };
  torchvision = define "torchvision" { version = if isPy3 then "0.14.1" else "0.5.0"; dependencies = [ numpy pillow pytorch requests six ]; nativeCheckInputs = [ pytest ]; };
} // lib.optionalAttrs isPy3 {
  grpcio = define "grpcio" { version = "1.53.0"; module = "grpc"; compiles = true; outputs = [ "out" "dev" ]; nativeBuildInputs = [ cython pkg-config ]; buildInputs = [ c-ares openssl zlib ]; dependencies = [ six ]; };
  tensorflow = define "tensorflow" {
    version = "2.11.1";
    compiles = true;
    nativeBuildInputs = [ which jdk protobuf cython ];
    buildInputs = [ openblas giflib libjpeg libpng icu sqlite curl ] ++ lib.optionals (final ? cudatoolkit) [ cudatoolkit cudnn nccl ];
    dependencies = [ numpy six grpcio h5py ];
    nativeCheckInputs = [ pytest-xdist ];
  };
  keras = define "keras" { version = "2.11.0"; dependencies = [ numpy scipy h5py pyyaml six ]; nativeCheckInputs = [ pytest tensorflow pandas pillow ]; };
  science-env = final.buildEnv {
    name = "python${python.pythonVersion}-science-env";
    paths = [ python numpy scipy pandas matplotlib ];
  };
}) pythonPackagesExtensions)
