# "Unpacks" the seed: a shell, a compiler, and what else a first stage needs.
PATH=/usr/bin:/bin
mkdir -p "$out/bin" "$out/lib" "$out/include"
ln -s /bin/bash "$out/bin/bash"
ln -s bash "$out/bin/sh"
for tool in gcc clang ld make curl; do
    printf '#!/bin/sh\necho %s of the bootstrap tools\n' "$tool" > "$out/bin/$tool"
    chmod +x "$out/bin/$tool"
done
cp "$tarball" "$out/lib/seed"
