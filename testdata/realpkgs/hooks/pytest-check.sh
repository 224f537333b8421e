# Runs the package's own tests against what was installed.
pytestCheckPhase() {
    runHook preCheck
    # Not from the sources' directory: the built modules are elsewhere.
    HOME=$(mktemp -d) PYTHONPATH="$out/$pythonSitePackages:$PYTHONPATH" PATH="$out/bin:$PATH" \
        python -m pytest -p no:cacheprovider ${pytestFlags-}
    runHook postCheck
}
if [ -z "${dontUsePytestCheck-}" ] && [ -z "${installCheckPhase-}" ]; then installCheckPhase=pytestCheckPhase; fi
