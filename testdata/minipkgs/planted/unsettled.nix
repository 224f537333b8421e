# Packages of which no experiment shows what it seems to, and that can have none.
{ lib, inputs, words, helpers, package, ... }:
with words;
let
  # Something happens where quill is missing, and it is not quill's doing.
  accident = name: says: text: why: more: {
    package = package name {
      nativeBuildInputs = [ inputs.quill ];
      preBuild = ''
        if ! type quill > /dev/null 2>&1; then
          ${text}
        fi
      '';
    };
    pairs = [ (nothing "quill" says why more) ];
  };

  # Happens in any case.
  always = name: says: text: why: more: {
    package = package name { nativeBuildInputs = [ inputs.quill ]; preBuild = text; };
    pairs = [ (nothing "quill" says why more) ];
  };

  # The first process of a sandbox cannot kill itself; the kernel does, past the limit.
  killed = "ulimit -t 1; while :; do :; done";

  noise = input: why: { inherit input why; outcome = [ "nondeterministic" ]; verdict = [ "unknown" ]; };
in
{
  dated = {
    package = package "dated" {
      buildInputs = [ inputs.pebble inputs.lace ];
      nativeBuildInputs = [ helpers inputs.quill ];
      preInstall = "wants quill";
      postInstall = ''mkdir -p $out/share; date +%s.%N > $out/share/built'';
    };
    pairs = [
      (noise "pebble" "The time of the build is in the output; nothing is shown of what is not used.")
      (noise "lace" "The same, though its header is seen in a file that does not hold the time." // {
        outcome = [ "nondeterministic" "different" ];
        verdict = [ "unknown" "affects" ];
      })
      (noise "quill" "The build fails without it, whatever the time is." // {
        outcome = [ "nondeterministic" "fails" ];
        verdict = [ "unknown" "affects" ];
      })
    ];
  };

  # Each file is the same every other time.
  tossed = {
    package = package "tossed" {
      buildInputs = [ inputs.pebble ];
      postInstall = ''
        mkdir -p $out/share
        for number in {1..40}; do
          if (( RANDOM % 2 )); then echo heads; else echo tails; fi > "$out/share/$number"
        done
      '';
    };
    pairs = [ (noise "pebble" "Some files differ, others each time.") ];
  };

  # A sum of its own path: the same every time, and another for every other input.
  summed = {
    package = package "summed" {
      buildInputs = [ inputs.pebble ];
      postInstall = ''mkdir -p $out/share; echo "$out" | /usr/bin/sha256sum > $out/share/sum'';
    };
    pairs = [ (noise "pebble" "The output holds a sum of its own path, which any change of any input changes.") ];
  };

  killed = accident "killed" [ "signal 9" ] killed
    "The build is killed, as by a machine that is out of memory." { };
  child-killed = accident "child-killed" [ "child-killed-1.drv" ] ''$SHELL -c 'kill -9 $$' ''
    "A compiler is killed, and the build tells so by its exit code." { };
  disk-full = accident "disk-full" [ "No space left on device" ] "echo object > /dev/full"
    "The disk is full." { };
  compiler-disk-full = accident "compiler-disk-full" [ "No space left on device" ]
    ''echo "/usr/bin/ld: final link failed: No space left on device" >&2; exit 1''
    "The disk is full, says the linker." { };
  late = accident "late" [ "timed out" ] "sleep 600"
    "It takes too long." { options = [ "--option" "timeout" "15" ]; };
  silent = accident "silent" [ "silence" ] "sleep 600"
    "It says nothing for too long." { options = [ "--option" "max-silent-time" "10" ]; };

  broken = always "broken" [ "broken" ] ''echo "error: it never worked" >&2; exit 1''
    "The package itself does not build." { };
  killed-always = always "killed-always" [ "signal 9" ] killed
    "The package itself is killed." { };
  full-always = always "full-always" [ "No space left on device" ] "echo object > /dev/full"
    "The package itself does not fit on the disk." { };

  # A fetch: its content is given, so that no input can change it.
  fixed = {
    package = package "fixed" {
      buildInputs = [ inputs.pebble ];
      outputHashMode = "flat";
      outputHashAlgo = "sha256";
      outputHash = builtins.hashString "sha256" "fixed\n";
      phases = "fetchPhase";
      fetchPhase = "echo fixed > $out";
    };
    pairs = [ (nothing "pebble" [ "fixed" ] "Its output is given by its hash: there is nothing to prove." { }) ];
  };

  # Its path hangs on its content.
  floating = {
    package = package "floating" {
      __contentAddressed = true;
      outputHashMode = "recursive";
      outputHashAlgo = "sha256";
      buildInputs = [ inputs.pebble inputs.lace ];
    };
    features = [ "ca-derivations" ];
    pairs = [
      (unused "pebble" "Nothing reads its data." { refused = true; })
      (used "lace" { "lib/libfloating.so" = content; } "Its header is compiled in." { refused = true; })
    ];
  };
}
