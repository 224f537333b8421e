//! Several major waves as text.

use std::io::{self, Write};

use crate::query::waves::{MajorReport, MajorStep, Pace};
use crate::report::Render;
use crate::report::cost::share;
use crate::report::rows::Rows;
use crate::report::table::{self, Column, Layout, counted, number};
use crate::report::units::duration;

const STEPS: [Column; 6] =
    [("step", true), ("waves", false), ("begins", true), ("takes", true), ("builds", true), ("farm busy", true)];

/// How full a farm is, from nothing to all of it.
const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

impl MajorStep {
    fn cells(&self) -> [String; 6] {
        let runs = self.runs.iter().map(|run| format!("{}.{}", run.major, run.wave));
        let begins = if self.start_hours == 0.0 { "at once".to_owned() } else { duration(self.start_hours) };
        [
            self.number.to_string(),
            runs.collect::<Vec<_>>().join(", "),
            begins,
            duration(self.hours),
            number(self.builds),
            share(self.utilisation),
        ]
    }
}

impl Pace {
    fn line(&self, how: &str) -> String {
        format!(
            "{how}: {} in all, the farm busy {}; a major wave takes {}",
            duration(self.hours),
            share(self.utilisation),
            duration(self.major_wave_hours)
        )
    }

    /// The load in one line of bars.
    fn bars(&self) -> String {
        let bar = |&load: &f64| {
            let eighths = (load.clamp(0.0, 1.0) * (BARS.len() - 1) as f64).ceil() as usize;
            BARS[eighths.min(BARS.len() - 1)]
        };
        self.load.iter().map(bar).collect()
    }
}

impl MajorReport {
    fn headline(&self) -> String {
        format!(
            "{} of {}, on {}",
            counted(self.major_waves.into(), "major wave"),
            counted(self.waves as u64, "wave"),
            counted(self.builders, "builder")
        )
    }

    fn lines(&self) -> [String; 3] {
        let saved = self.one_after_another.hours - self.staggered.hours;
        let verdict = if saved > self.one_after_another.hours / 100.0 {
            format!("staggering saves {}", duration(saved))
        } else {
            "staggering saves next to nothing: one wave alone keeps the farm busy".to_owned()
        };
        [self.staggered.line("staggered"), self.one_after_another.line("one after another"), verdict]
    }

    fn loads(&self) -> [String; 2] {
        let load = |how: &str, pace: &Pace| format!("{how} |{}| {}", pace.bars(), duration(pace.hours));
        [load("load, staggered        ", &self.staggered), load("load, one after another", &self.one_after_another)]
    }
}

impl Render for MajorReport {
    fn table(&self, out: &mut dyn Write, layout: Layout) -> io::Result<()> {
        writeln!(out, "{}", self.headline())?;
        self.lines().iter().try_for_each(|line| writeln!(out, "{line}"))?;
        if self.steps.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n{}\n", table::plain(&STEPS, layout, self.steps.iter().map(MajorStep::cells)))?;
        self.loads().iter().try_for_each(|line| writeln!(out, "{line}"))
    }

    fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "**{}**\n", self.headline())?;
        self.lines().iter().try_for_each(|line| writeln!(out, "- {line}"))?;
        if self.steps.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n{}", table::markdown(&STEPS, self.steps.iter().map(MajorStep::cells)))?;
        writeln!(out, "\n```text")?;
        self.loads().iter().try_for_each(|line| writeln!(out, "{line}"))?;
        writeln!(out, "```")
    }

    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut rows = Rows::new(out);
        rows.row(["step", "major", "wave", "start_hours", "step_hours", "hours", "alone_hours", "utilisation"])?;
        for step in &self.steps {
            for run in &step.runs {
                rows.row([
                    step.number.to_string(),
                    run.major.to_string(),
                    run.wave.to_string(),
                    step.start_hours.to_string(),
                    step.hours.to_string(),
                    run.hours.to_string(),
                    run.alone_hours.to_string(),
                    step.utilisation.to_string(),
                ])?;
            }
        }
        rows.finish()
    }
}
