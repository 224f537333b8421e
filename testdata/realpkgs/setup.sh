# The build environment: finds what the build may use, then runs the phases.
set -eu
shopt -s nullglob
export LC_ALL=C.UTF-8 TZ=UTC ZERO_AR_DATE=1 NO_COLOR=1 PY_COLORS=0
# 1980: the earliest time that a zip file (a wheel) can hold.
export SOURCE_DATE_EPOCH=315532800
# No debug information and no build ids: both hold what a stripped output must not.
export CFLAGS="-g0 ${CFLAGS-}" CXXFLAGS="-g0 ${CXXFLAGS-}"
export LDFLAGS="-Wl,--build-id=none ${LDFLAGS-}"
export SHELL MAKEFLAGS="-j$NIX_BUILD_CORES" CMAKE_BUILD_PARALLEL_LEVEL="$NIX_BUILD_CORES"

# ---- inputs --------------------------------------------------------------

# An input acts at a pair of offsets: where it runs, and what it makes things
# for (-1 build, 0 host, 1 target). Six pairs make sense.
pairs=("-1 -1" "-1 0" "-1 1" "0 0" "0 1" "1 1")
declare -A plainList=(
    ["-1 -1"]=depsBuildBuild
    ["-1 0"]=nativeBuildInputs
    ["-1 1"]=depsBuildTarget
    ["0 0"]=depsHostHost
    ["0 1"]=buildInputs
    ["1 1"]=depsTargetTarget
)
declare -A propagatedList=(
    ["-1 -1"]=depsBuildBuildPropagated
    ["-1 0"]=propagatedNativeBuildInputs
    ["-1 1"]=depsBuildTargetPropagated
    ["0 0"]=depsHostHostPropagated
    ["0 1"]=propagatedBuildInputs
    ["1 1"]=depsTargetTargetPropagated
)
declare -A propagatedFile=(
    ["-1 -1"]=propagated-build-build-deps
    ["-1 0"]=propagated-native-build-inputs
    ["-1 1"]=propagated-build-target-deps
    ["0 0"]=propagated-host-host-deps
    ["0 1"]=propagated-build-inputs
    ["1 1"]=propagated-target-target-deps
)
declare -A foundAt=()

# An offset as an input sees it, seen from a consumer that has the input at
# host offset $2 and target offset $3; the result is in $shifted.
shiftOffset() {
    if (( $1 <= 0 )); then shifted=$(( $1 + $2 )); else shifted=$(( $1 - 1 + $3 )); fi
}

# addInput PACKAGE HOST TARGET: the package, and all that it propagates.
addInput() {
    local package=$1 host=$2 target=$3 pair file next nextHost nextTarget
    case "${foundAt["$host $target"]-}" in *" $package "*) return 0 ;; esac
    foundAt["$host $target"]="${foundAt["$host $target"]-} $package "
    [ -e "$package" ] || { echo "input does not exist: $package" >&2; exit 1; }
    for pair in "${pairs[@]}"; do
        file="$package/nix-support/${propagatedFile[$pair]}"
        [ -f "$file" ] || continue
        shiftOffset "${pair% *}" "$host" "$target"; nextHost=$shifted
        shiftOffset "${pair#* }" "$host" "$target"; nextTarget=$shifted
        (( nextHost >= -1 && nextHost <= 1 )) || continue
        (( nextTarget >= -1 && nextTarget <= 1 )) || continue
        for next in $(< "$file"); do addInput "$next" "$nextHost" "$nextTarget"; done
    done
}
for pair in "${pairs[@]}"; do
    plain=${plainList[$pair]} propagated=${propagatedList[$pair]}
    for input in ${!plain-} ${!propagated-}; do addInput "$input" $pair; done
done

# ---- search paths and hooks ----------------------------------------------

# addToSearchPath VARIABLE DIRECTORY: once, at the end, where it exists.
addToSearchPath() {
    local -n searchPath=$1
    [ -d "$2" ] || return 0
    case ":${searchPath-}:" in *":$2:"*) return 0 ;; esac
    searchPath="${searchPath:+$searchPath:}$2"
}

envHooks=()
addEnvHook() { envHooks+=("$1"); }

PATH=
for pair in "${pairs[@]}"; do
    for input in ${foundAt[$pair]-}; do
        if [ "${pair% *}" = -1 ] || [ -z "${strictDeps-}" ]; then addToSearchPath PATH "$input/bin"; fi
    done
done
# Compilers, tar and the like are the machine's.
export PATH="$PATH:/usr/bin:/bin"

for pair in "${pairs[@]}"; do
    for input in ${foundAt[$pair]-}; do
        if [ -f "$input/nix-support/setup-hook" ]; then . "$input/nix-support/setup-hook"; fi
    done
done
for hook in "${envHooks[@]}"; do
    for pair in "${pairs[@]}"; do
        for input in ${foundAt[$pair]-}; do "$hook" "$input"; done
    done
done

# ---- phases --------------------------------------------------------------

runHook() {
    local list="$1Hooks[@]" f
    for f in ${!list+"${!list}"}; do "$f"; done
    if [ -n "${!1-}" ]; then eval "${!1}"; fi
}

unpackPhase() {
    runHook preUnpack
    tar --extract --no-same-owner --mode=u+w --file "$src"
    # The one directory of the archive, whatever it is called.
    cd "${sourceRoot:-$(echo */)}"
    runHook postUnpack
}

patchPhase() {
    runHook prePatch
    local p
    for p in ${patches-}; do patch -p1 < "$p"; done
    runHook postPatch
}

configurePhase() { runHook preConfigure; runHook postConfigure; }
buildPhase() { runHook preBuild; runHook postBuild; }
checkPhase() { runHook preCheck; runHook postCheck; }
installPhase() { runHook preInstall; mkdir -p "$out"; runHook postInstall; }

fixupPhase() {
    runHook preFixup
    mkdir -p "$out"
    find "$out" -type f \( -name '*.so' -o -name '*.so.*' \) -exec strip --strip-debug {} +
    local pair list
    for pair in "${pairs[@]}"; do
        list=${propagatedList[$pair]}
        if [ -n "${!list-}" ]; then
            mkdir -p "$out/nix-support"
            echo "${!list}" > "$out/nix-support/${propagatedFile[$pair]}"
        fi
    done
    if [ -n "${setupHook-}" ]; then
        mkdir -p "$out/nix-support"
        cp --no-preserve=mode "$setupHook" "$out/nix-support/setup-hook"
    fi
    runHook postFixup
}

installCheckPhase() { runHook preInstallCheck; runHook postInstallCheck; }

# The line tells Nix, and who reads the log, which phase begins.
runPhase() {
    echo "@nix { \"action\": \"setPhase\", \"phase\": \"$1\" }" >&2
    if [ -n "${!1-}" ]; then eval "${!1}"; else "$1"; fi
}

genericBuild() {
    local phase
    for phase in ${phases:-unpackPhase patchPhase configurePhase buildPhase checkPhase \
        ${preInstallPhases-} installPhase fixupPhase installCheckPhase ${preDistPhases-}}; do
        case $phase in
            checkPhase) [ -n "${doCheck-}" ] || continue ;;
            installCheckPhase) [ -n "${doInstallCheck-}" ] || continue ;;
        esac
        runPhase "$phase"
    done
}
