//! Two revisions of a repository: trees that come and go, and evaluations that are kept.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use super::sides::{EXPRESSION, Sides, rebuilt, with_nix};
use crate::cli::program::Program;
use crate::needs;
use crate::nix_as_judge::Store;

/// Sides whose folder has a repository of four commits; the third is on a branch of its own.
struct Repository {
    sides: Sides,
    folder: PathBuf,
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "user.name=x", "-c", "user.email=x@y", "-c", "commit.gpgSign=false"]);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    let output = command.args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

impl Repository {
    fn new() -> Self {
        Self::of(Sides::new())
    }

    fn of(sides: Sides) -> Self {
        let folder = sides.program.folder.path().join("pkgs");
        std::fs::create_dir(&folder).unwrap();
        git(&folder, &["init", "-q", "-b", "main"]);
        let repository = Self { sides, folder };
        repository.commit("default.nix", EXPRESSION);
        git(&repository.folder, &["checkout", "-q", "-b", "branch"]);
        repository.commit("default.nix", &EXPRESSION.replace("? \"1\"", "? \"2\""));
        git(&repository.folder, &["checkout", "-q", "main"]);
        repository.commit("default.nix", &EXPRESSION.replace("other-1", "other-2"));
        repository.commit("readme", "nothing that is evaluated");
        repository
    }

    fn commit(&self, name: &str, text: &str) {
        std::fs::write(self.folder.join(name), text).unwrap();
        git(&self.folder, &["add", "."]);
        git(&self.folder, &["commit", "-q", "-m", name]);
    }

    /// What the user sees of the repository.
    fn state(&self) -> [String; 4] {
        let listed = git(&self.folder, &["worktree", "list"]);
        let status = git(&self.folder, &["status", "--porcelain", "--branch", "--ignored"]);
        [listed, status, git(&self.folder, &["log", "--oneline", "--all"]), git(&self.folder, &["stash", "list"])]
    }

    fn cache(&self) -> PathBuf {
        self.sides.program.folder.path().join("cache/nix-ripple")
    }

    /// The snapshots that are kept.
    fn kept(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.cache()).into_iter().flatten().map(|entry| entry.unwrap().path());
        let mut files: Vec<PathBuf> =
            entries.filter(|file| file.extension().is_some_and(|end| end == "ripple")).collect();
        files.sort();
        files
    }
}

#[test]
fn ranges_of_revisions() {
    if !needs::nix() {
        return;
    }
    let repository = Repository::new();
    let before = repository.state();
    let report = |arguments: &[&str]| repository.sides.report(&[&["--repo", "pkgs"], arguments].concat());
    let parted = report(&["--git", "main...branch"]);
    assert_eq!(rebuilt(&parted), &json!(["base", "user"]));
    let other = json!(["base", "other", "set.aborted", "set.thrown", "user"]);
    assert_eq!(rebuilt(&report(&["--git", "main..branch"])), &other);
    assert_eq!(rebuilt(&report(&["--git", "branch.."])), &other);
    assert_eq!(rebuilt(&report(&["--git", "HEAD~1..HEAD"])), &json!([]));
    assert_eq!(rebuilt(&report(&["--git", "HEAD~2..HEAD", "-A", "other", "-A", "user"])), &json!(["other"]));
    let name = |report: &serde_json::Value, side: &str| report[side]["name"].as_str().unwrap().to_owned();
    let commit = |name: &str| git(&repository.folder, &["rev-parse", name])[..10].to_owned();
    // main has gone on since: its name alone would be that of another commit
    assert_eq!(name(&parted, "old"), format!("base of main and branch ({})", commit("main~2")));
    assert_eq!(name(&report(&["--git", "main~2...branch"]), "old"), format!("main~2 ({})", commit("main~2")));
    assert_eq!(name(&parted, "new"), format!("branch ({})", commit("branch")));
    // what changed in a recipe is known
    assert_eq!(parted["causes"][0]["changes"][0]["kind"], "version");
    // one file of the trees, and arguments of one side
    let one = report(&["--git", "HEAD..HEAD", "--file", "default.nix", "--new-argstr", "version", "3"]);
    assert_eq!(rebuilt(&one), &json!(["base", "user"]));
    assert_eq!(repository.state(), before);
    assert_eq!(std::fs::read_dir(repository.cache().join("checkout")).unwrap().count(), 1, "the lock alone is left");
}

#[test]
fn what_git_refuses() {
    if !needs::nix() {
        return;
    }
    let repository = Repository::new();
    let before = repository.state();
    let failed = |arguments: &[&str]| repository.sides.diff(arguments).failed();
    let told = failed(&["--git", "main..nowhere", "--repo", "pkgs"]);
    assert!(told.contains("'nowhere' names no commit of ") && told.contains("fatal: "), "{told}");
    assert!(!told.contains("shallow"), "{told}");
    let told = failed(&["--git", "main..", "--repo", "cache-that-is-not-there"]);
    assert!(told.contains("cache-that-is-not-there: No such file"), "{told}");
    let told = failed(&["--git", "main.."]);
    assert!(told.contains(". is in no git repository: fatal: "), "{told}");
    let told = failed(&["--git", "--output=x..main", "--repo", "pkgs"]);
    assert!(told.contains("error: "), "{told}");
    let told = failed(&["--git", "main..branch", "--repo", "pkgs", "--file", "sub/x.nix"]);
    assert!(told.contains("main (") && told.contains("has no 'sub/x.nix'"), "{told}");
    // what is not there may only not have been fetched
    let url = format!("file://{}", repository.folder.canonicalize().unwrap().display());
    git(&repository.folder, &["clone", "-q", "--depth", "1", &url, "../shallow"]);
    let told = failed(&["--git", "HEAD^1..HEAD", "--repo", "shallow"]);
    assert!(told.contains("'HEAD^1' names no commit of ") && told.contains("git fetch --deepen"), "{told}");
    git(&repository.folder, &["checkout", "-q", "--orphan", "alone"]);
    git(&repository.folder, &["commit", "-q", "-m", "alone"]);
    let told = failed(&["--git", "main...alone", "--repo", "pkgs"]);
    assert!(told.contains("main and alone have no common base"), "{told}");
    git(&repository.folder, &["checkout", "-q", "main"]);
    git(&repository.folder, &["branch", "-q", "-D", "alone"]);
    // an expression that does not evaluate leaves no tree behind
    repository.commit("default.nix", "{ x = ");
    let told = failed(&["--git", "HEAD~1..HEAD", "--repo", "pkgs"]);
    // named by its revision, and places by their own names
    assert!(told.starts_with("error: HEAD (") && told.contains("): does not evaluate: syntax error"), "{told}");
    assert!(told.contains(" at default.nix:1:"), "{told}");
    git(&repository.folder, &["reset", "-q", "--hard", "HEAD~1"]);
    assert_eq!(repository.state(), before);
    // outside a repository, with git missing
    let program = Program::new().env("PATH", "/nowhere");
    assert!(program.run(&["diff", "--git", "a..b"]).failed().contains("git is not installed"));
}

/// The second run of the same trees and arguments evaluates nothing.
#[test]
fn evaluations_are_kept() {
    if !needs::nix() {
        return;
    }
    let path = std::env::var("PATH").unwrap();
    // a nix-instantiate that notes when it evaluates
    let program = Program::new();
    let (notes, fails) = (program.folder.path().join("notes"), program.folder.path().join("fails"));
    let script = format!(
        "#!/bin/sh\n[ \"$1\" = --version ] || {{ echo x >> '{}'; [ -e '{}' ] && exit 1; }}\nPATH='{path}' exec nix-instantiate \"$@\"\n",
        notes.display(),
        fails.display()
    );
    let repository = Repository::of(Sides::of(Store::new(), with_nix(program, &script)));
    let run = |more: &[&str]| {
        repository.sides.diff(&[&["--git", "main..branch", "--repo", "pkgs", "--format", "json"], more].concat())
    };
    let evaluations = || std::fs::read_to_string(&notes).map_or(0, |text| text.lines().count());
    let first = run(&["-v"]);
    assert!(first.talk.contains("nix-ripple: 2 snapshots, 0.0 MB"), "{}", first.talk);
    let expected = first.json();
    assert_eq!(repository.kept().len(), 2);
    assert!(evaluations() > 0);
    // a Nix that fails is not asked
    std::fs::write(&fails, "").unwrap();
    std::fs::remove_file(&notes).unwrap();
    let second = run(&["-v"]);
    assert_eq!(second.talk.matches("was evaluated before, and is kept in ").count(), 2, "{}", second.talk);
    assert_eq!(second.json(), expected);
    // neither where the store has the derivations no more
    let gone = tempfile::tempdir().unwrap();
    let elsewhere = gone.path().to_str().unwrap();
    let mut arguments = vec!["diff", "--git", "main..branch", "--repo", "pkgs", "--format", "json"];
    arguments.extend(["--store-root", elsewhere]);
    assert_eq!(repository.sides.program.run(&arguments).json(), expected);
    assert_eq!(evaluations(), 0);
    // other arguments, attributes and systems are other evaluations
    for more in [
        &["--argstr", "version", "9"][..],
        &["-A", "user"],
        &["--system", "x86_64-freebsd"],
        &["--file", "default.nix"],
    ] {
        assert!(run(more).failed().contains("does not evaluate"), "{more:?}");
    }
    assert!(run(&["--no-cache"]).failed().contains("does not evaluate"));
    std::fs::remove_file(&fails).unwrap();
    // what is damaged is made again, and a line says so
    let [one, other] = repository.kept().try_into().unwrap();
    let snapshot = std::fs::read(&one).unwrap();
    std::fs::write(&one, &snapshot[..snapshot.len() / 2]).unwrap();
    let mut old = std::fs::read(&other).unwrap();
    old[16] = 1;
    std::fs::write(&other, old).unwrap();
    let again = run(&[]);
    assert!(again.talk.contains("what is kept of it is damaged (it should have "), "{}", again.talk);
    assert!(again.talk.contains("what is kept of it is of format version 1; evaluated again"), "{}", again.talk);
    assert_eq!((again.talk.lines().count(), again.json()), (2, expected.clone()));
    assert!(std::fs::read(&one).unwrap() == snapshot);
    // without a cache nothing is kept, in a folder of the user's choice all
    let kept = repository.kept();
    assert_eq!(run(&["--no-cache", "--argstr", "version", "9"]).json()["rebuilt"]["total"], 3);
    assert_eq!(repository.kept(), kept);
    let chosen = repository.sides.program.folder.path().join("chosen");
    assert_eq!(run(&["--cache-dir", "chosen"]).json(), expected);
    assert_eq!((repository.kept(), std::fs::read_dir(chosen).unwrap().count()), (kept, 3));
    // where nothing can be kept, there is an answer all the same
    let nowhere = run(&["--cache-dir", "notes"]);
    assert!(nowhere.talk.contains("nothing is kept: ") && nowhere.talk.contains("--cache-dir"), "{}", nowhere.talk);
    assert_eq!(nowhere.json(), expected);
}

/// What a run that was ended has left behind is removed by the next.
#[test]
fn a_run_that_was_ended() {
    if !needs::nix() {
        return;
    }
    let repository = Repository::new();
    let before = repository.state();
    let tree = repository.cache().join("checkout/pkgs");
    std::fs::create_dir_all(tree.parent().unwrap()).unwrap();
    git(&repository.folder, &["worktree", "add", "-q", "--detach", tree.to_str().unwrap(), "main"]);
    std::fs::rename(tree.join(".git"), repository.cache().join("checkout/pkgs.git-file")).unwrap();
    let report = repository.sides.report(&["--git", "main..branch", "--repo", "pkgs"]);
    assert_eq!(report["rebuilt"]["total"], 5);
    assert!(!tree.exists());
    assert_eq!(repository.state(), before);
}

/// A tree is evaluated as it is in git, wherever it lies: no commit and no other file shows.
#[test]
fn trees_alone_count() {
    if !needs::nix() {
        return;
    }
    let repository = Repository::new();
    let text = "let package = name: seen: derivation { inherit name seen; system = \"x86_64-linux\"; builder = \"/bin/sh\"; }; in {
        place = package \"place\" (toString ./.);
        copy = package \"copy\" ./.;
        git = package \"git\" (builtins.pathExists ./.git);
        fails = assert false; 1;
    }";
    repository.commit("default.nix", text);
    repository.commit("readme", "changed");
    repository.commit("readme", "nothing that is evaluated");
    // untracked and changed files are not of a revision
    std::fs::write(repository.folder.join("untracked"), "x").unwrap();
    std::fs::write(repository.folder.join("default.nix"), "broken").unwrap();
    let before = repository.state();
    let report =
        |range: &str, more: &[&str]| repository.sides.report(&[&["--repo", "pkgs", "--git", range], more].concat());
    for more in [&[][..], &["--no-cache"]] {
        assert_eq!(rebuilt(&report("HEAD~2..HEAD", more)), &json!([]));
        assert_eq!(rebuilt(&report("HEAD~1..HEAD", more)), &json!(["copy"]));
    }
    // places are told as in the tree, also of one file
    let more = ["--file", "default.nix", "--no-cache"];
    let failing = &report("HEAD~3..HEAD", &more)["failing"];
    assert_eq!((&failing[0]["attribute"], &failing[1]), (&json!("fails"), &json!(null)));
    assert_eq!(failing[0]["error"], "assertion 'false' failed at default.nix:5:17:");
    // the same tree is kept once
    assert_eq!(repository.kept().len(), 2);
    assert_eq!(repository.state(), before);
}

/// A folder that is a clean checkout is kept, too; anything in it that differs forbids that.
#[test]
fn folders_that_are_checkouts() {
    if !needs::nix() {
        return;
    }
    let repository = Repository::new();
    let run = || repository.sides.diff(&["pkgs", "--new-argstr", "version", "5", "-v"]);
    assert!(run().talk.contains("2 snapshots"));
    let talk = run().talk;
    assert_eq!(talk.matches("was evaluated before").count(), 2, "{talk}");
    std::fs::write(repository.folder.join(".git/info/exclude"), "ignored\n").unwrap();
    for name in ["ignored", "untracked", "default.nix"] {
        let was = std::fs::read(repository.folder.join(name)).ok();
        std::fs::write(repository.folder.join(name), EXPRESSION).unwrap();
        let talk = run().talk;
        assert_eq!(talk.matches("not kept, for it is no clean checkout").count(), 2, "{name}: {talk}");
        match was {
            Some(text) => std::fs::write(repository.folder.join(name), text).unwrap(),
            None => std::fs::remove_file(repository.folder.join(name)).unwrap(),
        }
    }
    // an argument that names a file may come to something else tomorrow
    let talk = repository.sides.diff(&["pkgs", "--new-arg", "config", "import ./x.nix", "-v"]).talk;
    assert!(talk.contains("not kept, for an argument names a file"), "{talk}");
    assert_eq!(repository.kept().len(), 2);
}
