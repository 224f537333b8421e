//! `nix-ripple man`: manual pages, made from the command line's own definition.

use std::io;
use std::path::PathBuf;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::error::CliError;
use super::printer::{Printer, counted};
use super::{Cli, Outcome};
use crate::graph::replace_file;

/// Arguments of `man`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  nix-ripple man --to man1
  nix-ripple man waves status")]
pub(super) struct Args {
    /// Whose page to print; that of the program without
    #[arg(value_name = "COMMAND", conflicts_with = "to")]
    command: Vec<String>,
    /// The folder to write all pages to, made where there is none
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

/// What the program reads of its environment.
const ENVIRONMENT: [(&str, &str); 6] = [
    (
        "NIX_RIPPLE_CLOSURE",
        "The closure to read where none is given; else that of a file of defaults, else ./closure.ripple.",
    ),
    ("NIX_RIPPLE_CONFIG", "A file of defaults, in place of the nearest .nix-ripple.toml."),
    ("NIX_RIPPLE_PAGER", "What long answers go through on a terminal, before PAGER; empty: nothing."),
    ("PAGER", "The same, where no file of defaults says otherwise."),
    ("NO_COLOR", "Whatever it is set to: no colours."),
    ("CLICOLOR_FORCE", "Whatever it is set to: colours in a pipe, too."),
];

const EXIT_STATUS: [(&str, &str); 3] = [
    ("0", "All is well."),
    ("1", "A threshold that was asked for is passed (--fail-over and the like)."),
    ("2", "Wrong usage, or input that cannot be read."),
];

pub(super) fn run(args: &Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    let Some(folder) = &args.to else {
        let mut command = &program;
        for word in &args.command {
            command = command.find_subcommand(word).ok_or_else(|| CliError::Argument {
                option: "man",
                text: args.command.join(" "),
                expected: "a command, as 'nix-ripple --help' lists them",
            })?;
        }
        printer.bytes(&page(command, &program)?)?;
        return Ok(Outcome::Fine);
    };
    let failed = |source| CliError::Write { path: folder.display().to_string(), source };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut written = 0;
    let mut left = vec![&program];
    while let Some(command) = left.pop() {
        let path = folder.join(format!("{}.1", title(command)));
        let failed = |source| CliError::Write { path: path.display().to_string(), source };
        replace_file(&path, &page(command, &program)?).map_err(failed)?;
        written += 1;
        left.extend(command.get_subcommands());
    }
    printer.say(&format!("{}: {}", folder.display(), counted(written, "page")));
    Ok(Outcome::Fine)
}

/// `nix-ripple-waves-status`.
fn title(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

fn page(command: &Command, program: &Command) -> io::Result<Vec<u8>> {
    let source = concat!("nix-ripple ", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone()).title(title(command)).source(source);
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    if command.get_version().is_some() {
        man.render_version_section(&mut page)?;
    }
    let mut rest = Roff::new();
    if let Some(text) = command.get_after_long_help().or_else(|| command.get_after_help()) {
        sections(&mut rest, &text.to_string());
    }
    list(&mut rest, "EXIT STATUS", &EXIT_STATUS);
    list(&mut rest, "ENVIRONMENT", &ENVIRONMENT);
    rest.control("SH", ["SEE ALSO"]);
    rest.text(see_also(command, program));
    rest.to_writer(&mut page)?;
    Ok(ascii(&String::from_utf8_lossy(&page)))
}

/// Every other letter by its number, which every roff knows.
fn ascii(page: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(page.len());
    for letter in page.chars() {
        match letter {
            '…' => bytes.extend(b"..."),
            letter if letter.is_ascii() => bytes.push(letter as u8),
            letter => bytes.extend(format!("\\[u{:04X}]", u32::from(letter)).bytes()),
        }
    }
    bytes
}

fn list(roff: &mut Roff, heading: &str, items: &[(&str, &str)]) {
    roff.control("SH", [heading]);
    for (name, text) in items {
        roff.control("TP", []);
        roff.text([bold(*name)]);
        roff.text([roman(*text)]);
    }
}

/// The text below a command's help: a line at the margin that ends with a colon is a heading; what is
/// indented stays as it is.
fn sections(roff: &mut Roff, text: &str) {
    let mut kept = false;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let indented = line.starts_with(' ');
        if kept && !indented && !line.is_empty() {
            roff.control("fi", []);
            kept = false;
        }
        let heading = line.strip_suffix(':').filter(|_| !indented);
        match heading {
            Some(heading) => {
                let heading = heading.to_uppercase();
                roff.control("SH", [heading.as_str()]);
            }
            None if line.is_empty() => {
                let more = lines.peek().is_some_and(|next| next.starts_with(' ') || !next.ends_with(':'));
                if more {
                    roff.control("PP", []);
                }
            }
            None => {
                if indented && !kept {
                    roff.control("nf", []);
                    kept = true;
                }
                roff.text([roman(line)]);
            }
        }
    }
    if kept {
        roff.control("fi", []);
    }
}

/// The program and the commands below this one, or beside it.
fn see_also(command: &Command, program: &Command) -> Vec<clap_mangen::roff::Inline> {
    let below: Vec<&str> = command.get_subcommands().map(title).collect();
    let all = if below.is_empty() { program.get_subcommands().map(title).collect() } else { below };
    let all = std::iter::once(title(program)).chain(all).filter(|name| *name != title(command));
    let mut told = Vec::new();
    for name in all {
        told.push(roman(if told.is_empty() { "" } else { ", " }));
        told.push(bold(name));
        told.push(roman("(1)"));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every command, option and argument that the parser knows is in the pages.
    #[test]
    fn pages_say_what_the_parser_knows() {
        let mut program = Cli::command().disable_help_subcommand(true);
        program.build();
        let (mut commands, mut options) = (0, 0);
        let mut left = vec![&program];
        while let Some(command) = left.pop() {
            let page = String::from_utf8(page(command, &program).unwrap()).unwrap();
            assert!(page.is_ascii());
            for below in command.get_subcommands() {
                assert!(page.contains(&title(below).replace('-', "\\-")), "{}: {}", title(command), title(below));
                left.push(below);
            }
            for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
                let told = match (argument.get_long(), argument.get_value_names()) {
                    (Some(long), _) => format!("--{long}").replace('-', "\\-"),
                    (None, Some([name, ..])) => name.to_string(),
                    (None, _) => continue,
                };
                let (_, told_in) = page.split_once(".SH OPTIONS").unwrap_or_else(|| panic!("{}", title(command)));
                assert!(told_in.contains(&told), "{}: {told}", title(command));
                options += 1;
            }
            commands += 1;
            assert!(page.contains(".SH \"EXIT STATUS\""), "{}", title(command));
        }
        assert!(commands > 20 && options > 200, "{commands} commands, {options} options");
    }

    #[test]
    fn text_below_the_help() {
        let mut roff = Roff::new();
        sections(&mut roff, "Columns:\n  a  b\n     c\n\n  d\nfree text\nmore\n\nExample:\n  run it");
        assert_eq!(
            roff.to_roff(),
            ".SH COLUMNS\n.nf\n  a  b\n     c\n.PP\n  d\n.fi\nfree text\nmore\n.SH EXAMPLE\n.nf\n  run it\n.fi\n"
        );
    }
}
