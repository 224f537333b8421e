# Makes a wheel with the package's own setup.py.
setuptoolsBuildPhase() {
    runHook preBuild
    # setuptools has to be there before setup.py imports distutils.
    python -c 'import setuptools, sys, tokenize
sys.argv[0] = __file__ = "setup.py"
sys.path.insert(0, "")
exec(compile(tokenize.open(__file__).read(), __file__, "exec"))' \
        ${setupPyGlobalFlags-} ${setupPyBuildFlags:+build_ext $setupPyBuildFlags} bdist_wheel
    runHook postBuild
}
buildPhase=${buildPhase:-setuptoolsBuildPhase}
