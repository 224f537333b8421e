wrapQtPrograms() { qtWrapped=1; }
postInstallHooks+=(wrapQtPrograms)
