. "$stdenv/setup"
for mirror in $mirrors; do echo "$mirror"; done > "$out"
