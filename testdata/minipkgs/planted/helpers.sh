# What the planted packages' phases use. It stands among their inputs, as a file.

# Everything that the lists bring, directly or by propagation.
inputsFound() {
    local pair
    for pair in "${pairs[@]}"; do echo -n "${foundAt[$pair]-} "; done
}

# findModule NAME: where on PYTHONPATH a module is; fails if it is nowhere.
findModule() {
    local dir path=${PYTHONPATH-}
    for dir in ${path//:/ }; do
        if [ -d "$dir/$1" ]; then echo "$dir/$1"; return 0; fi
    done
    echo "no module named $1" >&2
    return 1
}

# wants PROGRAM: goes on only if the program is there and does what it should.
wants() {
    [ "$("$1" --token)" = "token of $1" ] || { echo "$1 does not work" >&2; exit 1; }
}

# wrap PROGRAM WRAPPER [--set NAME VALUE | --prefix NAME VALUE]…: a script as nixpkgs' makeWrapper
# writes them.
wrap() {
    local program=$1 wrapper=$2 name value
    shift 2
    mkdir -p "${wrapper%/*}"
    echo "#! $SHELL -e" > "$wrapper"
    while [ $# != 0 ]; do
        name=$2 value=$3
        case $1 in
            --set) echo "export $name='$value'" >> "$wrapper" ;;
            --prefix)
                printf '%s\n' "$name=\${$name:+':'\$$name':'}" \
                    "$name=\${$name/':''$value'':'/':'}" \
                    "$name='$value'\$$name" \
                    "$name=\${$name#':'}" \
                    "$name=\${$name%':'}" \
                    "export $name" >> "$wrapper"
                ;;
        esac
        shift 3
    done
    echo "exec -a \"\$0\" \"$program\"  \"\$@\" " >> "$wrapper"
    chmod +x "$wrapper"
}

# patchShebang FILE: the interpreter as it is found on PATH; one that is not found is left as it is.
patchShebang() {
    local first interpreter found
    IFS= read -r first < "$1"
    interpreter=${first##*[/ ]}
    if found=$(type -P "$interpreter"); then
        { echo "#!$found"; tail -n +2 "$1"; } > "$1.patched"
        cat "$1.patched" > "$1"
        rm "$1.patched"
    else
        echo "$1: no $interpreter on PATH" >&2
    fi
}
