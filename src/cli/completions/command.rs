//! Prints a script.

use clap::ValueEnum;

use super::scripts::{SHELLS, VARIABLE};
use crate::cli::error::CliError;
use crate::cli::printer::Printer;
use crate::cli::{NAME, Outcome};

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
To switch them on:
  bash        eval \"$(nix-ripple completions bash)\"      in ~/.bashrc
  zsh         eval \"$(nix-ripple completions zsh)\"       in ~/.zshrc, behind compinit
  fish        nix-ripple completions fish | source       in ~/.config/fish/config.fish
  elvish      eval (nix-ripple completions elvish | slurp)
  powershell  nix-ripple completions powershell | Out-String | Invoke-Expression

The scripts ask the program on your PATH. Attributes, pnames, names and files of selectors come from the
snapshot that -c names, else from the default one; without a snapshot nothing is offered of them.

Examples:
  nix-ripple completions bash")]
pub(in crate::cli) struct Args {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    shell: Shell,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
    Elvish,
    Powershell,
}

impl Shell {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
            Self::Elvish => "elvish",
            Self::Powershell => "powershell",
        }
    }
}

pub(in crate::cli) fn run(args: &Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    // every shell that can be named is there
    if let Some(shell) = SHELLS.completer(args.shell.as_str()) {
        shell.write_registration(VARIABLE, NAME, NAME, NAME, printer.out())?;
    }
    Ok(Outcome::Fine)
}
