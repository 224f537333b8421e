//! What nix-ripple promises, held from outside: through the library's public interface and the
//! built program.

mod attributes;
mod candidates;
mod cli;
mod comparison;
mod cut;
mod diff;
mod effective;
mod evaluate;
mod evidence;
mod farm;
mod features;
mod graph_traits;
mod layering;
mod needs;
mod nix_as_judge;
mod outputs;
mod overlay;
mod probe;
mod prove;
mod prove_robust;
mod readme;
mod realpkgs;
mod recipes;
mod remedies;
mod robust;
mod roles;
mod rules;
mod scores;
mod spurious;
mod support;
mod texts;
mod truth;
mod what_if;
mod yearly;
