# Each input's modules can be imported; the machine's and the user's cannot.
addPythonPath() { addToSearchPath PYTHONPATH "$1/lib/python@pythonVersion@/site-packages"; }
addEnvHook addPythonPath
PYTHONPATH=
export PYTHONPATH PYTHONHASHSEED=0 PYTHONNOUSERSITE=1 PYTHONDONTWRITEBYTECODE=1 DETERMINISTIC_BUILD=1
pythonSitePackages=lib/python@pythonVersion@/site-packages
