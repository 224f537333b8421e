# As the real one: tests are configured away when checks are off.
cmakeConfigure() {
    cmakeFlags="${cmakeFlags-} -DCMAKE_BUILD_TYPE=Release"
    if [ -z "${doCheck-}" ]; then cmakeFlags+=" -DBUILD_TESTING=OFF"; fi
}
preConfigureHooks+=(cmakeConfigure)
