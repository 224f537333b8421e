//! A tab: opens a page, looks at it, and hears all that goes wrong in it.

use std::path::Path;
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::chromium::running;
use super::client::{Client, PATIENCE};
use crate::needs;

/// A tab with a profile of its own; closed when dropped.
pub(crate) struct Tab {
    client: Client,
    session: String,
    context: String,
    /// What may be requested: the page itself.
    own: String,
    /// Whether the page's scripts run.
    scripts: bool,
}

impl Tab {
    /// A tab of 1440 × 900 in light colours, or none where there is no Chromium.
    pub(crate) fn open() -> Option<Self> {
        let mut client = Client::connect(running(&needs::chromium()?));
        let mut ask = |method, params| client.ask(None, method, params).unwrap_or_else(|told| panic!("{told}"));
        let context = text(&ask("Target.createBrowserContext", json!({}))["browserContextId"]);
        let target =
            ask("Target.createTarget", json!({"url": "about:blank", "browserContextId": context, "background": true}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let session = text(&ask("Target.attachToTarget", attach)["sessionId"]);
        let mut tab = Self { client, session, context, own: String::new(), scripts: true };
        for domain in ["Page", "Runtime", "Log", "Network", "Accessibility"] {
            tab.call(&format!("{domain}.enable"), json!({}));
        }
        // a tab behind others would not draw, nor have the focus
        tab.call("Emulation.setFocusEmulationEnabled", json!({"enabled": true}));
        tab.size(1440, 900);
        tab.colours("light");
        Some(tab)
    }

    /// The result of a command, which must not fail.
    pub(crate) fn call(&mut self, method: &str, params: Value) -> Value {
        self.client.ask(Some(&self.session), method, params).unwrap_or_else(|told| panic!("{told}"))
    }

    /// Opens a file, with what follows its `#`, and waits until it is loaded and drawn.
    pub(crate) fn load(&mut self, file: &Path, hash: &str) {
        let path = file.to_str().unwrap();
        self.own = format!("file://{path}");
        // from another page: else a new hash alone would not load again
        self.navigate("about:blank");
        let url = if hash.is_empty() { self.own.clone() } else { format!("{}#{hash}", self.own) };
        self.navigate(&url);
        self.settle();
    }

    fn navigate(&mut self, url: &str) {
        let before = self.client.events.len();
        let answer = self.call("Page.navigate", json!({"url": url}));
        assert!(answer.get("errorText").is_none(), "{url}: {answer}");
        let until = Instant::now() + PATIENCE;
        while !self.client.events[before..].iter().any(|event| event["method"] == "Page.loadEventFired") {
            assert!(self.client.wait(until), "{url} is not loaded within {PATIENCE:?}");
        }
    }

    /// Waits until two frames are drawn: handlers of events that came before have run.
    pub(crate) fn settle(&mut self) {
        if !self.scripts {
            // timers and frames never call back then
            return;
        }
        let frames = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))";
        let timed = format!("Promise.race([{frames}, new Promise(done => setTimeout(() => done(false), 2000))])");
        self.eval(&timed);
    }

    /// The value of an expression; a promise is awaited.
    pub(crate) fn eval(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let mut answer = self.call("Runtime.evaluate", params);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}\n{}", answer["exceptionDetails"]);
        answer["result"]["value"].take()
    }

    /// The value of an expression as a text.
    pub(crate) fn text(&mut self, expression: &str) -> String {
        let value = self.eval(expression);
        value.as_str().unwrap_or_else(|| panic!("{expression} is no text but {value}")).to_owned()
    }

    /// The value of an expression as a number.
    pub(crate) fn number(&mut self, expression: &str) -> f64 {
        let value = self.eval(expression);
        value.as_f64().unwrap_or_else(|| panic!("{expression} is no number but {value}"))
    }

    /// Waits until an expression holds.
    pub(crate) fn until(&mut self, expression: &str) {
        let began = Instant::now();
        while self.eval(expression) != json!(true) {
            assert!(began.elapsed() < PATIENCE, "does not come to hold within {PATIENCE:?}: {expression}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The size of the window; narrow ones are those of a telephone.
    pub(crate) fn size(&mut self, width: u32, height: u32) {
        let params = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.call("Emulation.setDeviceMetricsOverride", params);
    }

    /// What the user prefers: `light` or `dark`.
    pub(crate) fn colours(&mut self, scheme: &str) {
        self.media("", scheme);
    }

    /// The medium (`print`, or none for the screen) and the colours.
    pub(crate) fn media(&mut self, medium: &str, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.call("Emulation.setEmulatedMedia", json!({"media": medium, "features": features}));
    }

    /// Whether scripts run in what is loaded from now on.
    pub(crate) fn scripts(&mut self, run: bool) {
        self.call("Emulation.setScriptExecutionDisabled", json!({"value": !run}));
        self.scripts = run;
    }

    /// A picture of the whole page.
    pub(crate) fn screenshot(&mut self) -> Vec<u8> {
        let metrics = self.call("Page.getLayoutMetrics", json!({}));
        let (width, height) = (&metrics["cssLayoutViewport"]["clientWidth"], &metrics["cssContentSize"]["height"]);
        // Chromium draws no more than this
        let height = height.as_f64().unwrap().min(16_000.0);
        let clip = json!({"x": 0, "y": 0, "width": width, "height": height, "scale": 1});
        let params = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
        self.bytes("Page.captureScreenshot", params)
    }

    /// The page as it is printed.
    pub(crate) fn pdf(&mut self) -> Vec<u8> {
        self.bytes("Page.printToPDF", json!({"printBackground": true, "paperWidth": 8.27, "paperHeight": 11.69}))
    }

    fn bytes(&mut self, method: &str, params: Value) -> Vec<u8> {
        BASE64.decode(text(&self.call(method, params)["data"]).as_bytes()).unwrap()
    }

    /// Files that the page saves go here.
    pub(crate) fn downloads(&mut self, folder: &Path) {
        let params = json!({
            "behavior": "allow", "browserContextId": self.context, "downloadPath": folder.to_str().unwrap(),
        });
        self.client.ask(None, "Browser.setDownloadBehavior", params).unwrap_or_else(|told| panic!("{told}"));
    }

    /// What went wrong so far: each console entry, exception, and request of anything but the page.
    pub(crate) fn wrongs(&mut self) -> Vec<String> {
        // what came in before this answer is in the events then
        self.eval("0");
        let events = std::mem::take(&mut self.client.events);
        events.iter().filter_map(|event| self.wrong(event)).collect()
    }

    fn wrong(&self, event: &Value) -> Option<String> {
        let params = &event["params"];
        match event["method"].as_str()? {
            "Runtime.consoleAPICalled" => Some(format!("console: {}", params["args"])),
            "Runtime.exceptionThrown" => Some(format!("exception: {}", params["exceptionDetails"])),
            "Log.entryAdded" => Some(format!("log: {}", params["entry"])),
            "Network.requestWillBeSent" => {
                let url = params["request"]["url"].as_str().unwrap_or_default();
                // these two hold their content themselves
                let inside = url == self.own || url.starts_with("data:") || url.starts_with("blob:");
                (!inside && url != "about:blank").then(|| format!("request: {url}"))
            }
            _ => None,
        }
    }

    /// Fails if anything went wrong so far.
    pub(crate) fn calm(&mut self) {
        let wrongs = self.wrongs();
        assert!(wrongs.is_empty(), "{}:\n{}", self.own, wrongs.join("\n"));
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        // a test that fails closes its tab, too; what is wrong with that is not worth a second panic
        let context = json!({"browserContextId": self.context});
        let _ = self.client.ask(None, "Target.disposeBrowserContext", context);
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}
