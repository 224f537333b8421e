addNodePath() { addToSearchPath NODE_PATH "$1/lib/node_modules"; }
addEnvHook addNodePath
export NODE_PATH
