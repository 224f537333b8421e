# Does the build see every run-time dependency that the wheel declares?
pythonRuntimeDepsCheckHook() {
    local wheel
    for wheel in dist/*.whl; do
        python @check@ "$wheel"
    done
}
if [ -z "${dontCheckRuntimeDeps-}" ]; then preInstallPhases+=" pythonRuntimeDepsCheckHook"; fi
