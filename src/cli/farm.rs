//! Where builds run: the options, and what they give.

use std::path::PathBuf;

use clap::ValueEnum;

use super::config::{Config, Key};
use super::error::CliError;
use crate::cost::{Farm, Scheduler};

/// The machines that build, and what they build first.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Cost")]
pub(super) struct FarmArgs {
    /// Tell when N builds at a time are done
    #[arg(long, value_name = "N", group = "machines", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    builders: Option<u32>,
    /// Keep what requires big-parallel for M more builders, which build everything else, too
    #[arg(long, value_name = "M", requires = "builders", conflicts_with = "farm", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    big_parallel_builders: Option<u32>,
    /// Tell when these machines are done: TOML, see the README
    #[arg(long, value_name = "FILE", group = "machines")]
    farm: Option<PathBuf>,
    /// What is built first: what the longest chain waits for (longest; default), or as Nix does (nix)
    #[arg(long, value_name = "ORDER", value_enum, hide_possible_values = true)]
    scheduler: Option<SchedulerArg>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SchedulerArg {
    Longest,
    Nix,
}

impl FarmArgs {
    /// Whether machines are named.
    pub(super) fn is_given(&self) -> bool {
        self.builders.is_some() || self.farm.is_some()
    }

    /// The machines, if any are named, and the order to build in.
    pub(super) fn load(&self, config: &Config) -> Result<Option<(Farm, Scheduler)>, CliError> {
        let scheduler = match self.scheduler {
            None | Some(SchedulerArg::Longest) => Scheduler::Longest,
            Some(SchedulerArg::Nix) => Scheduler::Nix,
        };
        // machines are described in one way: a default does not join an option
        let (file, builders) = match self.is_given() {
            true => (self.farm.as_deref(), self.builders),
            false => {
                let builders = config.number(Key::Builders).and_then(|builders| u32::try_from(builders).ok());
                (config.file(Key::Farm), builders)
            }
        };
        let farm = match (file, builders) {
            (Some(file), _) => Farm::read(file)?,
            (None, Some(builders)) => Farm::builders(builders, self.big_parallel_builders),
            (None, None) if self.scheduler.is_some() => return Err(CliError::NoMachines),
            (None, None) => return Ok(None),
        };
        Ok(Some((farm, scheduler)))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Command {
        #[command(flatten)]
        farm: FarmArgs,
    }

    fn parse(words: &str) -> Result<FarmArgs, String> {
        let words = std::iter::once("x").chain(words.split_whitespace());
        Command::try_parse_from(words).map(|command| command.farm).map_err(|error| error.to_string())
    }

    #[test]
    fn builders() {
        assert!(parse("").unwrap().load(&Config::default()).unwrap().is_none());
        for (words, farm, scheduler) in [
            ("--builders 20", Farm::builders(20, None), Scheduler::Longest),
            ("--builders 20 --scheduler longest", Farm::builders(20, None), Scheduler::Longest),
            ("--builders 20 --big-parallel-builders 4", Farm::builders(20, Some(4)), Scheduler::Longest),
            ("--scheduler nix --builders 1", Farm::builders(1, None), Scheduler::Nix),
        ] {
            let args = parse(words).unwrap();
            assert_eq!(args.load(&Config::default()).unwrap(), Some((farm, scheduler)), "{words}");
        }
    }

    #[test]
    fn a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("farm.toml");
        std::fs::write(&file, "[[machine]]\nname = \"a\"\nsystems = [\"x86_64-linux\"]\nslots = 3\n").unwrap();
        let (farm, _) =
            parse(&format!("--farm {}", file.display())).unwrap().load(&Config::default()).unwrap().unwrap();
        assert_eq!((farm.slots(), farm.is_local()), (3, false));
        let error = parse("--farm /nowhere/farm.toml").unwrap().load(&Config::default()).unwrap_err().to_string();
        assert!(error.starts_with("/nowhere/farm.toml: No such file"), "{error}");
    }

    #[test]
    fn what_does_not_go_together() {
        for (words, expect) in [
            ("--builders 0", "invalid value '0' for '--builders <N>'"),
            ("--builders=-3", "'--builders <N>'"),
            ("--builders many", "invalid value 'many' for '--builders <N>'"),
            ("--builders 1 --big-parallel-builders 0", "'--big-parallel-builders <M>'"),
            ("--big-parallel-builders 4", "--builders <N>"),
            ("--builders 1 --farm x", "cannot be used with"),
            ("--farm x --big-parallel-builders 4", "cannot be used with"),
            ("--builders 1 --scheduler fast", "invalid value 'fast' for '--scheduler <ORDER>'"),
        ] {
            let error = parse(words).expect_err(words);
            assert!(error.contains(expect), "{words}: {error}");
        }
    }
}
