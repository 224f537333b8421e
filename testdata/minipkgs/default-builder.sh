if [ -e .attrs.sh ]; then . ./.attrs.sh; fi
. "$stdenv/setup"
genericBuild
