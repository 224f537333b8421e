# Inputs that act on what is built.
{ lib, inputs, words, helpers, package, pythonPackage, ... }:
with words;
let
  wantsIn = phase: tool: { "pre${phase}" = "wants ${tool}"; };
in
{
  # One tool for each phase.
  staged = {
    package = package "staged" {
      nativeBuildInputs = [ helpers ] ++ builtins.attrValues inputs.tools;
      unpackPhase = ''wants unpacker; sourceText=$(< $src)'';
      patchPhase = "wants patcher";
      preConfigure = "wants configurer";
      preBuild = "wants compiler";
      preInstall = "wants installer";
      preFixup = "wants fixer";
    };
    pairs = map
      ({ tool, phase }: needed tool phase "The ${phase} runs it, and wants the right answer." { })
      [
        { tool = "unpacker"; phase = "unpackPhase"; }
        { tool = "patcher"; phase = "patchPhase"; }
        { tool = "configurer"; phase = "configurePhase"; }
        { tool = "compiler"; phase = "buildPhase"; }
        { tool = "installer"; phase = "installPhase"; }
        { tool = "fixer"; phase = "fixupPhase"; }
      ];
  };

  # Another input's setup hook wants it, before any phase.
  set-up = {
    package = package "set-up" { nativeBuildInputs = [ helpers inputs.quill inputs.wanting-hook ]; };
    pairs = [
      (needed "quill" null "Another input's setup hook runs it, before the first phase." { })
      (unused "wanting-hook" "Its hook wants another input, and changes nothing." { checks = "none"; })
    ];
  };

  hooked = {
    package = package "hooked" { nativeBuildInputs = [ inputs.flagging-hook ]; };
    pairs = [ (used "flagging-hook" { "lib/libhooked.so" = content; } "Its setup hook adds a flag, which is compiled in." { checks = "none"; }) ];
  };

  included = {
    package = package "included" { buildInputs = [ inputs.lace inputs.marble inputs.pebble ]; };
    pairs = [
      (used "lace" { "lib/libincluded.so" = content; } "Its header is included." { checks = "none"; })
      (used "marble" { "lib/libincluded.so" = content; } "The header of its dev output is included, the directory of its lib output linked." { checks = "none"; })
      (unused "pebble" "It has neither." { checks = "none"; })
    ];
  };

  # As pytorch's: a table is read by a module of python, which is otherwise a run-time dependency.
  generating = {
    package = pythonPackage "generating" {
      compiles = true;
      dependencies = [ inputs.plainyaml inputs.plainjson ];
      nativeBuildInputs = [ helpers ];
      preBuild = ''
        module=$(findModule plainyaml)
        objectText+="generated with $(grep -o "source of plainyaml" "$module/__init__.py")"$'\n'
      '';
    };
    pairs = [
      (needed "plainyaml" "buildPhase" "The code generator reads by it." { })
      (recorded "plainjson"
        {
          "nix-support/propagated-build-inputs" = carried [ "propagated" ];
          "lib/python3.11/site-packages/generating/native.so" = carried [ "path-list" ];
        }
        "A run-time dependency beside it, which the generator does not use; its lib directory is linked, as any." { removed = references; checks = "passed"; })
    ];
  };

  generating-if-there = {
    package = pythonPackage "generating-if-there" {
      compiles = true;
      nativeBuildInputs = [ helpers inputs.plainyaml ];
      preBuild = ''if findModule plainyaml; then objectText+="with plainyaml"$'\n'; fi'';
    };
    pairs = [
      (used "plainyaml" { "lib/python3.11/site-packages/generating-if-there/native.so" = content; }
        "A plug-in that is used where it is there: the build goes well without it, and gives something else." { checks = "passed"; })
    ];
  };

  # Links to what an input holds: which there are is the input's doing, not only where they lead.
  gathering = {
    package = package "gathering" {
      buildInputs = [ inputs.pebble inputs.slate ];
      nativeBuildInputs = [ helpers ];
      postInstall = ''
        mkdir -p $out/share
        for input in $(inputsFound); do
          for file in "$input"/share/*; do ln -s "$file" $out/share/; done
        done
      '';
    };
    pairs = [
      {
        input = "pebble";
        why = "A link for each thing that it holds: another version that holds others makes others.";
        removed = null;
        outcome = [ "different" "reference-only" ];
        verdict = [ "affects" ];
      }
    ];
  };

  # In a list, and in the text of a phase.
  cited = {
    package = package "cited" {
      buildInputs = [ inputs.pebble inputs.slate ];
      preBuild = ''
        # not ${inputs.slate}
        objectText+=$(< ${inputs.pebble}/share/pebble/data)
      '';
    };
    pairs = [
      {
        input = "pebble";
        why = "Out of the list, it is still named by the text of a phase, which compiles its data in.";
        outcome = [ "different" "fails" ];
        verdict = [ "affects" ];
      }
      {
        input = "slate";
        why = "A comment in the text of a phase names it, and nothing uses it.";
        outcome = [ "identical" ];
        verdict = [ "no-effect" "unknown" ];
        files = { };
      }
    ];
  };
}
