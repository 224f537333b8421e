//! A day with costs.

use std::collections::BTreeMap;

use super::tests::{day, text};
use super::*;
use crate::query::{CostReport, CriticalPath, Heavyweight, Hours, HoursWeight, MachineTime, TimedBuild};
use crate::reach::Savings;
use crate::report::Format;

fn priced_day() -> DiffReport {
    let mut report = day();
    let path = |name: &str| format!("/nix/store/00000000000000000000000000000000-{name}.drv");
    let build = |name: &str, hours: f64| TimedBuild {
        drv: path(name),
        name: name.to_owned(),
        system: "x86_64-linux".to_owned(),
        hours,
        measured: hours > 3.0,
    };
    let heavy = |name: &str, hours: f64| Heavyweight {
        drv: path(name),
        name: name.to_owned(),
        system: "x86_64-linux".to_owned(),
        hours,
        share: hours / 80.0,
        measured: hours > 3.0,
        bytes: Some(3 << 30),
    };
    report.cost = Some(CostReport {
        hours: Hours {
            time: MachineTime { total: 80.0, measured: 60.0, estimated: 20.0, measured_share: 0.75 },
            by_system: BTreeMap::from([("aarch64-linux".to_owned(), 12.0), ("x86_64-linux".to_owned(), 68.0)]),
        },
        bytes: Some(5 << 30),
        bytes_measured: Some(4 << 30),
        download_bytes: Some(3 << 29),
        critical_path: CriticalPath { hours: 6.5, chain: vec![build("wesnoth-1.14", 0.5), build("chromium-66", 6.0)] },
        makespan: None,
        to_build: None,
        unbuildable: Vec::new(),
        heavyweights: vec![heavy("chromium-66", 6.0), heavy("wesnoth-1.14", 0.05)],
    });
    for (cause, hours) in report.causes.iter_mut().zip([40.0, 20.5, 1.0, 0.25].into_iter().cycle()) {
        cause.hours = Some(HoursWeight { exclusive: hours / 2.0, shared: hours, share: hours });
    }
    for saves in report.needless.values_mut() {
        let Savings { builds, .. } = *saves;
        *saves = Savings { millis: Some(builds * 600_000), bytes: Some(builds << 20), ..*saves };
    }
    report
}

#[test]
fn reads_so() {
    let day = priced_day();
    let page = DiffPage::new(&day);
    insta::assert_snapshot!("priced-day.table", text(&page, Format::Table, None));
    insta::assert_snapshot!("priced-day.table-80", text(&page, Format::Table, Some(80)));
    insta::assert_snapshot!("priced-day.markdown", text(&page, Format::Markdown, None));
    let few = DiffPage { causes: Some(2), ..page };
    insta::assert_snapshot!("priced-few.table-120", text(&few, Format::Table, Some(120)));
}

/// What costs add stands beside what there is: without them nothing else is told.
#[test]
fn leaves_the_rest_as_it_is() {
    let (day, priced) = (day(), priced_day());
    let lines = |report| text(&DiffPage::new(report), Format::Markdown, None);
    let (plain, told) = (lines(&day), lines(&priced));
    let told: Vec<&str> = told.lines().collect();
    let kept = |line: &&str| !line.starts_with("| ") && !line.contains("needless at");
    for line in plain.lines().filter(kept) {
        assert!(told.contains(&line), "{line}");
    }
    assert!(!plain.contains("machine time") && !plain.contains("take longest") && !plain.contains("| time |"));
}
