# Installs the wheel that the build made. With pip's own check, a run-time
# dependency that is declared and not there is an error here.
pipInstallPhase() {
    runHook preInstall
    mkdir -p "$out/$pythonSitePackages"
    local wheels=(dist/*.whl)
    [ "${#wheels[@]}" = 1 ] || { echo "one wheel was expected in dist, not ${#wheels[@]}" >&2; exit 1; }
    local distribution=${wheels[0]#dist/}
    # By name, not by file: a file's own hash would be recorded.
    python -m pip install --no-index --find-links dist --prefix "$out" --no-compile --ignore-installed \
        --no-cache-dir --disable-pip-version-check --no-warn-script-location --root-user-action ignore \
        ${pipInstallFlags-} "${distribution%%-*}"
    runHook postInstall
}
installPhase=${installPhase:-pipInstallPhase}
