//! The two sides of a comparison, and how each is loaded.

mod evaluated;
mod load;
mod plan;

use std::path::PathBuf;

use super::error::CliError;
use crate::graph::Graph;
use crate::ingest::evaluate::{Argument, DEFAULT_BATCH, DEFAULT_WORKERS};
use crate::proof::TextSources;

pub(super) use plan::SideError;

/// What the two sides are, beside their two places on the command line.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct SideArgs {
    #[command(flatten)]
    inputs: InputArgs,
    #[command(flatten)]
    evaluation: EvaluationArgs,
    #[command(flatten)]
    git: GitArgs,
    #[command(flatten)]
    cache: CacheArgs,
}

/// What is read.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Closure")]
struct InputArgs {
    /// More of what OLD is made of, such as a map of attributes (repeatable)
    #[arg(long, value_name = "FILE")]
    old_with: Vec<PathBuf>,
    /// The same for NEW
    #[arg(long, value_name = "FILE")]
    new_with: Vec<PathBuf>,
    /// Where the store lies: DIR/nix/store, or a plain folder of .drv files; Nix writes there, too
    #[arg(long, value_name = "DIR")]
    store_root: Option<PathBuf>,
    /// Take closures with holes
    #[arg(long)]
    allow_missing: bool,
}

/// What is evaluated, and how.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Evaluation")]
struct EvaluationArgs {
    /// Attributes of the expression: packages, or sets of them (repeatable; all without)
    #[arg(short = 'A', long = "attr", value_name = "ATTR")]
    attributes: Vec<String>,
    /// A Nix expression as argument of the expression's function (repeatable)
    #[arg(long = "arg", value_names = ["NAME", "VALUE"], num_args = 2)]
    expressions: Vec<String>,
    /// The same on the old side alone
    #[arg(long = "old-arg", value_names = ["NAME", "VALUE"], num_args = 2)]
    old_expressions: Vec<String>,
    /// The same on the new side alone
    #[arg(long = "new-arg", value_names = ["NAME", "VALUE"], num_args = 2)]
    new_expressions: Vec<String>,
    /// A string as argument of the expression's function (repeatable)
    #[arg(long = "argstr", value_names = ["NAME", "VALUE"], num_args = 2)]
    strings: Vec<String>,
    /// The same on the old side alone
    #[arg(long = "old-argstr", value_names = ["NAME", "VALUE"], num_args = 2)]
    old_strings: Vec<String>,
    /// The same on the new side alone
    #[arg(long = "new-argstr", value_names = ["NAME", "VALUE"], num_args = 2)]
    new_strings: Vec<String>,
    /// Short for '--arg config EXPR': '{ cudaSupport = true; }'
    #[arg(long, value_name = "EXPR")]
    config: Option<String>,
    /// The same on the old side alone
    #[arg(long, value_name = "EXPR")]
    old_config: Option<String>,
    /// The same on the new side alone
    #[arg(long, value_name = "EXPR")]
    new_config: Option<String>,
    /// A system to evaluate for (repeatable); Nix's own without
    #[arg(long = "system", value_name = "SYSTEM")]
    systems: Vec<String>,
    /// An entry of Nix's search path (repeatable)
    #[arg(short = 'I', long = "include", value_name = "PATH")]
    search_path: Vec<String>,
    /// How many attributes one run of nix-instantiate evaluates; fewer take less memory and more time
    #[arg(long, value_name = "N", default_value_t = DEFAULT_BATCH as u32, value_parser = clap::value_parser!(u32).range(1..))]
    batch: u32,
    /// How many processes evaluate side by side
    #[arg(long, value_name = "N", default_value_t = DEFAULT_WORKERS as u16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: u16,
}

/// Two revisions.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Git")]
struct GitArgs {
    /// Two revisions instead of OLD and NEW: BASE..HEAD, BASE...HEAD (from where they parted), BASE..
    #[arg(long = "git", value_name = "RANGE")]
    range: Option<String>,
    /// The repository; the one of the current folder without
    #[arg(long, value_name = "DIR", requires = "range")]
    repo: Option<PathBuf>,
    /// What is evaluated in its trees
    #[arg(short, long, value_name = "PATH", default_value = ".", requires = "range")]
    file: PathBuf,
}

/// Evaluations that are kept.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Cache")]
struct CacheArgs {
    /// Where snapshots of evaluated trees are kept; default: $XDG_CACHE_HOME/nix-ripple, then
    /// ~/.cache/nix-ripple
    #[arg(long, value_name = "DIR", conflicts_with = "no_cache")]
    cache_dir: Option<PathBuf>,
    /// Evaluate again, and keep nothing
    #[arg(long)]
    no_cache: bool,
}

/// One side of a comparison.
#[derive(Debug)]
pub(super) struct LoadedSide {
    /// What it is called in messages.
    pub(super) name: String,
    pub(super) graph: Graph,
    /// Where the texts of its derivations can be found again.
    pub(super) texts: TextSources,
}

/// Which side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Old,
    New,
}

impl EvaluationArgs {
    /// The arguments of a side: what is given for it alone holds before what is given for both.
    fn arguments(&self, which: Which) -> Vec<Argument> {
        let (expressions, strings, config) = match which {
            Which::Old => (&self.old_expressions, &self.old_strings, &self.old_config),
            Which::New => (&self.new_expressions, &self.new_strings, &self.new_config),
        };
        let mut arguments = of(&self.expressions, &self.strings, self.config.as_ref());
        let own = of(expressions, strings, config.as_ref());
        arguments.retain(|argument| own.iter().all(|other| other.name() != argument.name()));
        arguments.extend(own);
        arguments.sort_by(|a, b| a.name().cmp(b.name()));
        arguments
    }

    /// Whether anything is given that says how to evaluate.
    fn is_given(&self) -> bool {
        let lists = [
            &self.attributes,
            &self.expressions,
            &self.old_expressions,
            &self.new_expressions,
            &self.strings,
            &self.old_strings,
            &self.new_strings,
            &self.systems,
            &self.search_path,
        ];
        let configs = [&self.config, &self.old_config, &self.new_config];
        lists.iter().any(|list| !list.is_empty()) || configs.iter().any(|config| config.is_some())
    }
}

/// Names and values as the command line gives them: one after the other.
fn of(expressions: &[String], strings: &[String], config: Option<&String>) -> Vec<Argument> {
    let pairs = |list: &[String]| -> Vec<(String, String)> {
        list.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()
    };
    let expressions = pairs(expressions).into_iter().map(|(name, value)| Argument::Expression(name, value));
    let strings = pairs(strings).into_iter().map(|(name, value)| Argument::Text(name, value));
    let config = config.map(|value| Argument::Expression("config".to_owned(), value.clone()));
    expressions.chain(strings).chain(config).collect()
}
