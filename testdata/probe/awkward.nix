# The small distribution, and under `awkward` packages that cannot be probed, each
# in its own way, beside some that are easily got wrong.
{ system ? "x86_64-linux" }:
let
  packages = import ../minipkgs { inherit system; };
  inherit (packages) curl mkDerivation;

  # Whatever sees the flag, when somebody tries to switch checks off.
  onceOff = surprise: curl // {
    overrideAttrs = f: let attrs = f { }; in if attrs.doCheck or true then curl.overrideAttrs f else surprise;
  };

  base = pname: { inherit pname; version = "1"; src = null; buildInputs = [ packages.zlib ]; };

  # Its arguments follow from whether checks run.
  dependent = args: attrs:
    mkDerivation (attrs // args attrs) // { overrideAttrs = f: dependent args (attrs // f attrs); };

  pythonic = args:
    mkDerivation (base "pythonic" // { nativeBuildInputs = if args.doCheck then [ packages.which ] else [ ]; })
    // { overridePythonAttrs = f: pythonic (args // f args); };
in
packages // {
  awkward = {
    recurseForDerivations = true;

    # Failures of the package.
    throws = throw "thrown on purpose";
    asserts = assert false; curl;
    aborts = abort "aborted on purpose";
    mistyped = curl.overrideAttrs (_: { buildInputs = 1 + "one"; });
    recursive = let recursive = recursive; in recursive;
    overflows = let count = n: 1 + count n; in mkDerivation (base (toString (count 0)));
    lacks = curl.overrideAttrs (_: { buildInputs = [ packages.nowhere ]; });
    number = 1;
    plain = { inherit (curl) name; };
    wanting = { anArgumentThatNobodyGives }: curl;

    # Failures without checks.
    throwsOnceOff = onceOff (throw "thrown without checks");
    abortsOnceOff = onceOff (abort "aborted without checks");
    bare = derivation { name = "bare"; inherit system; builder = "/bin/sh"; };
    # A wrapper whose override is that of what it wraps.
    wrapper = mkDerivation (base "wrapper") // { inherit (curl) overrideAttrs; };

    # Its overridePythonAttrs forgets the input that overrideAttrs has added.
    forgetful = packages.python311Packages.pillow.overrideAttrs (old: { buildInputs = old.buildInputs ++ [ packages.sqlite ]; });
    # Only its overridePythonAttrs knows which inputs are for its checks.
    pythonic = pythonic { doCheck = true; };
    # And here that is of no use.
    unpythonic = curl // { overridePythonAttrs = _: throw "thrown by any override"; };
    # A flag goes with the checks.
    flagged = dependent (attrs: { cmakeFlags = if attrs.doCheck then "-DTESTS=ON" else "-DTESTS=OFF"; })
      (base "flagged" // { doCheck = true; nativeCheckInputs = [ packages.which ]; });
    # And here something comes instead.
    replaced = dependent (attrs: { nativeBuildInputs = if attrs.doCheck then [ packages.which ] else [ packages.file ]; })
      (base "replaced" // { doCheck = true; });
    # Something is made otherwise without checks, and so is no input that only checks have.
    remade = dependent (attrs: { data = mkDerivation (base "data" // { inherit (attrs) doCheck; }); })
      (base "remade" // { doCheck = true; nativeCheckInputs = [ packages.which ]; });
    # A function on the way, and a list.
    function = { system }: { inner = [ curl packages.${if system == curl.system then "gnutls" else "none"} ]; };
  };
}
