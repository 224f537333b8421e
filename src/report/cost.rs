//! Costs as text.

use super::table::{Column, counted, number, percent};
use super::units::{duration, size};
use crate::query::{CostReport, CriticalPath, MachineUse, Makespan};

/// Columns of the heavyweights.
pub(super) const HEAVYWEIGHTS: [Column; 5] =
    [("heavyweight", false), ("system", false), ("time", true), ("share", true), ("known", false)];

/// How many builds of a critical path are named.
const NAMED: usize = 6;

/// How a figure is known.
pub(super) fn known(measured: bool) -> &'static str {
    if measured { "measured" } else { "estimated" }
}

/// How much of a total is measured, by the part from 0 to 1.
pub(super) fn measured(part: f64, total: f64) -> String {
    if part == 0.0 && total > 0.0 { "all estimated".to_owned() } else { format!("{} measured", share(part)) }
}

/// A part from 0 to 1, in per cent.
pub(super) fn share(part: f64) -> String {
    percent((part * 1e9).round() as u64, 1_000_000_000)
}

impl CostReport {
    /// The figures, one a line.
    pub(super) fn lines(&self) -> Vec<String> {
        let time = &self.hours.time;
        let known = measured(time.measured_share, time.total);
        let mut lines = vec![format!("machine time: {} ({known})", duration(time.total))];
        if self.hours.by_system.len() > 1 {
            let systems = self.hours.by_system.iter();
            let systems: Vec<String> =
                systems.map(|(system, hours)| format!("{system} {}", duration(*hours))).collect();
            lines.push(format!("  {}", systems.join(", ")));
        }
        let expense = self.expense();
        if let Some((bytes, known)) = expense.bytes.zip(expense.bytes_known()) {
            lines.push(format!("bytes written, and downloaded again: {} ({known})", size(bytes)));
        }
        lines.push(self.critical_path.line());
        lines.extend(self.makespan.iter().flat_map(Makespan::lines));
        for kind in &self.unbuildable {
            let features =
                if kind.features.is_empty() { String::new() } else { format!(" with {}", kind.features.join(", ")) };
            let builds = counted(kind.builds, "derivation");
            lines.push(format!(
                "no makespan: no machine builds {builds} for {}{features}, the first {}",
                kind.system, kind.first
            ));
        }
        if let Some(left) = &self.to_build {
            lines.push(format!("to be built: {}", left.counts()));
            lines.extend(left.lines().into_iter().map(|line| format!("  {line}")));
        }
        lines
    }

    /// A row for each heavyweight.
    pub(super) fn heavyweight_rows(&self) -> impl Iterator<Item = [String; 5]> {
        self.heavyweights.iter().map(|heavy| {
            [
                heavy.name.clone(),
                heavy.system.clone(),
                duration(heavy.hours),
                share(heavy.share),
                known(heavy.measured).to_owned(),
            ]
        })
    }
}

impl CriticalPath {
    fn line(&self) -> String {
        // the longest of the chain, in its order
        let mut order: Vec<usize> = (0..self.chain.len()).collect();
        order.sort_by(|&a, &b| self.chain[b].hours.total_cmp(&self.chain[a].hours).then(a.cmp(&b)));
        order.truncate(NAMED);
        order.sort_unstable();
        let named: Vec<String> =
            order.iter().map(|&at| format!("{} {}", self.chain[at].name, duration(self.chain[at].hours))).collect();
        let more = self.chain.len() - order.len();
        let more = if more > 0 { format!(" (and {} that take less)", number(more as u64)) } else { String::new() };
        let builds = counted(self.chain.len() as u64, "build");
        format!("critical path: {}, {builds}: {}{more}", duration(self.hours), named.join(", then "))
    }
}

impl Makespan {
    fn lines(&self) -> Vec<String> {
        let order = match self.scheduler {
            "nix" => format!("in Nix's order; {} are attainable", duration(self.attainable_hours)),
            _ => "attainable, what the longest chain waits for first".to_owned(),
        };
        let builders = counted(self.builders, "builder");
        let own = format!(
            "makespan: {} on {builders}, which build {} of the time ({order})",
            duration(self.hours),
            share(self.utilisation)
        );
        let machine = |kind: &MachineUse| {
            let builds = counted(kind.builds, "build");
            format!("{} x {}: {builds}, {}", number(kind.slots), kind.name, duration(kind.busy_hours))
        };
        let machines: Vec<String> = self.machines.iter().map(machine).collect();
        let machines = (machines.len() > 1).then(|| format!("  {}", machines.join("; ")));
        std::iter::once(own).chain(machines).collect()
    }
}
