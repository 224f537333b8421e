//! Packages by what their bumps of a year take, as text.

use std::io::{self, Write};

use super::Render;
use super::cost::share;
use super::rank::FIELDS;
use super::rows::Rows;
use super::spurious::yearly;
use super::table::{self, Column, Layout, counted, escape, number};
use super::units::{duration, size};
use crate::query::{BumpCost, By, PackageRankReport, PackageYear, RankedPackage};

const BEFORE: [Column; 4] = [("package", false), ("instances", true), ("bumps a year", true), ("one bump", true)];

impl PackageYear {
    /// What was asked for.
    fn cell(&self, by: By) -> String {
        match by {
            By::Builds => yearly(self.builds),
            By::Bytes => size(self.bytes.unwrap_or_default()),
            By::Hours | By::CriticalPath => duration(self.of(by)),
        }
    }

    fn fields(&self) -> [String; 4] {
        let known = |figure: Option<String>| figure.unwrap_or_default();
        [
            self.builds.to_string(),
            known(self.hours.map(|hours| hours.to_string())),
            known(self.critical_path_hours.map(|hours| hours.to_string())),
            known(self.bytes.map(|bytes| bytes.to_string())),
        ]
    }
}

impl RankedPackage {
    fn row(&self, by: By) -> Vec<String> {
        let before = [self.package.clone(), number(self.instances), yearly(self.bumps_per_year), number(self.builds)];
        let costs = self.cost.iter().flat_map(BumpCost::cells);
        before.into_iter().chain(costs).chain([self.per_year.cell(by), share(self.share)]).collect()
    }
}

impl PackageRankReport {
    fn columns(&self) -> Vec<Column> {
        let costs = self.closure.iter().flat_map(BumpCost::columns);
        let year = match self.by {
            By::Builds => "builds a year",
            By::Hours => "time a year",
            By::Bytes => "bytes a year",
            By::CriticalPath => "waiting a year",
        };
        BEFORE.into_iter().chain(costs).chain([(year, true), ("share", true)]).collect()
    }

    fn rows(&self) -> impl Iterator<Item = Vec<String>> {
        self.packages.iter().map(|package| package.row(self.by))
    }

    /// What stands below the table.
    pub(super) fn lines(&self) -> Vec<String> {
        let year = &self.per_year;
        let mut takes = vec![format!("{} builds", yearly(year.builds))];
        takes.extend(year.hours.map(|hours| format!("{} of machine time", duration(hours))));
        takes.extend(year.bytes.map(size));
        let bumps = yearly(self.bumps_per_year);
        let packages = counted(self.total, "package");
        let own = format!("a year: {bumps} bumps of {packages}, each by itself: {}", takes.join(", "));
        std::iter::once(own).chain(self.closure.iter().map(BumpCost::line)).collect()
    }
}

impl Render for PackageRankReport {
    fn table(&self, out: &mut dyn Write, layout: Layout) -> io::Result<()> {
        writeln!(out, "{}\n", table::plain(&self.columns(), layout, self.rows()))?;
        self.lines().iter().try_for_each(|line| writeln!(out, "{line}"))
    }

    fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}\n", table::markdown(&self.columns(), self.rows()))?;
        self.lines().iter().try_for_each(|line| writeln!(out, "- {}", escape(line)))
    }

    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut rows = Rows::new(out);
        let costs = self.closure.iter().flat_map(|_| FIELDS);
        let year = ["builds_per_year", "hours_per_year", "critical_path_hours_per_year", "bytes_per_year", "share"];
        rows.row(["package", "instances", "bumps_per_year", "builds"].into_iter().chain(costs).chain(year))?;
        for package in &self.packages {
            let own = [
                package.package.clone(),
                package.instances.to_string(),
                package.bumps_per_year.to_string(),
                package.builds.to_string(),
            ];
            let costs = package.cost.iter().flat_map(BumpCost::fields);
            let year = package.per_year.fields().into_iter().chain([package.share.to_string()]);
            rows.row(own.into_iter().chain(costs).chain(year))?;
        }
        rows.finish()
    }
}
