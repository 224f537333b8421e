# pip install --prefix DIR MODULE REQUIREMENT…: puts the module of standard input there, if all that
# it requires is on PYTHONPATH. As the real one, it does not look where PIP_NO_DEPS is set.
prefix=$3 module=$4 path=${PYTHONPATH-}
shift 4
if [ -z "${PIP_NO_DEPS-}" ] || [ "$PIP_NO_DEPS" = 0 ]; then
    for requirement; do
        found=
        for dir in ${path//:/ }; do
            if [ -d "$dir/$requirement" ]; then found=1; fi
        done
        if [ -z "$found" ]; then
            echo "ERROR: No matching distribution found for $requirement" >&2
            exit 1
        fi
    done
fi
mkdir -p "$prefix/$module" "$prefix/$module-1.dist-info"
cat > "$prefix/$module/__init__.py"
printf 'Name: %s\n' "$module" > "$prefix/$module-1.dist-info/METADATA"
