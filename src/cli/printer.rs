//! The one place that writes: answers to stdout, talk to stderr.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::config::{Config, Key};
use super::error::CliError;
use super::pager::{Pager, height};
use super::{ColorArg, Global};
use crate::ingest::{Problem, Progress};
use crate::report::{Format, Layout, Render, printable, render};

/// A count with its noun.
pub(super) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// A line of progress: with what is left, where it is known how many there are; with what is done alone, where
/// nothing is counted.
fn template(what: &str, known: bool, counts: bool) -> String {
    match (known, counts) {
        (true, _) => format!("{{spinner}} {{human_pos}} of {{human_len}} {what} ({{elapsed}}, {{eta}} left)"),
        (false, true) => format!("{{spinner}} {{human_pos}} {what} ({{elapsed}}, {{per_sec}})"),
        (false, false) => format!("{{spinner}} {what} ({{elapsed}})"),
    }
}

/// Text that cannot drive the terminal; line breaks stay.
fn safe(text: &str) -> String {
    text.lines().map(printable).collect::<Vec<_>>().join("\n")
}

/// How many findings are shown without --verbose.
const SHOWN_PROBLEMS: usize = 10;

pub(super) struct Printer {
    out: BufWriter<io::Stdout>,
    talk: AutoStream<io::Stderr>,
    format: Format,
    layout: Layout,
    /// What shows long answers, if they are for a terminal.
    pager: Option<Pager>,
    config: Arc<Config>,
    quiet: bool,
    verbose: bool,
}

/// What the environment says of colours, and which variable does.
pub(super) fn colour_variable() -> Option<(&'static str, ColorArg)> {
    let value = |variable: &str| std::env::var_os(variable).filter(|value| !value.is_empty());
    // in the order of anstream, which decides where nothing else says anything
    if value("NO_COLOR").is_some() {
        Some(("NO_COLOR", ColorArg::Never))
    } else if value("CLICOLOR_FORCE").is_some() {
        Some(("CLICOLOR_FORCE", ColorArg::Always))
    } else if value("CLICOLOR").is_some_and(|value| value == "0") {
        Some(("CLICOLOR", ColorArg::Never))
    } else {
        None
    }
}

/// Whether to colour: what an option says, then the environment, then a file, then what the stream is.
fn colours<S: anstream::stream::RawStream>(asked: Option<ColorArg>, config: &Config, stream: &S) -> bool {
    let of_file = || match config.text(Key::Color) {
        Some("always") => Some(ColorArg::Always),
        Some("never") => Some(ColorArg::Never),
        _ => None,
    };
    let of_environment = || colour_variable().map(|(_, colour)| colour);
    match asked.or_else(of_environment).or_else(of_file).unwrap_or(ColorArg::Auto) {
        ColorArg::Auto => AutoStream::choice(stream) != ColorChoice::Never,
        ColorArg::Always => true,
        ColorArg::Never => false,
    }
}

impl Printer {
    pub(super) fn new(global: &Global, config: Config) -> Self {
        let choice = match colours(global.color, &config, &io::stderr()) {
            true => ColorChoice::Always,
            false => ColorChoice::Never,
        };
        let is_terminal = io::stdout().is_terminal();
        let of_terminal = || is_terminal.then(terminal_size::terminal_size).flatten().map(|(width, _)| width.0);
        let of_file = || config.number(Key::Width).and_then(|width| u16::try_from(width).ok());
        let layout = Layout {
            width: global.width.or_else(of_file).or_else(of_terminal),
            colours: colours(global.color, &config, &io::stdout()),
        };
        Self {
            out: BufWriter::with_capacity(1 << 16, io::stdout()),
            talk: AutoStream::new(io::stderr(), choice),
            format: global.format.format(),
            layout,
            pager: if is_terminal && !global.no_pager { Pager::chosen(&config) } else { None },
            config: Arc::new(config),
            quiet: global.quiet,
            verbose: global.verbose,
        }
    }

    /// The defaults of files.
    pub(super) fn config(&self) -> Arc<Config> {
        Arc::clone(&self.config)
    }

    /// In which form answers are asked for.
    pub(super) fn format(&self) -> Format {
        self.format
    }

    /// Writes a report to stdout.
    pub(super) fn report(&mut self, report: &impl Render) -> Result<(), CliError> {
        let pager = self.pager.clone().filter(|_| matches!(self.format, Format::Table | Format::Markdown));
        let Some((pager, (columns, lines))) = pager.zip(terminal_size::terminal_size()) else {
            return Ok(render(report, self.format, self.layout, &mut self.out)?);
        };
        let mut text = Vec::new();
        render(report, self.format, self.layout, &mut text)?;
        let plain = anstream::adapter::strip_bytes(&text).into_vec();
        self.out.flush()?;
        // the last line of a screen is the prompt's
        let is_long = height(&String::from_utf8_lossy(&plain), columns.0.into()) >= usize::from(lines.0);
        if is_long && pager.show(&text)? {
            return Ok(());
        }
        if let Some(command) = pager.wanted().filter(|_| is_long) {
            self.warning(&format!("the pager '{command}' cannot be started; see $NIX_RIPPLE_PAGER and --no-pager"));
        }
        self.out.write_all(&text)?;
        Ok(())
    }

    /// Writes a line to stdout.
    pub(super) fn line(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.out, "{line}")
    }

    /// Writes bytes to stdout.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)
    }

    /// Where the answer goes.
    pub(super) fn out(&mut self) -> &mut dyn Write {
        &mut self.out
    }

    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Says something on stderr, unless quiet. Talk that cannot be heard is no failure.
    pub(super) fn say(&mut self, line: &str) {
        if !self.quiet {
            let _ = writeln!(self.talk, "{}", safe(line));
        }
    }

    /// Says something only when asked to be verbose.
    pub(super) fn detail(&mut self, line: &str) {
        if self.verbose {
            self.say(line);
        }
    }

    fn labelled(&mut self, colour: AnsiColor, label: &str, text: &str) {
        let style = Style::new().bold().fg_color(Some(colour.into()));
        let _ = writeln!(self.talk, "{style}{label}:{style:#} {}", safe(text));
    }

    /// Shows findings.
    pub(super) fn problems(&mut self, problems: &[Problem]) {
        if self.quiet {
            return;
        }
        let shown = if self.verbose { problems.len() } else { SHOWN_PROBLEMS };
        for problem in problems.iter().take(shown) {
            self.labelled(AnsiColor::Yellow, "warning", &problem.to_string());
        }
        if problems.len() > shown {
            self.say(&format!("… and {} (--verbose shows all)", counted(problems.len() - shown, "more warning")));
        }
    }

    /// Shows warnings: the first of them, unless asked to be verbose.
    pub(super) fn warnings(&mut self, texts: &[String]) {
        let shown = if self.verbose { texts.len() } else { SHOWN_PROBLEMS };
        for text in texts.iter().take(shown) {
            self.warning(text);
        }
        if texts.len() > shown {
            self.say(&format!("… and {} (--verbose shows all)", counted(texts.len() - shown, "more warning")));
        }
    }

    /// Warns on stderr, unless quiet.
    pub(super) fn warning(&mut self, text: &str) {
        if !self.quiet {
            self.labelled(AnsiColor::Yellow, "warning", text);
        }
    }

    pub(super) fn error(&mut self, error: &CliError) {
        if let CliError::NotIntact(problems) = error {
            for problem in problems.iter().take(if self.verbose { problems.len() } else { SHOWN_PROBLEMS }) {
                self.labelled(AnsiColor::Red, "error", &problem.to_string());
            }
        }
        self.labelled(AnsiColor::Red, "error", &error.to_string());
        if let Some(hint) = error.hint() {
            self.labelled(AnsiColor::Cyan, "hint", &hint);
        }
        if let Some(origin) = self.config.origin(&error.to_string()) {
            self.labelled(AnsiColor::Cyan, "hint", &origin);
        }
    }

    /// Runs `work`; on a terminal, when it takes longer than a second, with a progress bar.
    pub(super) fn with_progress<T>(&self, work: impl FnOnce(&Progress) -> T) -> T {
        self.with_progress_of("derivations", None, work)
    }

    /// The same for what is counted otherwise, with the number that there are, where it is known.
    pub(super) fn with_progress_of<T>(
        &self,
        noun: &'static str,
        of: Option<u64>,
        work: impl FnOnce(&Progress) -> T,
    ) -> T {
        let progress = Progress::default();
        if self.quiet || !io::stderr().is_terminal() {
            return work(&progress);
        }
        let (done, wait) = channel::<()>();
        std::thread::scope(|scope| {
            let progress = &progress;
            scope.spawn(move || {
                if wait.recv_timeout(Duration::from_secs(1)) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
                let bar = ProgressBar::with_draw_target(of, ProgressDrawTarget::stderr());
                let mut shown = None;
                loop {
                    let now = progress.now();
                    let (what, of) = now.phase.map_or((noun, of), |phase| (phase, now.of));
                    let counts = of.is_some() || now.done > 0;
                    if shown != Some((what, of, counts)) {
                        shown = Some((what, of, counts));
                        if let Ok(style) = ProgressStyle::with_template(&template(what, of.is_some(), counts)) {
                            bar.set_style(style);
                        }
                        bar.reset_eta();
                        of.map_or_else(|| bar.unset_length(), |of| bar.set_length(of));
                    }
                    bar.set_position(now.done);
                    if wait.recv_timeout(Duration::from_millis(100)) != Err(RecvTimeoutError::Timeout) {
                        break;
                    }
                    bar.tick();
                }
                bar.finish_and_clear();
            });
            let result = work(progress);
            drop(done);
            result
        })
    }
}
