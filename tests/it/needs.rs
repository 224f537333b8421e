//! What some tests need and not every machine has.
//!
//! Where it is missing these tests are left out, and the run says so in one line each. The
//! environment variable `NIX_RIPPLE_REQUIRE` names what must be there, separated by commas: then a
//! missing one is a failure. CI names all that its machine has, so that nothing is left out in
//! silence.
//!
//! - `shared`: the folder `../shared/data`, a real nixpkgs with answers made by Nix
//! - `nix`: a `nix-instantiate` that works
//! - `zstd`: the program of that name, which packs what `scripts/make-minipkgs` makes
//! - `sandbox`: a `nix-build` that can build in a sandbox, in a store of its own
//! - `strace`: an strace that may trace
//! - `realpkgs`: the sources of testdata/realpkgs, as `scripts/fetch-realpkgs` puts them, and what its
//!   README says that the machine must have
//! - `chromium`: a Chromium that opens the pages (`$CHROMIUM`, else by its usual names on the path)
//! - `duckdb`: DuckDB, as `scripts/fetch-duckdb` puts it
//! - `machine`: files of the machine that single cases are about (a C compiler, a header …)

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Once};

/// `../shared/data`.
pub(crate) fn shared() -> Option<PathBuf> {
    static TOLD: Once = Once::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let here = folder.join("nixpkgs-2018.json.zst").exists();
    wanted("shared", here, &TOLD, "comparisons with ../shared/data, which is not here").then_some(folder)
}

/// Whether there is a `nix-instantiate` that works.
pub(crate) fn nix() -> bool {
    static TOLD: Once = Once::new();
    static WORKS: LazyLock<bool> = LazyLock::new(|| {
        // in a store of its own: the machine's own may belong to somebody else
        let store = tempfile::tempdir().unwrap();
        let output =
            Command::new("nix-instantiate").args(["--eval", "-E", "1 + 1", "--store"]).arg(store.path()).output();
        output.is_ok_and(|output| output.status.success() && output.stdout == b"2\n")
    });
    wanted("nix", *WORKS, &TOLD, "comparisons with the real Nix, for no nix-instantiate works here")
}

/// Whether there is a `zstd`.
pub(crate) fn zstd() -> bool {
    static TOLD: Once = Once::new();
    let works = Command::new("zstd").arg("--version").output().is_ok_and(|output| output.status.success());
    wanted("zstd", works, &TOLD, "making testdata/minipkgs again, for which there is no zstd here")
}

/// Whether `works`, which builds in a sandbox, does.
pub(crate) fn sandbox(works: impl FnOnce() -> bool) -> bool {
    static TOLD: Once = Once::new();
    wanted("sandbox", works(), &TOLD, "builds by the real Nix, whose sandbox does not work here")
}

/// Whether there is an strace that may trace.
pub(crate) fn strace() -> bool {
    static TOLD: Once = Once::new();
    static WORKS: LazyLock<bool> = LazyLock::new(|| {
        let traced = Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).output();
        traced.is_ok_and(|output| output.status.success())
    });
    wanted("strace", *WORKS, &TOLD, "traces of builds, for no strace works here")
}

/// Where the sources of real packages lie.
pub(crate) fn realpkgs() -> Option<PathBuf> {
    static TOLD: Once = Once::new();
    let folder = crate::realpkgs::sources();
    let here = folder.is_some() && Path::new("/usr/include/python3.11/Python.h").exists();
    wanted("realpkgs", here, &TOLD, "experiments on real packages, whose sources or compilers are not here")
        .then_some(folder?)
}

/// A Chromium that opens the pages.
pub(crate) fn chromium() -> Option<PathBuf> {
    static TOLD: Once = Once::new();
    let program = crate::browser::program();
    let left_out = "pages in a real browser, for there is no Chromium here";
    wanted("chromium", program.is_some(), &TOLD, left_out).then_some(program?)
}

/// A python that has DuckDB.
pub(crate) fn duckdb() -> Option<PathBuf> {
    static TOLD: Once = Once::new();
    let cache = std::env::var_os("XDG_CACHE_HOME").filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = cache.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cache")));
    let python = cache.map(|cache| cache.join("nix-ripple/duckdb/bin/python")).filter(|python| python.exists());
    wanted("duckdb", python.is_some(), &TOLD, "the README's queries, for scripts/fetch-duckdb has not run")
        .then_some(python?)
}

/// Whether all of these files are there, which a case is about.
pub(crate) fn machine(case: &str, files: &[String]) -> bool {
    let here = files.iter().all(|file| Path::new(file).exists());
    wanted("machine", here, &Once::new(), &format!("{case}, for which this machine lacks one of {files:?}"))
}

fn wanted(what: &str, here: bool, told: &Once, left_out: &str) -> bool {
    let required = std::env::var("NIX_RIPPLE_REQUIRE").unwrap_or_default();
    let required: Vec<&str> = required.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    for word in &required {
        let known = ["shared", "nix", "zstd", "sandbox", "strace", "machine", "realpkgs", "chromium", "duckdb"];
        assert!(known.contains(word), "NIX_RIPPLE_REQUIRE: '{word}' is not known");
    }
    assert!(here || !required.contains(&what), "NIX_RIPPLE_REQUIRE has '{what}', but it is missing: {left_out}");
    if !here {
        told.call_once(|| {
            // past libtest, which would keep it back
            let _ = std::io::stderr().write_all(format!("left out: {left_out}\n").as_bytes());
        });
    }
    here
}
