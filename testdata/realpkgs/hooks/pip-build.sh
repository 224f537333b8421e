# Makes a wheel with the back end that the package names.
pipBuildPhase() {
    runHook preBuild
    python -m pip wheel --no-index --no-deps --no-build-isolation --no-clean \
        --no-color --no-cache-dir --disable-pip-version-check --verbose --wheel-dir dist \
        ${pipBuildFlags-} .
    runHook postBuild
}
buildPhase=${buildPhase:-pipBuildPhase}
