//! Costs as text.

use super::table::{Column, counted, number, percent};
use super::units::{duration, size};
use crate::query::{CostReport, CriticalPath, MachineUse, Makespan};

/// Columns of the heavyweights.
pub(super) const HEAVYWEIGHTS: [Column; 5] =
    [("heavyweight", false), ("system", false), ("time", true), ("share", true), ("known", false)];

/// How many builds of a critical path are named.
const NAMED: usize = 3;

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
        if time.total == 0.0 {
            return vec!["machine time: none".to_owned()];
        }
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
            lines.push(format!("bytes written: {} ({known})", size(bytes)));
        }
        lines.extend(self.download_bytes.map(|bytes| format!("downloaded: {} packed", size(bytes))));
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
        let mut order: Vec<usize> = (0..self.chain.len()).collect();
        order.sort_by(|&a, &b| self.chain[b].hours.total_cmp(&self.chain[a].hours).then(a.cmp(&b)));
        let named: Vec<String> = order
            .iter()
            .take(NAMED)
            .map(|&at| format!("{} {}", self.chain[at].name, duration(self.chain[at].hours)))
            .collect();
        let longest = if named.len() < order.len() { ", the longest of them" } else { ":" };
        let steps = counted(self.chain.len() as u64, "step");
        format!("critical path: {}, {steps}{longest} {}", duration(self.hours), named.join(", "))
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
            "makespan: {} on {builders}, busy {} of it ({order})",
            duration(self.hours),
            share(self.utilisation)
        );
        let machine = |kind: &MachineUse| {
            let done = number(kind.builds);
            format!("{} x {}: {done} done in {}", number(kind.slots), kind.name, duration(kind.busy_hours))
        };
        let machines: Vec<String> = self.machines.iter().map(machine).collect();
        let machines = (machines.len() > 1).then(|| format!("  {}", machines.join("; ")));
        std::iter::once(own).chain(machines).collect()
    }
}
