# After the checks: is every named module, and all it needs, to be found?
pythonImportsCheckPhase() {
    local module dir found path=${PYTHONPATH-}
    for module in ${pythonImportsCheck-}; do
        found=
        for dir in "$out"/lib/python*/site-packages ${path//:/ }; do
            if [ -d "$dir/$module" ]; then found=1; fi
        done
        if [ -z "$found" ]; then echo "no module named $module" >&2; exit 1; fi
    done
}
postFixupHooks+=(pythonImportsCheckPhase)
