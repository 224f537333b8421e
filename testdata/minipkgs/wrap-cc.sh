. "$stdenv/setup"
mkdir -p "$out/bin" "$out/nix-support"
for tool in cc "$kind"; do
    printf '#!%s/bin/bash\nexec %s/bin/%s -B%s/bin -isystem %s/include -L%s/lib "$@"\n' \
        "$wrapperShell" "$cc" "$kind" "$bintools" "$libc_dev" "$libc_lib" > "$out/bin/$tool"
    chmod +x "$out/bin/$tool"
done
echo "compilerLine='compiled by $kind $version'" > "$out/nix-support/setup-hook"
fixupPhase
