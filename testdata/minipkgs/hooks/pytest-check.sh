if [ -z "${installCheckPhase-}" ] && [ -z "${dontUsePytest-}" ]; then
    installCheckPhase='pytest'
fi
