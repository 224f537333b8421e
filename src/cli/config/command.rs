//! `nix-ripple config`: which defaults hold, and where they come from.

use clap::ValueEnum as _;

use super::file::Value;
use super::key::Key;
use super::places::{Place, places};
use super::settings::{Config, Setting};
use crate::cli::Outcome;
use crate::cli::error::CliError;
use crate::cli::pager::{self, Says};
use crate::cli::printer::{Printer, colour_variable};
use crate::report::{ConfigFile, ConfigReport, ConfigSetting};

/// Arguments of `config`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Defaults stand in TOML: $NIX_RIPPLE_CONFIG, else the nearest .nix-ripple.toml from here upwards;
below it your own, $XDG_CONFIG_HOME/nix-ripple/config.toml. Keys are options of the same name:
  closure, evidence, rules, bump-rates, maintainers, owners   where a command takes them
  times, sizes, builders, farm   where costs are told: by --cost, or by what tells them always
  cost = true                    costs are told wherever they can be
  pager, color, width            how answers are shown; pager in your own file alone
Paths are relative to the file; ~ is your home folder. An option comes before the environment,
the environment before files. --no-config goes without them.

Examples:
  nix-ripple config
  nix-ripple config --path
  nix-ripple config --format json")]
pub(in crate::cli) struct Args {
    /// Where files are looked for, and which are there
    #[arg(long)]
    path: bool,
}

pub(in crate::cli) fn run(args: &Args, ignored: bool, printer: &mut Printer) -> Result<Outcome, CliError> {
    let places = if ignored { Vec::new() } else { places() };
    let files: Vec<ConfigFile> = places.iter().map(shown).collect();
    let settings = if args.path {
        Vec::new()
    } else {
        // what is wrong with a file is told here, too
        let config = Config::of(&places).map_err(CliError::Config)?;
        Key::ALL.into_iter().map(|key| setting(&config, key)).collect()
    };
    printer.report(&ConfigReport::new(settings, files, args.path))?;
    Ok(Outcome::Fine)
}

fn shown(place: &Place) -> ConfigFile {
    ConfigFile { path: place.path.display().to_string(), whose: place.whose.told(), found: place.is_there }
}

/// What the environment says of a key, and which variable does, where it comes before files.
fn variable(config: &Config, key: Key) -> Option<(&'static str, String)> {
    match key {
        Key::Closure => {
            let closure = std::env::var_os("NIX_RIPPLE_CLOSURE").filter(|value| !value.is_empty())?;
            Some(("NIX_RIPPLE_CLOSURE", closure.to_string_lossy().into_owned()))
        }
        Key::Pager => match pager::command(config) {
            (command, Says::Variable(name)) => Some((name, command)),
            _ => None,
        },
        Key::Color => {
            let (name, colour) = colour_variable()?;
            let value = colour.to_possible_value()?;
            Some((name, value.get_name().to_owned()))
        }
        _ => None,
    }
}

/// What holds of a key.
fn setting(config: &Config, key: Key) -> ConfigSetting {
    let of = |values: Vec<String>, from: String, missing: Vec<String>| ConfigSetting {
        key: key.name(),
        values,
        from,
        missing,
    };
    if let Some((name, value)) = variable(config, key) {
        let missing = if key == Key::Closure { absent(&[value.as_str().into()]) } else { Vec::new() };
        return of(vec![value], format!("${name}"), missing);
    }
    if let Some(Setting { value, file, line }) = config.setting(key) {
        let from = format!("{}, line {line}", file.display());
        return match value {
            Value::Files(files) => {
                of(files.iter().map(|file| file.display().to_string()).collect(), from, absent(files))
            }
            Value::Number(number) => of(vec![number.to_string()], from, Vec::new()),
            Value::Text(text) => of(vec![text.clone()], from, Vec::new()),
            Value::Switch(on) => of(vec![on.to_string()], from, Vec::new()),
        };
    }
    let built_in = key.built_in();
    let values: Vec<String> = (!built_in.is_empty()).then(|| built_in.to_owned()).into_iter().collect();
    let missing = if key == Key::Closure { absent(&[built_in.into()]) } else { Vec::new() };
    let from = if values.is_empty() { "nothing says it" } else { "built in" };
    of(values, from.to_owned(), missing)
}

/// Those that are not there.
fn absent(files: &[std::path::PathBuf]) -> Vec<String> {
    files.iter().filter(|file| !file.exists()).map(|file| file.display().to_string()).collect()
}
