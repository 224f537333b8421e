//! Whether builds run in a sandbox: found out by a build that looks.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::error::ExperimentError;
use super::expression::expression;
use super::hidden::Hidden;
use super::nix::{Built, Nix};
use super::recipe::Recipe;

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

/// Whether builds do not see what is hidden from them.
pub(super) fn is_hidden(nix: &Nix, like: &Recipe, hidden: &Hidden) -> Result<bool, ExperimentError> {
    let mut script = String::from("said=closed\n");
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
