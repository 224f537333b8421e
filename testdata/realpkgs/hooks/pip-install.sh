# Installs the wheel that the build made. With pip's own check, a run-time
# dependency that is declared and not there is an error here.
pipInstallPhase() {
    runHook preInstall
    mkdir -p "$out/$pythonSitePackages"
    # By name, not by file: a file's own hash would be recorded. Not from the
    # sources' directory: what lies there would count as installed.
    pushd dist > /dev/null
    local wheels=(*.whl)
    [ "${#wheels[@]}" = 1 ] || { echo "one wheel was expected in dist, not ${#wheels[@]}" >&2; exit 1; }
    python -m pip install --no-index --find-links . --prefix "$out" --no-compile \
        --no-color --no-cache-dir --disable-pip-version-check --no-warn-script-location --root-user-action ignore \
        ${pipInstallFlags-} "${wheels[0]%%-*}"
    popd > /dev/null
    runHook postInstall
}
installPhase=${installPhase:-pipInstallPhase}
