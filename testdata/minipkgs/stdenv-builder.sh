# Writes the setup script with this environment's own values in front of it.
PATH=/usr/bin:/bin
mkdir -p "$out/nix-support"
{
    echo "SHELL=$shell"
    echo "initialPath='$initialPath'"
    echo "defaultNativeBuildInputs='$defaultNativeBuildInputs'"
    echo "recordInputs='$recordInputs'"
    cat "$setup"
} > "$out/setup"
