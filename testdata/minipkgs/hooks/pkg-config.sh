addPkgConfigPath() { addToSearchPath PKG_CONFIG_PATH "$1/lib"; }
addEnvHook addPkgConfigPath
export PKG_CONFIG_PATH
