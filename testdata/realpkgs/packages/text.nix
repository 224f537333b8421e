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
    PYYAML_FORCE_LIBYAML = "1";
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

  docutils = {
    pythonImportsCheck = [ "docutils" ];
    doCheck = false; # not run here: too many
  };

  pygments = {
    pyproject = true;
    build-system = [ hatchling ];
    pythonImportsCheck = [ "pygments" ];
    nativeCheckInputs = [ hooks.pytest-check ];
    pytestFlags = "tests/test_token.py tests/test_util.py tests/test_modeline.py tests/test_using_api.py";
  };

  # pytz as it was once declared: now for python before 3.9 alone.
  babel = {
    dependencies = [ pytz ];
    pythonImportsCheck = [ "babel" ];
    nativeCheckInputs = [ hooks.pytest-check ];
    pytestFlags = "tests/messages/test_catalog.py tests/messages/test_pofile.py tests/test_numbers.py tests/test_plural.py";
  };

  # As in nixpkgs of 2018: pygments.
  alabaster = {
    pyproject = true;
    build-system = [ flit-core ];
    dependencies = [ pygments ];
    pythonImportsCheck = [ "alabaster" ];
    doCheck = false;
  };

  snowballstemmer = {
    pythonImportsCheck = [ "snowballstemmer" ];
    doCheck = false;
  };

  imagesize = {
    pythonImportsCheck = [ "imagesize" ];
    nativeCheckInputs = [ hooks.pytest-check ];
    pytestFlags = "test";
    disabledTests = [ "test_get_filelike" ]; # the network
  };

  sphinxcontrib-applehelp = {
    pyproject = true;
    build-system = [ flit-core ];
    doCheck = false; # the tests want sphinx, which wants it
  };

  sphinxcontrib-devhelp = {
    pyproject = true;
    build-system = [ flit-core ];
    doCheck = false;
  };

  sphinxcontrib-htmlhelp = {
    pyproject = true;
    build-system = [ flit-core ];
    doCheck = false;
  };

  sphinxcontrib-jsmath = {
    doCheck = false;
  };

  sphinxcontrib-qthelp = {
    pyproject = true;
    build-system = [ flit-core ];
    doCheck = false;
  };

  sphinxcontrib-serializinghtml = {
    pyproject = true;
    build-system = [ flit-core ];
    doCheck = false;
  };

  # As in nixpkgs of 2018: mock in buildInputs, and no test is run.
  sphinx = {
    pyproject = true;
    build-system = [ flit-core ];
    buildInputs = [ mock ];
    dependencies = [
      alabaster babel docutils imagesize jinja2 packaging pygments requests snowballstemmer
      sphinxcontrib-applehelp sphinxcontrib-devhelp sphinxcontrib-htmlhelp
      sphinxcontrib-jsmath sphinxcontrib-qthelp sphinxcontrib-serializinghtml
    ];
    pythonImportsCheck = [ "sphinx" ];
    doCheck = false;
  };

  mdurl = {
    pyproject = true;
    build-system = [ flit-core ];
    pythonImportsCheck = [ "mdurl" ];
    doCheck = false; # the archive has none
  };

  markdown-it-py = {
    pyproject = true;
    build-system = [ flit-core ];
    dependencies = [ mdurl ];
    pythonImportsCheck = [ "markdown_it" ];
    doCheck = false; # the archive has none
  };

  rich = {
    pyproject = true;
    build-system = [ poetry-core ];
    dependencies = [ markdown-it-py pygments ];
    pythonImportsCheck = [ "rich" ];
    doCheck = false; # the archive has none
  };

  shellingham = {
    pyproject = true;
    build-system = [ setuptools ];
    pythonImportsCheck = [ "shellingham" ];
    doCheck = false; # the archive has none
  };

  typer = {
    pyproject = true;
    build-system = [ pdm-backend ];
    dependencies = [ click rich shellingham typing-extensions ];
    pythonImportsCheck = [ "typer" ];
    doCheck = false; # the tests want coverage and more
  };

  tomlkit = {
    pyproject = true;
    build-system = [ poetry-core ];
    pythonImportsCheck = [ "tomlkit" ];
    nativeCheckInputs = [ hooks.pytest-check pyyaml ];
    disabledTests = [ "test_parse_valid_toml_files" "toml_spec" ];
  };
}
