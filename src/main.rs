//! The command line of nix-ripple.

fn main() -> std::process::ExitCode {
    nix_ripple::cli::run(std::env::args_os())
}
