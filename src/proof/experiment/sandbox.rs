//! Whether builds run in a sandbox: found out by a build that looks.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::error::ExperimentError;
use super::expression::expression;
use super::failure::Built;
use super::hidden::Hidden;
use super::nix::Nix;
use super::recipe::Recipe;

/// What Nix's settings tell of what is in the sandbox.
#[derive(Debug)]
pub(super) struct Settings {
    /// The setting `sandbox-paths`.
    pub(super) sandbox_paths: String,
    /// Whether it can be told what is in the sandbox.
    told: bool,
    /// Store paths that are in every sandbox, with all that they refer to.
    shown: BTreeSet<String>,
}

impl Settings {
    /// Asks Nix.
    ///
    /// # Errors
    /// When Nix cannot be run.
    pub(super) fn of(nix: &Nix) -> Result<Self, ExperimentError> {
        let store = nix.store_dir()?;
        let sandbox_paths = nix.setting("sandbox-paths");
        // it may add paths of its own
        let hook = nix.setting("pre-build-hook").is_some_and(|hook| !hook.is_empty());
        let mut told = sandbox_paths.is_some() && !hook;
        let sandbox_paths = sandbox_paths.unwrap_or_default();
        let mut shown = BTreeSet::new();
        for entry in sandbox_paths.split_whitespace() {
            let entry = entry.strip_suffix('?').unwrap_or(entry);
            let outside = entry.split_once('=').map_or(entry, |(_, outside)| outside);
            match in_store(&store, outside) {
                InStore::Outside => {}
                InStore::Whole => told = false,
                InStore::Path(path) => {
                    // a path that this store does not know is shown alone
                    shown.extend(nix.requisites(&path).unwrap_or_default());
                    shown.insert(path);
                }
            }
        }
        Ok(Self { sandbox_paths, told, shown })
    }

    /// Whether none of these store paths is in every sandbox, whoever asks for them or not.
    pub(super) fn leave_out<'p>(&self, mut paths: impl Iterator<Item = &'p String>) -> bool {
        self.told && paths.all(|path| !self.shown.contains(path))
    }
}

/// How a path of the machine lies to the store.
#[derive(Debug, PartialEq, Eq)]
enum InStore {
    Outside,
    /// The store lies in it.
    Whole,
    /// It lies in this store path.
    Path(String),
}

fn in_store(store: &str, path: &str) -> InStore {
    let path = format!("{}/", path.trim_end_matches('/'));
    let store = format!("{}/", store.trim_end_matches('/'));
    if store.starts_with(&path) {
        return InStore::Whole;
    }
    match path.strip_prefix(&store).and_then(|rest| rest.split('/').next()) {
        Some(name) => InStore::Path(format!("{store}{name}")),
        None => InStore::Outside,
    }
}

/// Builds a derivation that looks for a file of the machine, with the builder of `like`, a shell; gives
/// whether it could not see it. A new one each time, so that no earlier build answers.
///
/// Underestimates: where the builder is no shell that knows `-c`, nothing can be told, and so no sandbox
/// is claimed. Overestimates: of builds on other machines nothing is known; see the callers.
pub(super) fn is_sandboxed(nix: &Nix, like: &Recipe) -> Result<bool, ExperimentError> {
    // in a folder that sandboxes do not show, which the users that build may look into
    let mark = tempfile::Builder::new()
        .prefix("nix-ripple-sandbox-")
        .tempfile_in("/var/tmp")
        .or_else(|_| tempfile::Builder::new().prefix("nix-ripple-sandbox-").tempfile())
        .map_err(ExperimentError::io(Path::new("/var/tmp")))?;
    std::fs::set_permissions(mark.path(), std::fs::Permissions::from_mode(0o644))
        .map_err(ExperimentError::io(mark.path()))?;
    let shown = mark.path().display().to_string();
    answers(nix, like, &format!("if [ -e '{shown}' ]; then echo open; else echo closed; fi > $out"), None)
}

/// Whether builds do not see what is hidden from them. A new build for each setting, for what one hides
/// another may show.
pub(super) fn is_hidden(nix: &Nix, like: &Recipe, hidden: &Hidden) -> Result<bool, ExperimentError> {
    let setting = blake3::hash(format!("{}\n{:?}", hidden.sandbox_paths, nix.options()).as_bytes());
    let mut script = format!("# {}\nsaid=closed\n", setting.to_hex());
    for path in &hidden.paths {
        let path = path.display().to_string().replace('\'', "'\\''");
        script.push_str(&format!("if [ -e '{path}' ]; then said=open; fi\n"));
    }
    script.push_str("echo $said > $out");
    answers(nix, like, &script, Some(hidden))
}

/// Whether a script, run by the builder of `like`, writes `closed` into its output.
fn answers(nix: &Nix, like: &Recipe, script: &str, hidden: Option<&Hidden>) -> Result<bool, ExperimentError> {
    let mut recipe = like.clone();
    recipe.structured = None;
    recipe.derivation.environment = vec![(b"name".as_slice().into(), b"nix-ripple-sandbox".as_slice().into())];
    recipe.derivation.arguments = vec![b"-c".as_slice().into(), script.as_bytes().to_vec().into()];
    recipe.derivation.outputs.truncate(1);
    for output in &mut recipe.derivation.outputs {
        output.name = b"out".as_slice().into();
    }
    let made = nix.instantiate(&expression(&recipe))?;
    if nix.build(&made.drv, hidden)? != Built::Done {
        return Ok(false);
    }
    let Some(path) = made.outputs.get("out") else { return Ok(false) };
    let place = nix.place(path);
    let answer = std::fs::read(&place).map_err(ExperimentError::io(&place))?;
    Ok(answer == b"closed\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_paths_lie_to_the_store() {
        let check = |path: &str, expect: InStore| assert_eq!(in_store("/nix/store", path), expect, "{path}");
        check("/", InStore::Whole);
        check("/nix", InStore::Whole);
        check("/nix/store/", InStore::Whole);
        check("/nix/var", InStore::Outside);
        check("/usr", InStore::Outside);
        check("/nix/store/x/bin/sh", InStore::Path("/nix/store/x".to_owned()));
        check("/nix/stores", InStore::Outside);
    }
}
