# Can what was installed be imported?
pythonImportsCheckPhase() {
    [ -n "${pythonImportsCheck-}" ] || return 0
    local module
    # Away from the sources, which would be found first.
    pushd "$out" > /dev/null
    for module in $pythonImportsCheck; do
        PYTHONPATH="$out/$pythonSitePackages:$PYTHONPATH" python -c "import $module"
    done
    popd > /dev/null
}
if [ -z "${dontUsePythonImportsCheck-}" ]; then preDistPhases+=" pythonImportsCheckPhase"; fi
