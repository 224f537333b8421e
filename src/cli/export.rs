//! `nix-ripple export`: a closure as tables, for other programs to go on from.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use tempfile::NamedTempFile;

use super::Outcome;
use super::closure::ClosureArgs;
use super::costs::CostArgs;
use super::error::CliError;
use super::evidence::EvidenceArgs;
use super::printer::{Printer, counted};
use crate::graph::file_in;
use crate::ingest::Progress;
use crate::query::{ExportParams, Table, TableKind};
use crate::report::export::{Manifest, PARQUET, write_csv, write_parquet};
use crate::report::{Format, RenderError};

const EXAMPLES: &str = "\
Examples:
  nix-ripple export --to closure
  nix-ripple export --edges > edges.csv
  nix-ripple export --nodes --rank --cost --to costs";

/// Arguments of `export`.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{}\n\n{EXAMPLES}", columns()))]
pub(super) struct Args {
    /// Derivations and input sources; all four tables where none is named
    #[arg(long)]
    nodes: bool,
    /// Which uses which, where it names it, why, and what it can change
    #[arg(long)]
    edges: bool,
    /// What an evaluation calls them, whose they are, and what did not evaluate
    #[arg(long = "attributes", id = "table of attributes")]
    attributes: bool,
    /// What each rebuilds as a bump, and what that costs
    #[arg(long)]
    rank: bool,
    /// The folder to write to, made where there is none; one table without goes to standard output
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// Form of the files
    #[arg(long = "as", value_name = "FORM", value_enum, default_value = "csv")]
    form: Form,
    /// Write over the files of an earlier export
    #[arg(long, requires = "to")]
    force: bool,
    #[command(flatten)]
    costs: CostArgs,
    #[command(flatten)]
    evidence: EvidenceArgs,
    #[command(flatten)]
    closure: ClosureArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Comma-separated values
    Csv,
    /// Parquet, where the program was built with it
    Parquet,
}

impl Form {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }
}

/// What stands in the tables, by their own definitions.
fn columns() -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for table in TableKind::ALL {
        // writing into memory cannot fail
        let _ = writeln!(text, "{}: {}", table.as_str(), table.about());
        for field in table.fields() {
            let null = if field.nullable { ", or null" } else { "" };
            let _ = writeln!(text, "  {} ({}{null})", field.name, field.kind.as_str());
            let _ = writeln!(text, "      {}", field.about);
        }
        text.push('\n');
    }
    text.push_str(
        "\
Files: DIR/nodes.csv and so on, and DIR/manifest.json, which has the columns, the numbers of rows and
the digest of the closure. In CSV the items of a list stand with ';' between them ('\\' before a ';'
or a '\\' in one), and null is empty. In Parquet lists are LIST of UTF8, ints are INT64. DuckDB reads either:
  duckdb -c \"select count(*) from 'closure/edges.csv' where not propagates\"",
    );
    text
}

pub(super) fn run(args: Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    let asked = [args.nodes, args.edges, args.attributes, args.rank];
    let none = !asked.contains(&true);
    let kinds: Vec<TableKind> =
        TableKind::ALL.into_iter().zip(asked).filter(|(_, asked)| *asked || none).map(|(kind, _)| kind).collect();
    match printer.format() {
        Format::Table | Format::Csv => {}
        Format::Json => return Err(RenderError::NoSuchForm("json", "csv and parquet (--as)").into()),
        Format::Markdown => return Err(RenderError::NoSuchForm("markdown", "csv and parquet (--as)").into()),
        Format::Dot => return Err(RenderError::NoSuchForm("dot", "csv and parquet (--as)").into()),
    }
    if args.form == Form::Parquet && !PARQUET {
        return Err(CliError::NoParquet);
    }
    match &args.to {
        None if kinds.len() > 1 => return Err(CliError::ExportNowhere(if none { "all" } else { "several" })),
        None if args.form == Form::Parquet => return Err(CliError::ExportNowhere("Parquet")),
        None => {}
        Some(folder) => free(folder, &kinds, &args)?,
    }
    let graph = args.closure.load_any(printer)?;
    let costs = args.costs.load_if_given(&graph, printer)?;
    let (verdicts, _) = args.evidence.load(&graph, printer)?;
    let params = ExportParams { costs: costs.as_ref(), verdicts: &verdicts };
    let table = |kind: TableKind| Table::new(kind, &graph, params);
    let Some(folder) = &args.to else {
        for kind in kinds {
            write_csv(&table(kind), printer.out(), &Progress::default())?;
        }
        return Ok(Outcome::Fine);
    };
    std::fs::create_dir_all(folder).map_err(|source| failed(folder, source))?;
    let mut manifest = Manifest::new(graph.checksum(), args.form.as_str());
    let mut written = Vec::new();
    for kind in kinds {
        let table = table(kind);
        let path = folder.join(file_name(kind, args.form));
        let file = printer
            .with_progress_of("rows", Some(table.rows() as u64), |progress| {
                write(&table, &manifest, args.form, folder, progress)
            })
            .map_err(|source| failed(&path, source))?;
        manifest.add(kind, table.rows());
        written.push((path, file));
    }
    // only once all of them are whole; what an earlier manifest says is not so any more from here on
    match std::fs::remove_file(folder.join(MANIFEST)) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            return Err(failed(&folder.join(MANIFEST), source));
        }
        _ => {}
    }
    for (path, file) in written {
        file.persist(&path).map_err(|error| failed(&path, error.error))?;
    }
    let mut text = serde_json::to_vec_pretty(&manifest).map_err(std::io::Error::from)?;
    text.push(b'\n');
    let path = folder.join(MANIFEST);
    crate::graph::replace_file(&path, &text).map_err(|source| failed(&path, source))?;
    for table in &manifest.tables {
        printer.say(&format!("{}: {}", folder.join(&table.file).display(), counted(table.rows as usize, "row")));
    }
    leftovers(folder, &manifest, printer);
    Ok(Outcome::Fine)
}

const MANIFEST: &str = "manifest.json";

fn file_name(kind: TableKind, form: Form) -> String {
    format!("{}.{}", kind.as_str(), form.as_str())
}

fn failed(path: &Path, source: std::io::Error) -> CliError {
    CliError::Write { path: path.display().to_string(), source }
}

/// Looks that nothing would be lost.
fn free(folder: &Path, kinds: &[TableKind], args: &Args) -> Result<(), CliError> {
    let files = kinds.iter().map(|&kind| file_name(kind, args.form)).chain([MANIFEST.to_owned()]);
    let mut there = files.map(|file| folder.join(file)).filter(|path| path.exists());
    match there.next() {
        Some(path) if !args.force => Err(CliError::ExportExists(path.display().to_string())),
        _ => Ok(()),
    }
}

/// Writes a table beside where it goes.
fn write(
    table: &Table<'_>,
    manifest: &Manifest,
    form: Form,
    folder: &Path,
    progress: &Progress,
) -> std::io::Result<NamedTempFile> {
    let mut out = BufWriter::with_capacity(1 << 18, file_in(folder)?);
    match form {
        Form::Csv => write_csv(table, &mut out, progress)?,
        Form::Parquet => write_parquet(table, manifest, &mut out, progress)?,
    }
    out.flush()?;
    out.into_inner().map_err(std::io::IntoInnerError::into_error)
}

/// Tells of tables that an earlier export has left, whose ids may mean other nodes.
fn leftovers(folder: &Path, manifest: &Manifest, printer: &mut Printer) {
    for form in [Form::Csv, Form::Parquet] {
        for kind in TableKind::ALL {
            let file = file_name(kind, form);
            let written = manifest.tables.iter().any(|table| table.file == file);
            if !written && folder.join(&file).exists() {
                printer.warning(&format!(
                    "{}: is of an earlier export, whose ids may be of other nodes",
                    folder.join(&file).display()
                ));
            }
        }
    }
}
