# One tree of links to several packages.
. "$stdenv/setup"
mkdir -p "$out"
for path in $paths; do
    for dir in bin lib share; do
        [ -d "$path/$dir" ] || continue
        mkdir -p "$out/$dir"
        for file in "$path/$dir"/*; do ln -sfn "$file" "$out/$dir/"; done
    done
done
if [ -n "${postBuild-}" ]; then eval "$postBuild"; fi
