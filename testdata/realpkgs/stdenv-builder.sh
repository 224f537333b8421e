# Writes the setup script with the shell's own path in front of it.
PATH=/usr/bin:/bin
mkdir -p "$out"
{
    echo "SHELL=$builder"
    cat "$setup"
} > "$out/setup"
