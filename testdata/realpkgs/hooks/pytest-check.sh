# Runs the package's own tests against what was installed.
pytestCheckPhase() {
    runHook preCheck
    local deselected="${disabledTests-}"
    HOME=$(mktemp -d) PYTHONPATH="$out/$pythonSitePackages:$PYTHONPATH" PATH="$out/bin:$PATH" \
        python -m pytest -q -p no:cacheprovider ${pytestFlags-} \
        ${deselected:+-k "not (${deselected// / or })"}
    runHook postCheck
}
if [ -z "${dontUsePytestCheck-}" ] && [ -z "${installCheckPhase-}" ]; then installCheckPhase=pytestCheckPhase; fi
