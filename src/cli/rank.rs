//! `nix-ripple rank`: which bumps rebuild, or cost, the most.

use std::path::PathBuf;

use clap::ValueEnum;

use super::Outcome;
use super::closure::ClosureArgs;
use super::costs::CostArgs;
use super::error::CliError;
use super::html::HtmlArgs;
use super::people::PeopleArgs;
use super::printer::Printer;
use super::scope::tell_unknown;
use crate::query::{self, BumpRates, PackageRankParams, RankParams, rank, rank_packages};
use crate::report::Format;
use crate::report::html::RankPage;

/// How many a table shows unless told otherwise, and how many a page has.
const TOP: usize = 20;
const ON_A_PAGE: usize = 2_000;

/// Arguments of `rank`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What comes first; all but builds want costs, which are estimated where none are given
    #[arg(long, value_name = "BY", default_value = "builds")]
    by: By,
    /// Packages in place of single derivations: all instances bumped together, and a year of bumps
    #[arg(long)]
    packages: bool,
    /// How often a year packages are bumped, by pname; once where nothing is said
    #[arg(long, value_name = "FILE", requires = "packages")]
    bump_rates: Option<PathBuf>,
    /// The first N; default: 20 in a table or markdown, all in JSON and CSV
    #[arg(short = 'n', long, value_name = "N", conflicts_with = "all")]
    top: Option<usize>,
    /// All of them
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    costs: CostArgs,
    #[command(flatten)]
    closure: ClosureArgs,
    #[command(flatten)]
    people: PeopleArgs,
    #[command(flatten)]
    html: HtmlArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum By {
    Builds,
    Hours,
    Bytes,
    CriticalPath,
}

impl From<By> for query::By {
    fn from(by: By) -> Self {
        match by {
            By::Builds => Self::Builds,
            By::Hours => Self::Hours,
            By::Bytes => Self::Bytes,
            By::CriticalPath => Self::CriticalPath,
        }
    }
}

pub(super) fn run(args: Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    let rates = args.bump_rates.as_deref().map(BumpRates::read).transpose()?.unwrap_or_default();
    let stated = args.people.load(printer)?;
    let graph = args.closure.load(printer)?;
    let by = query::By::from(args.by);
    let wanted = args.costs.is_given() || by != query::By::Builds;
    let costs = wanted.then(|| args.costs.load(&graph, printer)).transpose()?;
    let reading = matches!(printer.format(), Format::Table | Format::Markdown);
    let top = if args.all { None } else { args.top.or(reading.then_some(TOP)) };
    let shown = top.unwrap_or(usize::MAX);
    // a page has room for more than a table
    let on_page = args.html.is_given().then(|| if args.all { usize::MAX } else { args.top.unwrap_or(ON_A_PAGE) });
    let top = on_page.map_or(top, |on_page| Some(on_page.max(shown)));
    if args.packages {
        tell_unknown(&rates, &graph, printer);
        let params = PackageRankParams { top, by, costs: costs.as_ref(), rates: &rates };
        let mut report = rank_packages(&graph, params)?;
        if let Some(on_page) = on_page {
            let rest = report.packages.split_off(on_page.min(report.packages.len()));
            args.html.write(&report, printer)?;
            report.packages.extend(rest);
        }
        report.packages.truncate(shown);
        printer.report(&report)?;
    } else {
        let mut report = rank(&graph, RankParams { top, by, costs: costs.as_ref() })?;
        if let Some(on_page) = on_page {
            let rest = report.nodes.split_off(on_page.min(report.nodes.len()));
            let owners = stated.of(&graph).by_attribute();
            args.html.write(&RankPage { report: &report, owners: &owners }, printer)?;
            report.nodes.extend(rest);
        }
        report.nodes.truncate(shown);
        printer.report(&report)?;
    }
    Ok(Outcome::Fine)
}
