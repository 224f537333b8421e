# Runs the package's own tests with the standard library's runner.
unittestCheckPhase() {
    runHook preCheck
    HOME=$(mktemp -d) PYTHONPATH="$out/$pythonSitePackages:$PYTHONPATH" PATH="$out/bin:$PATH" \
        python -m unittest discover ${unittestFlags-}
    runHook postCheck
}
if [ -z "${dontUseUnittestCheck-}" ] && [ -z "${installCheckPhase-}" ]; then installCheckPhase=unittestCheckPhase; fi
