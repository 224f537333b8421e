# Stands for a download: checks that the fetcher is there, and writes what the
# server would have sent.
. "$stdenv/setup"
[ -e "$mirrorsFile" ] && [ -e "$SSL_CERT_FILE" ] && type curl > /dev/null
if [ -n "${tree-}" ]; then
    mkdir "$out"
    echo "a source tree" > "$out/source"
else
    echo "$name" > "$out"
fi
