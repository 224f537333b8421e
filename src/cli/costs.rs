//! What builds cost: the options, and what they give.

use std::path::PathBuf;

use super::config::Key;
use super::error::CliError;
use super::printer::{Printer, counted};
use crate::cost::{Costs, LeftOut, SizeRecords, Sizes, Times};
use crate::graph::Graph;
use crate::proof::outputs::Metadata;

/// What is known of the cost of builds.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Cost")]
pub(super) struct CostArgs {
    /// Build times (repeatable): nix-output-monitor's build-reports.csv, Hydra's BuildSteps, or names with seconds
    #[arg(long, value_name = "FILE")]
    times: Vec<PathBuf>,
    /// Sizes of outputs (repeatable): JSON of nix path-info, narinfo files or a folder of them, or Nix's db.sqlite
    #[arg(long, value_name = "FILE")]
    sizes: Vec<PathBuf>,
    /// Tell costs also where neither is given, all estimated
    #[arg(long)]
    cost: bool,
}

impl CostArgs {
    /// Whether costs are asked for.
    pub(super) fn is_given(&self, printer: &Printer) -> bool {
        self.cost || printer.config().is_on(Key::Cost) || !self.times.is_empty() || !self.sizes.is_empty()
    }

    /// The files of times: those that are given, else the defaults.
    fn times(&self, printer: &Printer) -> Vec<PathBuf> {
        or_default(&self.times, Key::Times, printer)
    }

    /// The files of sizes, likewise.
    fn sizes(&self, printer: &Printer) -> Vec<PathBuf> {
        or_default(&self.sizes, Key::Sizes, printer)
    }

    /// The costs of a graph, estimated where nothing is given.
    pub(super) fn load(&self, graph: &Graph, printer: &mut Printer) -> Result<Costs, CliError> {
        let times = Times::read(&self.times(printer))?;
        tell_left_out(&times, printer);
        let costs = Costs::new(graph, &times);
        for unmatched in costs.unmatched_times() {
            printer.warning(&format!(
                "{}: {} of {} records match nothing here, the first: '{}'",
                unmatched.file.display(),
                unmatched.count,
                unmatched.of,
                unmatched.first
            ));
        }
        Ok(costs.with_sizes(self.load_sizes(graph, printer)?))
    }

    /// What is known of sizes, if anything was given.
    fn load_sizes(&self, graph: &Graph, printer: &mut Printer) -> Result<Option<Sizes>, CliError> {
        let files = self.sizes(printer);
        if files.is_empty() {
            return Ok(None);
        }
        let records = SizeRecords::read(&files)?;
        printer.warnings(records.notes());
        let sizes = Sizes::new(graph, records);
        let paths = |count: u64| counted(count as usize, "path");
        for (file, all, some) in sizes.iter().flat_map(|sizes| &sizes.uses().files) {
            if *some == 0 && *all > 0 {
                printer.warning(&format!("{file}: tells the size of {}, none called as an output here", paths(*all)));
            } else {
                printer.detail(&format!("{file}: tells the size of {}, {some} of use here", paths(*all)));
            }
        }
        Ok(sizes)
    }

    /// What the files of sizes say of references.
    pub(super) fn references(&self, printer: &Printer) -> Result<Vec<Metadata>, CliError> {
        Ok(self.sizes(printer).iter().map(|path| Metadata::open(path)).collect::<Result<_, _>>()?)
    }

    /// The same, if they are asked for.
    pub(super) fn load_if_given(&self, graph: &Graph, printer: &mut Printer) -> Result<Option<Costs>, CliError> {
        self.is_given(printer).then(|| self.load(graph, printer)).transpose()
    }

    /// The same for another side of a comparison: what is to be told of the files has been told.
    pub(super) fn load_silently(&self, graph: &Graph, printer: &Printer) -> Result<Costs, CliError> {
        let costs = Costs::new(graph, &Times::read(&self.times(printer))?);
        let files = self.sizes(printer);
        let sizes = match files.is_empty() {
            true => None,
            false => Sizes::new(graph, SizeRecords::read(&files)?),
        };
        Ok(costs.with_sizes(sizes))
    }
}

/// What a command line gives, else what a file of defaults does.
pub(super) fn or_default(given: &[PathBuf], key: Key, printer: &Printer) -> Vec<PathBuf> {
    if given.is_empty() { printer.config().files(key).to_vec() } else { given.to_vec() }
}

/// Tells which records say nothing.
fn tell_left_out(times: &Times, printer: &mut Printer) {
    for file in times.files() {
        let total: u64 = file.left_out.iter().sum();
        if total == 0 {
            continue;
        }
        let each = LeftOut::ALL.into_iter().zip(file.left_out).filter(|(_, count)| *count > 0);
        let each: Vec<String> = each.map(|(reason, count)| format!("{count} {}", reason.as_str())).collect();
        let line =
            format!("{}: {total} of {} records left out: {}", file.path.display(), file.records, each.join(", "));
        // worth a warning where nothing is left
        if total == file.records { printer.warning(&line) } else { printer.say(&line) }
    }
}
