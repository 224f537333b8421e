# Programs find their modules without PYTHONPATH: the directories are written
# into each script, and a wrapper puts the programs that they may call on PATH.

# wrapClosure PACKAGE: the package and the python packages that it propagates.
wrapClosure() {
    local next
    case " $wrapSeen " in *" $1 "*) return 0 ;; esac
    wrapSeen+=" $1"
    if [ -d "$1/$pythonSitePackages" ]; then wrapDirectories+=("$1/$pythonSitePackages"); fi
    addToSearchPath wrapPath "$1/bin"
    [ -f "$1/nix-support/propagated-build-inputs" ] || return 0
    for next in $(< "$1/nix-support/propagated-build-inputs"); do wrapClosure "$next"; done
}

wrapPythonPrograms() {
    local wrapSeen= wrapPath= wrapDirectories=() script hidden
    [ -d "$out/bin" ] || return 0
    wrapClosure "$out"
    for script in "$out"/bin/*; do
        [ -f "$script" ] && [ ! -L "$script" ] || continue
        [[ "$(head --bytes=200 "$script" | tr -d '\0' | head --lines=1)" == '#!'*python* ]] || continue
        python @patch@ "$script" "$(type -P python)" "${wrapDirectories[@]}"
        hidden="$out/bin/.${script##*/}-wrapped"
        mv "$script" "$hidden"
        {
            echo "#!$SHELL -e"
            echo "export PATH='$wrapPath'\${PATH:+:\$PATH}"
            echo "export PYTHONNOUSERSITE=true"
            echo "exec -a \"\$0\" '$hidden' \"\$@\""
        } > "$script"
        chmod +x "$script"
    done
}
if [ -z "${dontWrapPythonPrograms-}" ]; then postFixupHooks+=(wrapPythonPrograms); fi
