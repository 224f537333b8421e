//! The rows of a plan, as tables, markdown and CSV have them.

use crate::query::waves::{
    Alternatives, BackEdge, BumpRow, FrontierPoint, HeavyBuild, Merge, SecurityBump, WaveBuild, WaveRow, WavesReport,
};
use crate::report::cost::{known, measured};
use crate::report::table::{Column, counted, number};
use crate::report::units::duration;

pub(super) const WAVES: [Column; 8] = [
    ("wave", true),
    ("bumps", false),
    ("builds", true),
    ("attributes", true),
    ("time", true),
    ("waits", true),
    ("settles", true),
    ("maintained", true),
];

pub(super) const BUMPS: [Column; 6] = [
    ("bump", false),
    ("wave", true),
    ("why there", false),
    ("builds alone", true),
    ("time alone", true),
    ("at stake", true),
];

pub(super) const FRONTIER: [Column; 9] = [
    ("", false),
    ("waves", true),
    ("builds", true),
    ("time", true),
    ("heaviest wave", true),
    ("settling", true),
    ("waits", true),
    ("overlapping", true),
    ("", false),
];

pub(super) const HEAVY: [Column; 6] = [
    ("heavy build", false),
    ("system", false),
    ("time", true),
    ("known", false),
    ("built in waves", true),
    ("held by", false),
];

pub(super) const BACK: [Column; 5] =
    [("rebuilt again", false), ("locked", true), ("by", false), ("in wave", true), ("path", false)];

pub(super) const BUILDS: [Column; 7] = [
    ("wave", true),
    ("derivation", false),
    ("system", false),
    ("begins", true),
    ("time", true),
    ("remaining chain", true),
    ("", false),
];

/// So many names stand in a cell.
const NAMES: usize = 8;

/// So many pairs of waves are told that would cost less as one.
const MERGES: usize = 2;

/// So many derivations of a path.
const STEPS: usize = 5;

/// So many rows of the frontier.
const POINTS: usize = 16;

pub(in crate::report) fn listed(names: &[String]) -> String {
    let more = names.len().saturating_sub(NAMES);
    let shown = names.iter().take(NAMES).cloned().collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {} more", number(more as u64)) }
}

/// Numbers that ascend: `1–3, 5`.
fn ranges(numbers: &[usize]) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let run = |&(first, last): &(usize, usize)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first}–{last}"),
    };
    runs.iter().map(run).collect::<Vec<_>>().join(", ")
}

/// A path, its middle left out where it is long.
pub(in crate::report) fn path(names: &[String]) -> String {
    if names.len() <= STEPS {
        return names.join(" → ");
    }
    let (first, last) = (&names[..2], &names[names.len() - 2..]);
    format!("{} → … {} more … → {}", first.join(" → "), names.len() - 4, last.join(" → "))
}

impl WaveRow {
    pub(in crate::report) fn names(&self) -> Vec<String> {
        self.bumps.iter().map(|bump| bump.name.clone()).collect()
    }

    pub(in crate::report) fn waits(&self) -> f64 {
        self.makespan_hours.unwrap_or(self.critical_path_hours)
    }

    pub(super) fn cells(&self) -> [String; 8] {
        [
            if self.is_locked { format!("{} locked", self.number) } else { self.number.to_string() },
            listed(&self.names()),
            number(self.derivations),
            number(self.attributes),
            duration(self.hours),
            duration(self.waits()),
            duration(self.settles.hours),
            number(self.at_stake.maintained),
        ]
    }
}

impl BumpRow {
    /// `2.35 → 2.37`, as far as it is given.
    pub(in crate::report) fn versions(&self) -> String {
        match (&self.from, &self.to) {
            (Some(from), Some(to)) => format!(" {from} → {to}"),
            (None, Some(to)) => format!(" → {to}"),
            (Some(from), None) => format!(" ({from})"),
            (None, None) => String::new(),
        }
    }

    pub(super) fn shown(&self) -> String {
        let security = if self.security { " (security)" } else { "" };
        format!("{}{}{security}", self.name, self.versions())
    }

    pub(super) fn cells(&self) -> [String; 6] {
        [
            self.shown(),
            self.wave.to_string(),
            self.reason.clone(),
            number(self.rebuilds.derivations),
            duration(self.rebuilds.hours),
            number(self.at_stake.maintained),
        ]
    }
}

impl FrontierPoint {
    fn words(&self) -> String {
        let words = [(self.optimal, "optimal"), (self.strict, "upstreams locked")];
        words.iter().filter(|(holds, _)| *holds).map(|(_, word)| *word).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn cells(&self, mark: &str) -> [String; 9] {
        let time = |hours: Option<f64>| hours.map_or_else(|| "unknown".to_owned(), duration);
        [
            mark.to_owned(),
            number(self.waves as u64),
            number(self.derivations),
            duration(self.hours),
            duration(self.peak_hours),
            duration(self.settling_hours),
            time(self.latency_hours),
            time(self.overlapping_hours),
            self.words(),
        ]
    }
}

impl HeavyBuild {
    pub(super) fn cells(&self) -> [String; 6] {
        [
            self.name.clone(),
            self.system.clone(),
            duration(self.hours),
            known(self.measured).to_owned(),
            ranges(&self.waves),
            listed(&self.held_by),
        ]
    }
}

impl BackEdge {
    pub(super) fn cells(&self) -> [String; 5] {
        [
            format!("{} ({})", self.to.join(" + "), duration(self.again.hours)),
            self.locked_in.to_string(),
            self.from.join(" + "),
            self.rebuilt_in.to_string(),
            path(&self.path),
        ]
    }
}

impl SecurityBump {
    pub(super) fn place(&self) -> String {
        self.wave
            .map_or_else(|| "it waits for the next major wave".to_owned(), |wave| format!("planned in wave {wave}"))
    }
}

impl WaveBuild {
    pub(super) fn words(&self) -> String {
        let words = [(self.heavy, "heavyweight"), (self.fetched, "fetched"), (self.settles, "settles")];
        words.iter().filter(|(holds, _)| *holds).map(|(_, word)| *word).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn cells(&self, wave: usize) -> [String; 7] {
        [
            wave.to_string(),
            self.name.clone(),
            self.system.clone(),
            if self.start_hours == 0.0 { "at once".to_owned() } else { duration(self.start_hours) },
            duration(self.hours),
            duration(self.remaining_hours),
            self.words(),
        ]
    }
}

impl WavesReport {
    pub(in crate::report) fn headline(&self) -> String {
        let point = &self.chosen.point;
        let time = &self.chosen.cost.hours;
        let groups = if self.groups.is_empty() { String::new() } else { format!(" ({})", self.moving()) };
        format!(
            "{}{groups} in {}: {}, {} ({})",
            counted(self.bumps.len() as u64, "bump"),
            counted(point.waves as u64, "wave"),
            counted(point.derivations, "build"),
            duration(point.hours),
            measured(time.measured_share, time.total)
        )
    }

    fn moving(&self) -> String {
        let all: usize = self.groups.iter().map(|group| group.bumps.len()).sum();
        format!("{all} of them in {}", counted(self.groups.len() as u64, "group"))
    }

    /// What is to be said of the chosen plan.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = self.reasons();
        lines.extend(self.others());
        lines
    }

    /// Why this plan, and what it takes.
    pub(in crate::report) fn reasons(&self) -> Vec<String> {
        let point = &self.chosen.point;
        let mut lines = vec![format!("why: {}", self.chosen.why)];
        if point.optimal {
            let kind = if point.strict { " with upstreams locked" } else { "" };
            let waves = counted(point.waves as u64, "wave");
            lines.push(format!("proven: no plan of {waves}{kind} is better"));
        }
        let over = &self.chosen.over;
        if !over.is_empty() {
            lines.push(format!("over the hours of a wave alone: {}", listed(over)));
        }
        let left: Vec<&WaveRow> = self.waves.iter().filter(|wave| !wave.is_locked).collect();
        if left.len() < self.waves.len() {
            lines.push(format!(
                "left: {}, {}, {}",
                counted(left.len() as u64, "wave"),
                counted(left.iter().map(|wave| wave.derivations).sum(), "build"),
                duration(left.iter().map(|wave| wave.hours).sum())
            ));
        }
        if let Some(without) = &self.chosen.without_remedies {
            lines.push(format!(
                "without the remedies: {}, {}",
                counted(without.derivations, "build"),
                duration(without.hours)
            ));
        }
        if let Some((latency, overlapping)) = point.latency_hours.zip(point.overlapping_hours) {
            let farm = self.waves.iter().any(|wave| wave.makespan_hours.is_some());
            let how = if farm { "on the farm" } else { "with builders enough" };
            let overlap = if overlapping < latency {
                format!("; {} at least where waves that do not touch overlap", duration(overlapping))
            } else {
                String::new()
            };
            lines.push(format!("{how}: {} one wave after the other{overlap}", duration(latency)));
        }
        lines
    }

    /// What else could be done.
    fn others(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let Alternatives { cheaper, safer } = &self.alternatives;
        let told = match (cheaper, safer) {
            (Some(one), Some(other)) if one == other => vec![("cheaper and safer", one)],
            _ => cheaper.iter().map(|it| ("cheaper", it)).chain(safer.iter().map(|it| ("safer", it))).collect(),
        };
        for (what, other) in told {
            let waves = counted(other.point.waves as u64, "wave");
            let (more, hours) =
                if other.more_hours < 0.0 { ("less", -other.more_hours) } else { ("more", other.more_hours) };
            let plan: Vec<String> = other.plan.iter().map(|wave| listed(wave)).collect();
            let plan = if plan.len() <= NAMES { format!(": {}", plan.join(" | ")) } else { String::new() };
            lines.push(format!("next {what}: {waves}, {} {more}{plan}", duration(hours)));
        }
        let mut merges: Vec<&Merge> = self.merges.iter().filter(|merge| merge.saves.hours > 0.0).collect();
        merges.sort_by(|a, b| b.saves.hours.total_cmp(&a.saves.hours).then(a.waves.cmp(&b.waves)));
        for merge in merges.into_iter().take(MERGES) {
            let [first, second] = merge.waves;
            lines.push(format!(
                "waves {first} and {second} as one: {} less, {} less",
                duration(merge.saves.hours),
                counted(merge.saves.derivations, "build")
            ));
        }
        lines
    }

    /// Whether anybody is known to maintain what is at stake.
    pub(in crate::report) fn knows_maintainers(&self) -> bool {
        self.waves.iter().any(|wave| wave.at_stake.maintained > 0)
    }

    /// The columns of a table: the last one, of maintained packages, where any are known.
    pub(super) fn shown<'c>(&self, columns: &'c [Column]) -> &'c [Column] {
        if self.knows_maintainers() { columns } else { &columns[..columns.len() - 1] }
    }

    /// Whether the heavy builds say anything: not where all are estimated alike.
    pub(in crate::report) fn tells_heavy_builds(&self) -> bool {
        let first = self.heavy_builds.first();
        let alike = |heavy: &HeavyBuild| !heavy.measured && first.is_some_and(|first| first.hours == heavy.hours);
        !self.heavy_builds.iter().all(alike)
    }

    /// The bumps by wave, then as they were given.
    pub(in crate::report) fn by_wave(&self) -> Vec<&BumpRow> {
        let mut bumps: Vec<&BumpRow> = self.bumps.iter().collect();
        bumps.sort_by_key(|bump| bump.wave);
        bumps
    }

    /// The points of the frontier that a reader sees: all where they are few, else the ends, the neighbours of the
    /// chosen number, and steps between.
    pub(super) fn points(&self) -> Vec<&FrontierPoint> {
        let all = &self.frontier;
        if all.len() <= POINTS {
            return all.iter().collect();
        }
        let chosen = self.chosen.point.waves;
        let step = |at: usize| at * (all.len() - 1) / (POINTS - 4);
        let steps: Vec<usize> = (0..=POINTS - 4).map(step).collect();
        let near = |point: &FrontierPoint| point.waves.abs_diff(chosen) <= 1;
        let shown = all.iter().enumerate().filter(|(at, point)| near(point) || steps.contains(at));
        shown.map(|(_, point)| point).collect()
    }

    pub(super) fn frontier_rows(&self) -> Vec<[String; 9]> {
        let chosen = &self.chosen.point;
        let mut rows: Vec<[String; 9]> = Vec::new();
        let is_on_it = self.frontier.contains(chosen);
        for point in self.points() {
            if !is_on_it && point.waves == chosen.waves {
                rows.push(chosen.cells("chosen"));
            }
            rows.push(point.cells(if point == chosen { "chosen" } else { "" }));
        }
        rows
    }

    /// Groups, guesses and notes.
    pub(in crate::report) fn findings(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for group in &self.groups {
            lines.push(format!("together: {} ({})", listed(&group.bumps), group.reasons.join("; ")));
        }
        for group in &self.suggested_groups {
            let why = group.reasons.join("; ");
            lines.push(format!("perhaps together: {} ({why}); say so with 'group'", listed(&group.bumps)));
        }
        for late in &self.late {
            let path = if late.path.is_empty() { String::new() } else { format!(" ({})", path(&late.path)) };
            lines.push(format!("waits for the next major wave: {}: {}{path}", late.name, late.reason));
        }
        for kind in &self.unbuildable {
            lines.push(format!(
                "no makespan: no machine builds {} for {}, the first {}",
                counted(kind.builds, "derivation"),
                kind.system,
                kind.first
            ));
        }
        lines.extend(self.notes.iter().map(|note| format!("note: {note}")));
        lines
    }
}
