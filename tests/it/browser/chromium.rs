//! Starts Chromium, and sees to it that it ends with the tests.

use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// How long a browser may take to start on a busy machine.
const START: Duration = Duration::from_secs(90);

/// The shell waits for the end of its input, which comes with the end of the tests, however they
/// end; then it ends the browser and removes the profile.
const KEEPER: &str = r#"profile=$1; shift
"$@" </dev/null &
browser=$!
read -r _
kill "$browser" 2>/dev/null
wait "$browser"
rm -rf "$profile""#;

/// The program: `$CHROMIUM`, or the first of the usual names on the path.
pub(crate) fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Some(PathBuf::from(named)).filter(|program| program.exists());
    }
    let folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|program| program.is_file())
}

/// A browser that runs.
#[derive(Debug)]
pub(crate) struct Chromium {
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
    /// Path of the socket that speaks for the whole browser.
    pub(crate) path: String,
    /// Held so that the keeper's input stays open.
    _keeper: Child,
}

/// The one browser of this process, started at the first call.
pub(crate) fn running(program: &Path) -> &'static Chromium {
    static RUNNING: OnceLock<Chromium> = OnceLock::new();
    RUNNING.get_or_init(|| start(program))
}

fn start(program: &Path) -> Chromium {
    let profile = tempfile::tempdir().unwrap().keep();
    let log = std::fs::File::create(profile.join("log")).unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", KEEPER, "keeper"]).arg(&profile).arg(program);
    command.args([
        "--headless=new",
        "--remote-debugging-port=0",
        "--no-first-run",
        "--no-default-browser-check",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-dev-shm-usage",
        "--disable-extensions",
        "--disable-gpu",
        "--disable-sync",
        "--disable-translate",
        "--metrics-recording-only",
        "--mute-audio",
        "--hide-scrollbars",
        "--force-color-profile=srgb",
        "--font-render-hinting=none",
        "--lang=en-US",
    ]);
    // a browser that root starts refuses its sandbox
    if std::fs::metadata(&profile).unwrap().uid() == 0 {
        command.arg("--no-sandbox");
    }
    let mut data = std::ffi::OsString::from("--user-data-dir=");
    data.push(&profile);
    command.arg(data).arg("about:blank");
    // what it leaves behind goes with the profile
    command.env("TMPDIR", &profile);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log);
    let mut keeper = command.spawn().unwrap_or_else(|error| panic!("sh, which starts Chromium: {error}"));

    let told = profile.join("DevToolsActivePort");
    let began = Instant::now();
    loop {
        let text = std::fs::read_to_string(&told).unwrap_or_default();
        if let Some((port, path)) = text.split_once('\n')
            && !path.is_empty()
        {
            return Chromium {
                address: format!("127.0.0.1:{port}"),
                path: path.trim_end().to_owned(),
                _keeper: keeper,
            };
        }
        let ended = keeper.try_wait().unwrap();
        if ended.is_some() || began.elapsed() > START {
            let mut log = String::new();
            let _ = std::fs::File::open(profile.join("log")).and_then(|mut file| file.read_to_string(&mut log));
            panic!("{} did not open its debugging port within {START:?}; it said:\n{log}", program.display());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
