# Runs the package's own tests against what was installed.
pytestCheckPhase() {
    runHook preCheck
    # -P: not what lies in the sources' directory, which is not yet compiled.
    local deselected="${disabledTests-}"
    HOME=$(mktemp -d) PYTHONPATH="$out/$pythonSitePackages:$PYTHONPATH" PATH="$out/bin:$PATH" \
        python -P -m pytest -q -p no:cacheprovider ${pytestFlags-} \
        ${deselected:+-k "not (${deselected// / or })"}
    runHook postCheck
}
if [ -z "${dontUsePytestCheck-}" ] && [ -z "${installCheckPhase-}" ]; then installCheckPhase=pytestCheckPhase; fi
