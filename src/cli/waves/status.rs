//! `nix-ripple waves status`: how far the waves of a plan are.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::cli::Outcome;
use crate::cli::closure::ClosureArgs;
use crate::cli::costs::CostArgs;
use crate::cli::error::CliError;
use crate::cli::people::{read_maintainers, read_owners};
use crate::cli::printer::Printer;
use crate::graph::Graph;
use crate::query::waves::WavePlan;
use crate::query::waves::results::Results;
use crate::query::waves::status::{PlannedWaves, ResultFile, StatusParams, status};

const FORMS: &str = "\
Results are lines of nix-eval-jobs, nix-fast-build's results (JSON, JSON Lines, JUnit), Hydra's builds
of an evaluation (JSON), or a table: CSV with the columns attr and status, and if wanted system, wave,
fix and note. A status is success, failed, timed-out, log-limit, output-limit, nondeterministic,
evaluation-failed, dependency-failed, queued, aborted, unsupported, wont-fix or cant-fix.

Examples:
  nix-ripple waves --bumps bumps.toml --format json > plan.json
  nix-ripple waves status plan.json 1=hydra.json
  nix-ripple waves status plan.json 1=hydra.json 2=results.csv --format markdown";

/// Arguments of `waves status`.
#[derive(Debug, clap::Args)]
#[command(after_help = FORMS)]
pub(super) struct StatusArgs {
    /// The plan: what 'waves --format json' printed
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// Results of builds; of wave N, else the wave that they name, else the first that is not green
    #[arg(value_name = "[N=]RESULTS")]
    results: Vec<String>,
    /// Only builds on this system (repeatable)
    #[arg(long, value_name = "SYSTEM")]
    system: Vec<String>,
    /// Exit with 1 if a wave is not green
    #[arg(long)]
    fail_if_not_green: bool,
    /// List each build of each wave
    #[arg(long)]
    list: bool,
    /// Who maintains what, as 'diff' takes it (repeatable)
    #[arg(long, value_name = "FILE", help_heading = "People")]
    maintainers: Vec<PathBuf>,
    /// Who owns what, as 'diff' takes it
    #[arg(long, value_name = "FILE", help_heading = "People")]
    owners: Option<PathBuf>,
    #[command(flatten)]
    costs: CostArgs,
    #[command(flatten)]
    closure: ClosureArgs,
}

pub(super) fn run(args: StatusArgs, printer: &mut Printer) -> Result<Outcome, CliError> {
    let plan = WavePlan::read(&args.plan)?;
    let files: Vec<ResultFile> = args.results.iter().map(|text| read(text)).collect::<Result<_, _>>()?;
    let rules = read_owners(args.owners.as_deref(), printer)?;
    let maintainers = read_maintainers(&args.maintainers, printer)?;
    let graph = args.closure.load(printer)?;
    let systems = systems(&graph, &args.system)?;
    let waves = PlannedWaves::of(&graph, &plan)?;
    let costs = args.costs.load_if_given(&graph, printer)?;
    let params = StatusParams {
        costs: costs.as_ref(),
        systems: &systems,
        maintainers: &maintainers,
        rules: rules.as_ref(),
        list: args.list,
    };
    let report = status(&graph, &waves, &files, params)?;
    printer.report(&report)?;
    match report.current {
        Some(wave) if args.fail_if_not_green => {
            printer.say(&format!("wave {wave} is not green"));
            Ok(Outcome::ThresholdPassed)
        }
        _ => Ok(Outcome::Fine),
    }
}

/// `N=FILE` or `FILE`; `./1=x` is a file.
fn read(text: &str) -> Result<ResultFile, CliError> {
    let numbered = text
        .split_once('=')
        .filter(|(number, _)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
    let (wave, file) = match numbered {
        None => (None, text),
        Some((number, file)) => match number.parse() {
            Ok(wave) if wave > 0 => (Some(wave), file),
            _ => {
                let expected = "the number of a wave, from 1, before the file";
                return Err(CliError::Argument { option: "RESULTS", text: text.to_owned(), expected });
            }
        },
    };
    let file = Path::new(file);
    Ok(ResultFile { file: file.to_path_buf(), wave, results: Results::read(file)? })
}

fn systems(graph: &Graph, wanted: &[String]) -> Result<BTreeSet<String>, CliError> {
    let known: BTreeSet<&str> = graph.nodes().map(|node| graph.system(node)).collect();
    match wanted.iter().find(|system| system.is_empty() || !known.contains(system.as_str())) {
        Some(unknown) => {
            let expected = "a system that derivations of the closure are built on";
            Err(CliError::Argument { option: "--system", text: unknown.clone(), expected })
        }
        None => Ok(wanted.iter().cloned().collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_before_files() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["r.csv", "a=r.csv", "1=r.csv"] {
            std::fs::write(folder.path().join(name), "attr,status\n").unwrap();
        }
        let path = |name: &str| format!("{}/{name}", folder.path().display());
        for (text, expect) in [
            (path("r.csv"), None),
            (path("a=r.csv"), None),
            // a number before the whole of it
            (path("1=r.csv"), None),
            (format!("3={}", path("r.csv")), Some(3)),
            (format!("3={}", path("1=r.csv")), Some(3)),
        ] {
            assert_eq!(read(&text).unwrap().wave, expect, "{text}");
        }
        let error = read("0=x").unwrap_err().to_string();
        assert_eq!(error, "RESULTS '0=x': expected the number of a wave, from 1, before the file");
        assert!(read("99999999999999999999999=x").is_err());
    }
}
