# makeWrapper PROGRAM WRAPPER [DIR…]: a script that runs the program with the
# directories in front of PATH.
makeWrapper() {
    local program=$1 wrapper=$2 dir path=
    shift 2
    for dir; do path+="$dir:"; done
    mkdir -p "${wrapper%/*}"
    printf '#!%s\nPATH=%s$PATH exec %s "$@"\n' "$SHELL" "$path" "$program" > "$wrapper"
    chmod +x "$wrapper"
}
