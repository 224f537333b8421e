//! What nix-ripple promises, held from outside: through the library's public interface and the
//! built program.

mod layering;
mod robust;
mod support;
