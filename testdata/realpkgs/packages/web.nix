# The network.
{ packages, hooks, ... }:
with packages;
{
  idna = {
    pyproject = true;
    build-system = [ flit-core ];
    pythonImportsCheck = [ "idna" ];
    nativeCheckInputs = [ hooks.pytest-check ];
    pytestFlags = "tests/test_idna.py tests/test_idna_codec.py";
  };

  certifi = {
    pythonImportsCheck = [ "certifi" ];
    doCheck = false; # the archive has none
  };

  charset-normalizer = {
    pythonImportsCheck = [ "charset_normalizer" ];
    doCheck = false;
  };

  urllib3 = {
    pyproject = true;
    build-system = [ hatchling ];
    pythonImportsCheck = [ "urllib3" ];
    doCheck = false; # the tests want tornado, trustme and more
  };

  # As in nixpkgs of 2018: pytest in nativeBuildInputs, and no test is run.
  requests = {
    nativeBuildInputs = [ pytest ];
    dependencies = [ certifi charset-normalizer idna urllib3 ];
    pythonImportsCheck = [ "requests" ];
    doCheck = false;
  };

  # As in nixpkgs of 2018: pytest in buildInputs, and no test is run.
  h11 = {
    buildInputs = [ pytest ];
    pythonImportsCheck = [ "h11" ];
    doCheck = false;
  };

  sniffio = {
    pyproject = true;
    build-system = [ setuptools setuptools-scm ];
    pythonImportsCheck = [ "sniffio" ];
    doCheck = false; # the tests want curio
  };

  anyio = {
    pyproject = true;
    build-system = [ setuptools setuptools-scm ];
    dependencies = [ idna sniffio typing-extensions ];
    pythonImportsCheck = [ "anyio" ];
    doCheck = false; # the tests want trio
  };

  httpcore = {
    pyproject = true;
    build-system = [ hatchling hatch-fancy-pypi-readme ];
    dependencies = [ certifi h11 ];
    pythonImportsCheck = [ "httpcore" ];
    nativeCheckInputs = [ hooks.pytest-check anyio ];
    preCheck = "rm pyproject.toml"; # its settings want trio
    pytestFlags = "tests/test_models.py";
    disabledTests = [ "async" ];
  };

  httpx = {
    pyproject = true;
    build-system = [ hatchling hatch-fancy-pypi-readme ];
    dependencies = [ anyio certifi httpcore idna sniffio ];
    pythonImportsCheck = [ "httpx" ];
    doCheck = false; # the tests want uvicorn, trustme and more
  };

  itsdangerous = {
    pyproject = true;
    build-system = [ flit-core ];
    pythonImportsCheck = [ "itsdangerous" ];
    nativeCheckInputs = [ hooks.pytest-check freezegun ];
  };

  # As in nixpkgs of 2018: itsdangerous.
  werkzeug = {
    pyproject = true;
    build-system = [ flit-core ];
    dependencies = [ itsdangerous markupsafe ];
    pythonImportsCheck = [ "werkzeug" ];
    nativeCheckInputs = [ hooks.pytest-check ];
    preCheck = "rm tests/conftest.py"; # a server on a free port
    pytestFlags = "tests/test_datastructures.py tests/test_http.py tests/test_routing.py tests/sansio";
  };

  blinker = {
    pyproject = true;
    build-system = [ flit-core ];
    pythonImportsCheck = [ "blinker" ];
    doCheck = false; # the tests want pytest-asyncio
  };

  flask = {
    pyproject = true;
    build-system = [ flit-core ];
    dependencies = [ blinker click itsdangerous jinja2 werkzeug ];
    pythonImportsCheck = [ "flask" ];
    nativeCheckInputs = [ hooks.pytest-check ];
  };
}
