# As nixpkgs' hook, a phase of its own: every module that is named is imported, and so is what it
# imports. A module's imports are the lines `import NAME` of its source.
importModule() {
    local module=$1 dir line path=${PYTHONPATH-}
    case " $imported " in *" $module "*) return 0 ;; esac
    imported+=" $module"
    for dir in "$out"/lib/python*/site-packages ${path//:/ }; do
        if [ -d "$dir/$module" ]; then
            while read -r line; do
                case $line in "import "*) importModule "${line#import }" || return 1 ;; esac
            done < "$dir/$module/__init__.py"
            return 0
        fi
    done
    echo "ModuleNotFoundError: No module named '$module'" >&2
    return 1
}

plantedImportsCheckPhase() {
    local module imported=
    showPhase pythonImportsCheckPhase
    for module in ${pythonImportsCheck-}; do importModule "$module" || exit 1; done
}
if [ -z "${dontUsePythonImportsCheck-}" ]; then postFixupHooks+=(plantedImportsCheckPhase); fi
