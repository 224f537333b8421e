addPython311Path() { addToSearchPath PYTHONPATH "$1/lib/python3.11/site-packages"; }
addEnvHook addPython311Path
export PYTHONPATH PYTHONHASHSEED=0
