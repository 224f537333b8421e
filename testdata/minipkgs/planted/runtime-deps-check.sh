# As nixpkgs' hook: what the package declares that it needs must be on PYTHONPATH.
pythonRuntimeDepsCheck() {
    local module dir found path=${PYTHONPATH-}
    showPhase pythonRuntimeDepsCheckHook
    for module in $requiresDist; do
        found=
        for dir in ${path//:/ }; do
            if [ -d "$dir/$module" ]; then found=1; fi
        done
        if [ -z "$found" ]; then echo "  - $module not installed" >&2; exit 1; fi
    done
}
if [ -z "${dontCheckRuntimeDeps-}" ]; then postBuildHooks+=(pythonRuntimeDepsCheck); fi
