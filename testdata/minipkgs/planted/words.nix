# The words of the labels.
#
# removed   how the first build without the input ends, all checks on: { outcome, phase }; where it
#           fails before any phase, phase is null. Not said where it cannot be taken out, for no list
#           has it, or where there is more than one right way to do so.
# outcome   how the experiments end; where several are right, each of them. None where nothing may
#           be shown: then nothing is recorded, and stderr has the words of `says`.
# verdict   what may be said of the pair then; "unknown" stands for nothing.
# experiment  which experiment settles it, where not any may.
# checks    whether the outputs that were compared had their checks.
# files     what differs: for each file, what it may be called, and by which carriers.
# chain     the carriers, nearest to the package first; none where it is listed.
# needs     files of the machine without which the case shows nothing.
# refused   whether it may as well be refused.
# features  experimental features of Nix that it wants; options: further options for the builds;
# listens   a port of the machine where something answers meanwhile.
# why       the reason, in words.
#
# What is not said (null) is not looked at.
rec {
  same = { outcome = "identical"; phase = null; };
  differs = { outcome = "different"; phase = null; };
  references = { outcome = "reference-only"; phase = null; };
  failsIn = phase: { outcome = "fails"; inherit phase; };

  # A file in which nothing but references differ.
  carried = carriers: { change = [ "references" ]; inherit carriers; };
  # That may as well be gone, for it holds nothing else.
  carriedAlone = carriers: { change = [ "references" "gone" ]; inherit carriers; };
  content = { change = [ "content" ]; carriers = [ ]; };
  gone = { change = [ "gone" ]; carriers = [ ]; };

  # Pairs of an input, the reason, and what is peculiar to it.

  unused = input: why: more: {
    inherit input why;
    removed = same;
    outcome = [ "identical" ];
    verdict = [ "no-effect" ];
    files = { };
  } // more;

  recorded = input: files: why: more: {
    inherit input why files;
    outcome = [ "reference-only" ];
    verdict = [ "reference-only" ];
  } // more;

  tested = input: phase: why: more: {
    inherit input why;
    removed = failsIn phase;
    outcome = [ "identical" ];
    checks = "off";
    verdict = [ "test-only" ];
    files = { };
  } // more;

  used = input: files: why: more: {
    inherit input why files;
    removed = differs;
    outcome = [ "different" ];
    verdict = [ "affects" ];
  } // more;

  needed = input: phase: why: more: {
    inherit input why;
    removed = failsIn phase;
    outcome = [ "fails" "different" ];
    verdict = [ "affects" ];
  } // more;

  # Nothing may be shown, nor recorded.
  nothing = input: says: why: more: {
    inherit input why says;
    outcome = [ ];
    verdict = [ "unknown" ];
  } // more;
}
