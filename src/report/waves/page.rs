//! A plan for a terminal, a tracking issue, a spreadsheet.

use std::io::{self, Write};

use super::plan::{BACK, BUILDS, BUMPS, FRONTIER, HEAVY, WAVES};
use crate::query::waves::WavesReport;
use crate::report::Render;
use crate::report::markdown::{code, details, prose};
use crate::report::rows::Rows;
use crate::report::table::{self, Layout, counted};
use crate::report::units::duration;

/// So many back edges in a table.
const BACK_EDGES: usize = 10;

/// So many bytes of a reason in markdown.
const REASON: usize = 400;

impl WavesReport {
    fn builds(&self) -> impl Iterator<Item = (usize, &crate::query::waves::WaveBuild)> {
        self.waves.iter().flat_map(|wave| wave.builds.iter().flatten().map(move |build| (wave.number, build)))
    }

    fn is_listed(&self) -> bool {
        self.waves.iter().any(|wave| wave.builds.is_some())
    }

    fn more_back_edges(&self) -> Option<String> {
        let more = self.back_edges.len().saturating_sub(BACK_EDGES) as u64 + self.more_back_edges;
        (more > 0).then(|| format!("… and {} more that rebuild what is locked", counted(more, "pair")))
    }
}

impl Render for WavesReport {
    fn table(&self, out: &mut dyn Write, layout: Layout) -> io::Result<()> {
        writeln!(out, "{}", self.headline())?;
        self.lines().iter().try_for_each(|line| writeln!(out, "{}", table::printable(line)))?;
        writeln!(
            out,
            "\n{}",
            table::plain(
                self.shown(&WAVES),
                layout,
                self.waves.iter().map(|wave| wave.cells().into_iter().take(self.shown(&WAVES).len()))
            )
        )?;
        writeln!(
            out,
            "\n{}",
            table::plain(
                self.shown(&BUMPS),
                layout,
                self.by_wave().into_iter().map(|bump| bump.cells().into_iter().take(self.shown(&BUMPS).len()))
            )
        )?;
        writeln!(out, "\n{}", table::plain(&FRONTIER, layout, self.frontier_rows()))?;
        if self.tells_heavy_builds() {
            writeln!(out, "\n{}", table::plain(&HEAVY, layout, self.heavy_builds.iter().map(|heavy| heavy.cells())))?;
        }
        if !self.back_edges.is_empty() {
            let rows = self.back_edges.iter().take(BACK_EDGES).map(|back| back.cells());
            writeln!(out, "\n{}", table::plain(&BACK, layout, rows))?;
            self.more_back_edges().iter().try_for_each(|line| writeln!(out, "{line}"))?;
        }
        if self.is_listed() {
            let rows = self.builds().map(|(wave, build)| build.cells(wave));
            writeln!(out, "\n{}", table::plain(&BUILDS, layout, rows))?;
        }
        for security in &self.security {
            let name = table::printable(&security.bump);
            writeln!(out, "\n{name} mends a security hole ({})", security.place())?;
            security.report.table(out, layout)?;
        }
        if let Some(major) = &self.major {
            writeln!(out)?;
            major.table(out, layout)?;
        }
        let findings = self.findings();
        if !findings.is_empty() {
            writeln!(out)?;
        }
        findings.iter().try_for_each(|line| writeln!(out, "{}", table::printable(line)))
    }

    fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "**{}**\n", prose(&self.headline(), REASON))?;
        for line in self.lines() {
            writeln!(out, "{}  ", prose(&line, 4 * REASON))?;
        }
        let all = self.waves.len();
        for wave in &self.waves {
            writeln!(
                out,
                "\n### Wave {} of {all}: {}, {}\n",
                wave.number,
                counted(wave.derivations, "build"),
                duration(wave.hours)
            )?;
            let done = if wave.is_locked { "x" } else { " " };
            for bump in self.bumps.iter().filter(|bump| bump.wave == wave.number) {
                let name = format!("{}{}", code(&bump.name), prose(&bump.versions(), REASON));
                let security = if bump.security { " **security**" } else { "" };
                writeln!(out, "- [{done}] {name}{security}: {}", prose(&bump.reason, REASON))?;
            }
            let at_stake = match self.knows_maintainers() {
                true => format!(" ({})", counted(wave.at_stake.maintained, "maintained package")),
                false => String::new(),
            };
            let waits = duration(wave.waits());
            writeln!(out, "- [{done}] built: {}{at_stake}, {waits} to wait", counted(wave.attributes, "attribute"))?;
            let settles = match wave.settles.derivations {
                0 => "nothing settles yet".to_owned(),
                count => {
                    let heavy: Vec<String> = wave.settling.iter().map(|name| code(name)).collect();
                    let heavy = heavy.join(", ");
                    format!(
                        "{} settle ({}), the heaviest {heavy}",
                        counted(count, "build"),
                        duration(wave.settles.hours)
                    )
                }
            };
            writeln!(out, "- [{done}] green, and locked; {settles}")?;
        }
        let frontier = table::markdown(&FRONTIER, self.frontier_rows());
        writeln!(out, "\n{}", details("Other numbers of waves", &frontier))?;
        if self.tells_heavy_builds() {
            let heavy = table::markdown(&HEAVY, self.heavy_builds.iter().map(|heavy| heavy.cells()));
            writeln!(out, "\n{}", details("Heavy builds, and what holds them", &heavy))?;
        }
        if !self.back_edges.is_empty() {
            let back = self.back_edges.iter().take(BACK_EDGES).map(|back| back.cells());
            let more = self.more_back_edges().map_or(String::new(), |line| format!("\n\n{line}"));
            let back = format!("{}{more}", table::markdown(&BACK, back));
            writeln!(out, "\n{}", details("What is rebuilt although it is locked", &back))?;
        }
        for security in &self.security {
            let mut text = Vec::new();
            security.report.markdown(&mut text)?;
            let title = format!("Ways to bring in {} ({})", prose(&security.bump, REASON), security.place());
            writeln!(out, "\n{}", details(&title, &String::from_utf8_lossy(&text)))?;
        }
        if let Some(major) = &self.major {
            let mut text = Vec::new();
            major.markdown(&mut text)?;
            writeln!(out, "\n{}", details("Several major waves", &String::from_utf8_lossy(&text)))?;
        }
        let findings = self.findings();
        if !findings.is_empty() {
            writeln!(out)?;
        }
        findings.iter().try_for_each(|line| writeln!(out, "- {}", prose(line, 4 * REASON)))
    }

    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut rows = Rows::new(out);
        if self.is_listed() {
            rows.row([
                "wave",
                "drv",
                "name",
                "system",
                "start_hours",
                "hours",
                "remaining_hours",
                "heavy",
                "fetched",
                "settles",
            ])?;
            for (wave, build) in self.builds() {
                rows.row([
                    wave.to_string(),
                    build.drv.clone(),
                    build.name.clone(),
                    build.system.clone(),
                    build.start_hours.to_string(),
                    build.hours.to_string(),
                    build.remaining_hours.to_string(),
                    build.heavy.to_string(),
                    build.fetched.to_string(),
                    build.settles.to_string(),
                ])?;
            }
            return rows.finish();
        }
        rows.row([
            "wave",
            "bump",
            "selectors",
            "from",
            "to",
            "security",
            "reason",
            "derivations",
            "hours",
            "attributes",
            "maintained",
            "wave_derivations",
            "wave_hours",
        ])?;
        for wave in &self.waves {
            for bump in self.bumps.iter().filter(|bump| bump.wave == wave.number) {
                rows.row([
                    wave.number.to_string(),
                    bump.name.clone(),
                    bump.selectors.join(" "),
                    bump.from.clone().unwrap_or_default(),
                    bump.to.clone().unwrap_or_default(),
                    bump.security.to_string(),
                    bump.reason.clone(),
                    bump.rebuilds.derivations.to_string(),
                    bump.rebuilds.hours.to_string(),
                    bump.at_stake.attributes.to_string(),
                    bump.at_stake.maintained.to_string(),
                    wave.derivations.to_string(),
                    wave.hours.to_string(),
                ])?;
            }
        }
        rows.finish()
    }

    fn dot(&self) -> Option<String> {
        Some(self.picture())
    }
}
