//! What something costs, as figures of a page.

use super::impact::hours_fact;
use super::page::Fact;
use crate::query::CostReport;
use crate::report::cost::measured;
use crate::report::table::{counted, number};

/// The figures of a cost report at `cost`.
pub(super) fn cost_facts(cost: &CostReport) -> Vec<Fact> {
    let time = &cost.hours.time;
    let measured = measured(time.measured_share, time.total);
    let mut facts = vec![
        hours_fact("cost.hours.total", "machine time", time.total, measured),
        hours_fact(
            "cost.critical_path.hours",
            "longest chain",
            cost.critical_path.hours,
            counted(cost.critical_path.chain.len() as u64, "build"),
        ),
    ];
    if let Some(makespan) = &cost.makespan {
        let note = format!("{} at a time", number(makespan.builders));
        facts.push(hours_fact("cost.makespan.hours", "on the farm", makespan.hours, note));
    }
    facts
}
