addPython27Path() { addToSearchPath PYTHONPATH "$1/lib/python2.7/site-packages"; }
addEnvHook addPython27Path
export PYTHONPATH PYTHONHASHSEED=0
