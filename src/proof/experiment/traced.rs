//! A package built under strace: what its build opens of each input.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::consumer::Consumer;
use super::error::ExperimentError;
use super::expression::expression;
use super::failure::Built;
use super::nix::Nix;
use super::prover::Prover;
use super::trace::{Inputs, Node, Strace, Watch};
use crate::proof::outputs::{Content, run_path};
use crate::verdict::Trace;

/// How much of a script's first line the kernel reads.
const FIRST_LINE: usize = 256;

impl Prover {
    /// Builds a package once more, under strace, and tells of each of its inputs what the build opened of it.
    ///
    /// A file is opened when a process of the build opens it for reading, executes it (the interpreter of a
    /// script or program, too), looks at it by name with success (`stat`, `access`, `readlink`), or comes
    /// through it where it is a link. A folder is never, `nix-support/propagated-*` neither, and nothing in
    /// `nix-support` that is only looked for: the set-up script does so with every input.
    ///
    /// **Overestimates** what matters: what is opened need not be used (python's set-up tools read a list of
    /// plug-ins from every package in sight). **Underestimates**: names that a folder lists; that a file is
    /// *not* there; scripts in the build's own folder whose interpreter no process looked for; a process that
    /// outlives its phase counts for the next one.
    ///
    /// # Errors
    /// When builds cannot be traced here, the build is not seen, or fails; nothing is known then.
    pub fn trace(&self, consumer: &Consumer) -> Result<Vec<Trace>, ExperimentError> {
        let strace = Strace::find()?;
        self.nix.provide(&consumer.needs())?;
        let sandboxed = self.sandboxed(&consumer.recipe)? && !consumer.recipe.escapes_sandbox();
        // by another hash, for what is built already is not built again
        let recipe = consumer.recipe.clone().salted(&self.fresh_salt()?);
        let made = self.nix.instantiate(&expression(&recipe))?;
        let mut inputs = Inputs::default();
        for (number, candidate) in consumer.candidates.iter().enumerate() {
            candidate.outputs.iter().for_each(|(_, path)| inputs.add(path, number));
        }
        let nix = &self.nix;
        let mut watch = Watch::new(&recipe.derivation.builder, &inputs, |path: &[u8]| node(nix, path));
        let run = |under| self.nix.build_under(&made.drv, under);
        let (built, others) = strace.follow(run, |line| watch.line(line))?;
        let opened = watch.finish(|path| interpreter(nix, path));
        let drv = consumer.package.drv.clone();
        if let Built::Failed { phase, tail } = built {
            return Err(ExperimentError::FailsTraced { drv, phase, message: tail });
        }
        let Some(opened) = opened else { return Err(ExperimentError::Unseen { drv }) };
        if others {
            return Err(ExperimentError::Mixed { drv });
        }
        let elsewhere = self.nix.built_elsewhere() && !self.params.trust_builders;
        let references = self.references(consumer, &made)?;
        let trace = |(number, candidate): (usize, &super::Candidate)| {
            Ok(Trace {
                package: consumer.package.clone(),
                recipe: consumer.digest,
                input: candidate.input.clone(),
                chain: candidate.chain.clone(),
                opened: opened.of(number),
                referenced: references.has(&candidate.input),
                sandboxed: sandboxed && !elsewhere,
            })
        };
        consumer.candidates.iter().enumerate().map(trace).collect()
    }

    /// An input source that was never there.
    fn fresh_salt(&self) -> Result<String, ExperimentError> {
        let folder = tempfile::tempdir().map_err(ExperimentError::io(&std::env::temp_dir()))?;
        let file = folder.path().join("trace");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let text = format!("nix-ripple {now} {}\n{}\n", folder.path().display(), self.settings.sandbox_paths);
        std::fs::write(&file, text).map_err(ExperimentError::io(&file))?;
        self.nix.add(&file)
    }
}

/// What lies at a path of the store.
fn node(nix: &Nix, path: &[u8]) -> Option<Node> {
    let place = nix.place(std::str::from_utf8(path).ok()?);
    let kind = place.symlink_metadata().ok()?.file_type();
    if !kind.is_symlink() {
        return Some(if kind.is_dir() { Node::Folder } else { Node::File });
    }
    Some(Node::Link(std::fs::read_link(&place).ok()?.into_os_string().into_encoded_bytes()))
}

/// What the kernel executes to run a file: the interpreter of a script or of a program. Of what lies outside
/// the store nothing is said: the machine's own files may be others than those in the sandbox.
fn interpreter(nix: &Nix, path: &[u8]) -> Option<Vec<u8>> {
    let path = std::str::from_utf8(path).ok()?;
    if crate::nix::StorePath::from_absolute(path.as_bytes()).is_err() && !is_below_store_path(path) {
        return None;
    }
    let content = Content::File(nix.place(path)).map(path).ok()?;
    if let Some(line) = content.strip_prefix(b"#!") {
        let line = line.get(..FIRST_LINE).unwrap_or(line);
        let line = line.split(|&byte| byte == b'\n').next()?.trim_ascii();
        let word = line.split(|byte| byte.is_ascii_whitespace()).next()?;
        return word.starts_with(b"/").then(|| word.to_vec());
    }
    run_path::interpreter(&content).map(<[u8]>::to_vec)
}

/// Whether a path is below a store path.
fn is_below_store_path(path: &str) -> bool {
    let above = Path::new(path).ancestors();
    above
        .into_iter()
        .any(|path| path.to_str().is_some_and(|path| crate::nix::StorePath::from_absolute(path.as_bytes()).is_ok()))
}
