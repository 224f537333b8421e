# Packages that attack `nix-ripple prove`. README.md tells what for.
let
  # the lists and all that they bring along; setup hooks; a word for each phase
  setup = ''
    export PATH=/usr/bin:/bin
    all=
    see() {
      case " $all " in *" $1 "*) return ;; esac
      all="$all $1"
      if [ -e "$1/nix-support/setup-hook" ]; then . "$1/nix-support/setup-hook"; fi
      local list path
      for list in "$1"/nix-support/propagated-*; do
        if [ -e "$list" ]; then
          for path in $(cat "$list"); do see "$path"; done
        fi
      done
    }
    for path in ''${nativeBuildInputs-} ''${buildInputs-} ''${propagatedBuildInputs-}; do see "$path"; done
    phase() { echo "@nix { \"action\": \"setPhase\", \"phase\": \"$1\" }" >&2; }
    # whether one of the inputs offers a file
    offered() { local path; for path in $all; do if [ -e "$path/share/$1" ]; then return 0; fi; done; return 1; }
  '';

  make = name: script: attributes: derivation ({
    inherit name;
    system = "x86_64-linux";
    builder = "/bin/bash";
    # a shell that becomes its last command may be killed by Nix: such a one closes its output first
    args = [ "-euc" (setup + script + "\n:\n") ];
    inherit stdenv;
  } // attributes);

  # what packages are built with writes the lists that are brought along
  stdenv = derivation { name = "stdenv"; system = "x86_64-linux"; builder = "/bin/bash"; args = [ "-c" "echo > $out" ]; };

  thing = make "thing" "mkdir -p $out/share; echo 1 > $out/share/thing" { };
  other = make "other" "mkdir -p $out/share; echo 1 > $out/share/other" { };
  third = make "third" "mkdir -p $out/share; echo 1 > $out/share/third" { };

  # tells whether it saw the input
  looks = "mkdir $out; if offered thing; then echo yes > $out/saw; else echo no > $out/saw; fi";
  consumer = name: carrier: make name looks { buildInputs = [ carrier ]; };
  carrier = name: script: make name script { propagatedBuildInputs = [ thing ]; };

  # without the input it ends like this
  ends = name: script: make name "phase buildPhase; if ! offered thing; then ${script}; fi; echo done > $out" {
    buildInputs = [ thing ];
  };
in
rec {
  inherit thing other third;

  # the input in odd places
  unused = make "unused" "echo same > $out" { buildInputs = [ thing ]; };
  used = consumer "used" thing;
  switched = make "switched" looks { buildInputs = [ thing ]; __structuredAttrs = false; __noteOf = null; };
  twice = make "twice" looks { buildInputs = [ thing thing ]; nativeBuildInputs = [ thing ]; };
  lines = make "lines" looks { buildInputs = "\n${thing}\n${other}\n"; };
  tabs = make "tabs" looks { buildInputs = "${other}\t${thing}"; };
  both-lists = make "both-lists" looks { buildInputs = [ (carrier "carries-too" "mkdir -p $out/nix-support; echo $propagatedBuildInputs > $out/nix-support/propagated-build-inputs") thing ]; };

  # what comes along in odd ways
  by-lines = consumer "by-lines" (carrier "carries-lines" ''
    mkdir -p $out/nix-support
    printf '${other}\n%s\n' $propagatedBuildInputs > $out/nix-support/propagated-build-inputs
  '');
  by-tabs = consumer "by-tabs" (carrier "carries-tabs" ''
    mkdir -p $out/nix-support
    printf '\t%s\t' $propagatedBuildInputs > $out/nix-support/propagated-build-inputs
  '');
  by-linked-list = consumer "by-linked-list" (carrier "carries-linked-list" ''
    mkdir -p $out/nix-support $out/share
    echo $propagatedBuildInputs > $out/share/list
    ln -s ../share/list $out/nix-support/propagated-build-inputs
  '');
  by-linked-folder = consumer "by-linked-folder" (make "carries-linked-folder" ''
    mkdir -p $lib/nix-support $out
    echo $propagatedBuildInputs > $lib/nix-support/propagated-build-inputs
    ln -s $lib/nix-support $out/nix-support
  '' { outputs = [ "out" "lib" ]; propagatedBuildInputs = [ thing ]; });
  by-link = consumer "by-link" (make "carries-link" ''
    mkdir -p $lib/nix-support
    echo $propagatedBuildInputs > $lib/nix-support/propagated-build-inputs
    ln -s $lib $out
  '' { outputs = [ "out" "lib" ]; propagatedBuildInputs = [ thing ]; });
  by-ring = make "by-ring" looks { buildInputs = [ ring.dev ]; };
  ring = make "carries-ring" ''
    mkdir -p $out/nix-support $dev/nix-support
    echo $propagatedBuildInputs > $out/nix-support/propagated-build-inputs
    echo $out $propagatedBuildInputs > $dev/nix-support/propagated-build-inputs
  '' { outputs = [ "out" "dev" ]; propagatedBuildInputs = [ thing ]; };
  # a carrier that is one file brings nothing along, whatever its derivation says
  by-file = consumer "by-file" (carrier "carries-nothing" "echo $propagatedBuildInputs > $out");

  # its list is one of its own, which the package reads
  by-own-list = make "by-own-list" ''
    echo no > $out
    for list in $buildInputs; do
      for path in $(cat $list); do if [ -e $path/share/thing ]; then echo yes > $out; fi; done
    done
  '' { buildInputs = [ (carrier "carries-own-list" "echo $propagatedBuildInputs > $out") ]; };

  # a program that the machine has too: the input has it, brings it along, or has a link to its folder
  program = asks "program" (make "thing" "mkdir -p $out/bin; cp ${env}/bin/env $out/bin" { });
  program-brought = asks "program-brought" (make "thing" ''
    mkdir -p $out/nix-support
    echo $propagatedBuildInputs > $out/nix-support/propagated-build-inputs
  '' { propagatedBuildInputs = [ env ]; });
  program-linked = asks "program-linked" (make "thing" "mkdir $out; ln -s ${env}/bin $out/bin" { });
  env = make "env" "mkdir -p $out/bin; echo '#!/bin/bash' > $out/bin/env; chmod +x $out/bin/env" { };
  asks = name: input: make name ''
    for path in $all; do PATH=$path/bin:$PATH; done
    if command -v env > /dev/null; then echo yes > $out; else echo no > $out; fi
  '' { buildInputs = [ input ]; };

  # inputs of odd shapes; the lists cannot do without, for a text names them
  file-input = make "file-input" "if [ -e ${fileThing} ]; then echo yes > $out; else echo no > $out; fi" {
    buildInputs = [ fileThing ];
  };
  fileThing = make "thing" "echo 1 > $out" { };
  link-input = make "link-input" "if [ -e ${linkThing} ]; then echo yes > $out; else echo no > $out; fi" {
    buildInputs = [ linkThing ];
  };
  linkThing = make "thing" "ln -s ${other} $out" { };
  empty-input = make "empty-input" "if [ -d ${emptyThing} ]; then echo yes > $out; else echo no > $out; fi" {
    buildInputs = [ emptyThing ];
  };
  emptyThing = make "thing" "mkdir $out" { };
  as-file = make "as-file" "cat $(cat $textPath)/share/thing > $out" {
    buildInputs = [ thing ]; text = "${thing}"; passAsFile = [ "text" ];
  };
  # in no list
  in-arguments = make "in-arguments" "cat ${thing}/share/thing > $out" { buildInputs = [ other ]; };

  # odd ends
  child-killed = ends "child-killed" "bash -c 'kill -9 $$'";
  no-space = ends "no-space" "echo 'cc1: No space left on device' >&2; exit 1";
  no-space-in-go = ends "no-space-in-go" "echo 'write x: no space left on device' >&2; exit 2";
  make-killed = ends "make-killed" "echo 'make: *** [Makefile:2: all] Killed' >&2; exit 2";
  # the salt is in the sandbox, so that a build can tell its first time from its second
  flaky = ends "flaky" "if ls /nix/store | grep -q experiment-1; then exit 1; fi";
  no-output = ends "no-output" "exit 0";
  exits = ends "exits" "phase installPhase; exit 3";
  slow = ends "slow" "sleep 100";

  # never builds
  fails-itself = make "fails-itself" "phase configurePhase; echo 'no such luck' >&2; exit 1" { buildInputs = [ thing ]; };
  needs-failing = make "needs-failing" "echo > $out" { buildInputs = [ thing failing ]; };
  failing = make "failing" "exit 1" { };
  needs-feature = make "needs-feature" "echo > $out" { buildInputs = [ thing ]; requiredSystemFeatures = [ "moonlight" ]; };
  escapes = make "escapes" "echo > $out" { buildInputs = [ thing ]; __noChroot = true; };

  # nothing to prove
  fixed = make "fixed" "echo -n > $out" {
    buildInputs = [ thing ];
    outputHash = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    outputHashAlgo = null;
  };
  addressed = make "addressed" "echo > $out" {
    buildInputs = [ thing ]; __contentAddressed = true; outputHashMode = "recursive"; outputHashAlgo = "sha256";
  };

  # several inputs: without any of them it takes a while
  three = make "three" "for name in thing other third; do if ! offered $name; then sleep 5; fi; done; echo > $out" {
    buildInputs = [ thing other third ];
  };
}
