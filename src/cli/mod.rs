//! The command line: one file a subcommand; each parses, loads, queries and renders.

mod cached;
mod candidates;
mod channels;
mod closure;
mod compare;
mod completions;
mod config;
mod cost;
mod costs;
mod diff;
mod error;
mod evidence;
mod evidence_store;
mod export;
mod farm;
mod html;
mod impact;
mod ingest;
mod inputs;
mod levels;
mod man;
mod overlay;
mod pager;
mod people;
mod pricing;
mod printer;
mod probe;
mod prove;
mod rank;
mod references;
mod rules;
mod scope;
mod side;
mod side_by_side;
mod spurious;
mod traces;
mod waves;
mod why;

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::LazyLock;

use clap::{Parser, Subcommand, ValueEnum};

use crate::graph::FORMAT_VERSION;
use crate::report::Format;
use config::Config;
use error::CliError;
use printer::Printer;

/// What a bump rebuilds, told exactly from Nix derivation closures.
#[derive(Debug, Parser)]
#[command(name = NAME, version = VERSION.as_str(), after_help = EXIT_CODES, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: Global,
}

/// The program's name.
const NAME: &str = "nix-ripple";

/// The program's version, and that of the snapshots which it reads and writes.
static VERSION: LazyLock<String> =
    LazyLock::new(|| format!("{} (snapshot format {FORMAT_VERSION})", env!("CARGO_PKG_VERSION")));

const EXIT_CODES: &str = "Exit codes: 0 fine; 1 a threshold that was asked for is passed; 2 usage or input error.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Read a closure from derivations, JSON or a Nix expression, and write a snapshot
    Ingest(ingest::Args),
    /// What a bump rebuilds
    Impact(impact::Args),
    /// Why each input of a package is there, and what it rebuilds
    Inputs(inputs::Args),
    /// Inputs that cannot change what is built, on what grounds, and what that would save
    Spurious(spurious::Args),
    /// By what inputs are judged
    Rules(rules::Args),
    /// What changed between two evaluations, and which edit causes what
    Diff(Box<diff::Args>),
    /// Write remedies as a Nix overlay
    Overlay(overlay::Args),
    /// How a bump reaches a derivation
    Why(why::Args),
    /// What derivations cost, and on what grounds
    Cost(cost::Args),
    /// What waits for what: the levels of a closure, of a package set, of repositories
    Levels(levels::Args),
    /// Which bumps rebuild the most
    Rank(rank::Args),
    /// Which bumps go together, in what order, heavyweights first
    Waves(Box<waves::Args>),
    /// How two builds differ: was this rebuild needed?
    Compare(compare::Args),
    /// Which inputs are there for the checks alone: evidence, made by the real Nix
    Probe(probe::Args),
    /// What to prove next: what an experiment is expected to save, for its time
    Candidates(candidates::Args),
    /// Settle by experiment whether inputs matter: build without them, compare the outputs
    Prove(prove::Args),
    /// What built outputs refer to, and which of their files say so
    References(references::Args),
    /// What built outputs can offer a build: headers, libraries, programs, modules and more
    Channels(channels::Args),
    /// What evidence files hold: list, merge, prune
    Evidence(evidence_store::Args),
    /// Write the closure as tables, CSV or Parquet, for other programs to go on from
    Export(export::Args),
    /// Which defaults hold, and where they come from
    Config(config::Args),
    /// Print the script that completes commands, options and names in a shell
    Completions(completions::Args),
    /// Print manual pages, or write all of them
    Man(man::Args),
}

#[derive(Debug, Clone, clap::Args)]
struct Global {
    /// Form of the answer; auto is a table
    #[arg(long, global = true, value_enum, default_value = "auto", help_heading = "Output")]
    format: FormatArg,
    /// Number of threads; all cores by default
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024), help_heading = "Output")]
    threads: Option<u16>,
    /// Say nothing but the answer
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Output")]
    quiet: bool,
    /// Say what is done, and every finding
    #[arg(short, long, global = true, help_heading = "Output")]
    verbose: bool,
    /// When to colour
    #[arg(long, global = true, value_enum, help_heading = "Output")]
    color: Option<ColorArg>,
    /// How wide tables are; the terminal's width on one, without bounds elsewhere
    #[arg(long, global = true, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(20..=10_000), help_heading = "Output")]
    width: Option<u16>,
    /// Show long answers on a terminal without a pager
    #[arg(long, global = true, help_heading = "Output")]
    no_pager: bool,
    /// Go without files of defaults; see 'nix-ripple config'
    #[arg(long, global = true, help_heading = "Output")]
    no_config: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    Auto,
    Table,
    Json,
    Markdown,
    Csv,
    Dot,
}

impl FormatArg {
    const fn format(self) -> Format {
        match self {
            Self::Auto | Self::Table => Format::Table,
            Self::Json => Format::Json,
            Self::Markdown => Format::Markdown,
            Self::Csv => Format::Csv,
            Self::Dot => Format::Dot,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ColorArg {
    Auto,
    Always,
    Never,
}

/// How a command ended when it did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Fine,
    ThresholdPassed,
}

impl Outcome {
    /// What a count of rebuilt things means for the threshold that was asked for.
    fn of(count: u64, what: &str, limit: Option<u64>, printer: &mut Printer) -> Self {
        match limit {
            Some(limit) if count > limit => {
                printer.say(&format!("{count} {what} are rebuilt, more than the {limit} of --fail-over"));
                Self::ThresholdPassed
            }
            _ => Self::Fine,
        }
    }
}

/// Runs the program with these arguments.
#[must_use]
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if let Some(code) = completions::answer(&arguments) {
        return code;
    }
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // help and version are no errors; a closed pipe is none either
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    // what looks at the files tells of them itself, and what a shell asks as it starts does not need them
    let needless = matches!(cli.command, Command::Config(_) | Command::Completions(_) | Command::Man(_));
    let ignored = cli.global.no_config || needless;
    let (config, wrong) = match if ignored { Ok(Config::default()) } else { Config::load() } {
        Ok(config) => (config, None),
        Err(error) => (Config::default(), Some(CliError::Config(error))),
    };
    let mut printer = Printer::new(&cli.global, config);
    if let Some(error) = wrong {
        printer.error(&error);
        return ExitCode::from(2);
    }
    if let Some(threads) = cli.global.threads {
        // fails only if a pool exists already, and none does
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build_global();
    }
    let done = match cli.command {
        Command::Ingest(args) => ingest::run(args, &mut printer),
        Command::Impact(args) => impact::run(args, &mut printer),
        Command::Inputs(args) => inputs::run(args, &mut printer),
        Command::Spurious(args) => spurious::run(args, &mut printer),
        Command::Rules(args) => rules::run(args, &mut printer),
        Command::Diff(args) => diff::run(*args, &mut printer),
        Command::Overlay(args) => overlay::run(args, &mut printer),
        Command::Why(args) => why::run(args, &mut printer),
        Command::Cost(args) => cost::run(args, &mut printer),
        Command::Levels(args) => levels::run(args, &mut printer),
        Command::Rank(args) => rank::run(args, &mut printer),
        Command::Waves(args) => waves::run(*args, &mut printer),
        Command::Compare(args) => compare::run(args, &mut printer),
        Command::Probe(args) => probe::run(args, &mut printer),
        Command::Candidates(args) => candidates::run(args, &mut printer),
        Command::Prove(args) => prove::run(args, &mut printer),
        Command::References(args) => references::run(args, &mut printer),
        Command::Channels(args) => channels::run(args, &mut printer),
        Command::Evidence(args) => evidence_store::run(args, &mut printer),
        Command::Export(args) => export::run(args, &mut printer),
        Command::Config(args) => config::run(&args, cli.global.no_config, &mut printer),
        Command::Completions(args) => completions::run(&args, &mut printer),
        Command::Man(args) => man::run(&args, &mut printer),
    };
    let done = done.and_then(|outcome| printer.finish().map(|()| outcome).map_err(CliError::from));
    match done {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::ThresholdPassed) => ExitCode::from(1),
        Err(error) if error.is_closed_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            printer.error(&error);
            ExitCode::from(2)
        }
    }
}
