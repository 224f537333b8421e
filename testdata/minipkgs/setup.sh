# The build environment: finds what the build may use, then runs the phases.
set -eu
shopt -s nullglob
export LC_ALL=C SOURCE_DATE_EPOCH=1
export SHELL

# With structured attributes the lists are arrays and the outputs a map.
if [ -e .attrs.sh ]; then
    for output in "${!outputs[@]}"; do
        printf -v "$output" %s "${outputs[$output]}"
    done
    outputNames="${!outputs[*]}"
    if declare -p env > /dev/null 2>&1; then
        for variable in "${!env[@]}"; do export "$variable=${env[$variable]}"; done
    fi
else
    outputNames="$outputs"
fi

# words VAR: the words of a list, whether it is an array or a string.
words() {
    local ref="$1[*]"
    echo -n "${!ref-}"
}

# ---- outputs -------------------------------------------------------------

hasOutput() { [[ " $outputNames " == *" $1 "* ]]; }
firstOf() {
    local o
    for o; do if hasOutput "$o"; then echo -n "$o"; return; fi; done
    echo -n "${outputNames%% *}"
}
outputDev=$(firstOf dev out)
outputBin=$(firstOf bin out)
outputLib=$(firstOf lib out)
mainOutput=$(firstOf out)

# ---- inputs --------------------------------------------------------------

# An input acts at a pair of offsets: where it runs, and what it makes things
# for (-1 build, 0 host, 1 target). Six pairs make sense.
pairs=("-1 -1" "-1 0" "-1 1" "0 0" "0 1" "1 1")
declare -A foundAt=() propagatedFile=(
    ["-1 -1"]=propagated-build-build-deps
    ["-1 0"]=propagated-native-build-inputs
    ["-1 1"]=propagated-build-target-deps
    ["0 0"]=propagated-host-host-deps
    ["0 1"]=propagated-build-inputs
    ["1 1"]=propagated-target-target-deps
)
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
    [ -d "$package/nix-support" ] || return 0
    for pair in "${pairs[@]}"; do
        file="$package/nix-support/${propagatedFile[$pair]}"
        [ -f "$file" ] || continue
        shiftOffset "${pair% *}" "$host" "$target"; nextHost=$shifted
        shiftOffset "${pair#* }" "$host" "$target"; nextTarget=$shifted
        (( nextHost >= -1 && nextHost <= 1 )) || continue
        (( nextTarget >= -1 && nextTarget <= 1 )) || continue
        for next in $(< "$file"); do
            addInput "$next" "$nextHost" "$nextTarget"
        done
    done
}

for pair in "${pairs[@]}"; do
    for input in $(words "${plainList[$pair]}") $(words "${propagatedList[$pair]}"); do
        addInput "$input" $pair
    done
done

# What the package's own lists bring, without the environment's defaults.
# A tilde splits each hash, so that the record is no reference.
effectiveInputs=
for pair in "${pairs[@]}"; do
    for input in ${foundAt[$pair]-}; do
        effectiveInputs+="$pair ${input:0:27}~${input:27}"$'\n'
    done
done

for input in $defaultNativeBuildInputs; do addInput "$input" -1 0; done

# ---- paths and hooks -----------------------------------------------------

PATH=
addToSearchPath() {
    local -n searchPath=$1
    [ -d "$2" ] || return 0
    case ":${searchPath-}:" in *":$2:"*) return 0 ;; esac
    searchPath="${searchPath:+$searchPath:}$2"
}

# What setup hooks add to, phase by phase.
preConfigureHooks=() postInstallHooks=() preFixupHooks=() postFixupHooks=()
envHooks=()
addEnvHook() { envHooks+=("$1"); }

activate() {
    local package=$1 hostOffset=$2 targetOffset=$3
    if [ -f "$package" ]; then . "$package"; return; fi
    if (( hostOffset == -1 )) || [ -z "${strictDeps-}" ]; then
        addToSearchPath PATH "$package/bin"
    fi
    if [ -f "$package/nix-support/setup-hook" ]; then
        . "$package/nix-support/setup-hook"
    fi
}
for pair in "${pairs[@]}"; do
    for input in ${foundAt[$pair]-}; do activate "$input" $pair; done
done
for hook in "${envHooks[@]}"; do
    for pair in "-1 0" "0 1"; do
        for input in ${foundAt[$pair]-}; do "$hook" "$input"; done
    done
done
for input in $initialPath; do addToSearchPath PATH "$input/bin"; done
# The programs of this set are stand-ins; the machine's own do the work.
export PATH="$PATH:/usr/bin:/bin"

# ---- phases --------------------------------------------------------------

runHook() {
    local hook=$1 list f
    list="${hook}Hooks[@]"
    for f in "${!list-}"; do if [ -n "$f" ]; then "$f"; fi; done
    if [ -n "${!hook-}" ]; then eval "${!hook}"; fi
}

unpackPhase() {
    sourceText=
    local s
    for s in ${src-} ${srcs-}; do
        if [ -d "$s" ]; then s="$s/source"; fi
        sourceText+="$(< "$s")"$'\n'
    done
}

patchPhase() {
    local p
    for p in $(words patches); do sourceText+="$(< "$p")"$'\n'; done
}

configurePhase() {
    runHook preConfigure
    objectText="flags: $(words configureFlags) $(words cmakeFlags)"$'\n'
    runHook postConfigure
}

# Compiling is copying the first line of every header in sight, and the
# compiler's; linking is noting the library directories.
buildPhase() {
    runHook preBuild
    local input header line
    if [ -n "${compilerLine-}" ]; then objectText+="$compilerLine"$'\n'; fi
    rpath=
    for input in ${foundAt["0 1"]-}; do
        for header in "$input"/include/*.h; do
            IFS= read -r line < "$header"
            objectText+="$line"$'\n'
        done
        if [ -d "$input/lib" ]; then rpath+=":$input/lib"; fi
    done
    objectText+="$sourceText"
    runHook postBuild
}

checkPhase() {
    runHook preCheck
    [ -n "$objectText" ]
    runHook postCheck
}

# program FILE TEXT: a script that prints its name and does nothing else.
program() {
    printf '#!%s\n%s\n' "$SHELL" "$2" > "$1"
    chmod +x "$1"
}

installPhase() {
    runHook preInstall
    local base="${pname:-$name}"
    mkdir -p "${!outputBin}/bin" "${!outputLib}/lib" "${!outputDev}/include"
    program "${!outputBin}/bin/$base" "echo $name"
    printf '%sRPATH%s\n' "$objectText" "$rpath" > "${!outputLib}/lib/lib$base.so"
    echo "$name${features:+ ($features)}" > "${!outputDev}/include/$base.h"
    runHook postInstall
}

fixupPhase() {
    runHook preFixup
    local output pair list dev="${!outputDev}"
    for output in $outputNames; do mkdir -p "${!output}"; done
    for pair in "${pairs[@]}"; do
        list=$(words "${propagatedList[$pair]}")
        # A consumer that names the dev output gets its siblings too.
        if [ "$pair" = "0 1" ] && [ "$outputDev" != "$outputBin" -o "$outputDev" != "$outputLib" ]; then
            for output in $outputBin $outputLib; do
                if [ "$output" != "$outputDev" ] && [[ " $list " != *" ${!output} "* ]]; then
                    list+="${list:+ }${!output}"
                fi
            done
        fi
        if [ -n "$list" ]; then
            mkdir -p "$dev/nix-support"
            echo "$list" > "$dev/nix-support/${propagatedFile[$pair]}"
        fi
    done
    if [ -n "${setupHook-}" ]; then
        mkdir -p "$dev/nix-support"
        cp --no-preserve=mode "$setupHook" "$dev/nix-support/setup-hook"
    fi
    if [ -n "$recordInputs" ]; then
        mkdir -p "${!mainOutput}/nix-support"
        echo -n "$effectiveInputs" > "${!mainOutput}/nix-support/effective-inputs"
    fi
    runHook postFixup
}

installCheckPhase() {
    runHook preInstallCheck
    [ -e "${!mainOutput}" ]
    runHook postInstallCheck
}

# Tells Nix which phase it is, where Nix listens.
showPhase() {
    if [ -n "${NIX_LOG_FD-}" ]; then
        printf '@nix { "action": "setPhase", "phase": "%s" }\n' "$1" >&"$NIX_LOG_FD"
    fi
}

runPhase() {
    showPhase "$1"
    if [ -n "${!1-}" ]; then eval "${!1}"; else "$1"; fi
}

genericBuild() {
    local phase
    for phase in ${phases:-unpackPhase patchPhase configurePhase buildPhase checkPhase installPhase fixupPhase installCheckPhase}; do
        case $phase in
            checkPhase) [ -n "${doCheck-}" ] || continue ;;
            installCheckPhase) [ -n "${doInstallCheck-}" ] || continue ;;
        esac
        runPhase "$phase"
    done
}
