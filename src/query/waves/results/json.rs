//! Results as JSON.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::csv::status_of;
use super::lines::Lines;
use super::outcome::Outcome;
use super::quote::start;
use super::record::{Form, Misfit, Record};

/// What an entry may have, of every form. Other members are left alone.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry {
    attr: Option<String>,
    attribute: Option<String>,
    job: Option<String>,
    name: Option<String>,
    nixname: Option<String>,
    #[serde(rename = "drvPath")]
    drv_path: Option<String>,
    drvpath: Option<String>,
    drv: Option<String>,
    system: Option<String>,
    #[serde(rename = "type")]
    kind: Option<Value>,
    success: Option<bool>,
    error: Option<Value>,
    #[serde(rename = "cacheStatus")]
    cache_status: Option<String>,
    #[serde(rename = "isCached")]
    is_cached: Option<bool>,
    finished: Option<Value>,
    buildstatus: Option<Value>,
    status: Option<String>,
    wave: Option<u32>,
    fix: Option<String>,
    note: Option<String>,
}

/// An object that holds the entries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Holder<'t> {
    #[serde(borrow)]
    results: Option<&'t RawValue>,
    #[serde(borrow)]
    builds: Option<&'t RawValue>,
}

/// Reads entries: an array of them, one after another (JSON Lines), or as `results` or `builds` of an object. The form
/// is that of the first entry.
pub(super) fn read(text: &str) -> Result<(Form, Vec<Record>), Misfit> {
    let mut reader = Reader { lines: Lines::new(text), form: None, records: Vec::new() };
    for value in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
        let value = value.map_err(|error| reader.syntax(text, &error))?.get();
        reader.value(value)?;
    }
    Ok((reader.form.unwrap_or(Form::Objects), reader.records))
}

struct Reader<'t> {
    lines: Lines<'t>,
    form: Option<Form>,
    records: Vec<Record>,
}

impl<'t> Reader<'t> {
    fn value(&mut self, value: &'t str) -> Result<(), Misfit> {
        if value.starts_with('[') {
            return self.entries(value);
        }
        if value.starts_with('{') {
            let holder: Holder<'t> = serde_json::from_str(value).map_err(|error| self.syntax(value, &error))?;
            let holds = |raw: Option<&'t RawValue>| raw.map(RawValue::get).filter(|text| text.starts_with('['));
            if let Some(entries) = holds(holder.results).or_else(|| holds(holder.builds)) {
                return self.entries(entries);
            }
        }
        self.entry(value)
    }

    fn entries(&mut self, array: &'t str) -> Result<(), Misfit> {
        let entries: Vec<&'t RawValue> = serde_json::from_str(array).map_err(|error| self.syntax(array, &error))?;
        entries.into_iter().try_for_each(|entry| self.entry(entry.get()))
    }

    fn entry(&mut self, text: &'t str) -> Result<(), Misfit> {
        let line = self.line(text);
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            let message = "expected builds, found their numbers; Hydra tells the builds of an evaluation under \
                           /eval/NUMBER/builds";
            return Err(Misfit::new(line, message));
        }
        if !text.starts_with('{') {
            return Err(Misfit::new(line, format!("expected an object, found '{}'", start(text))));
        }
        let entry: Entry = serde_json::from_str(text).map_err(|error| self.syntax(text, &error))?;
        let (form, outcome) = entry.outcome().map_err(|message| Misfit::new(line, message))?;
        self.form.get_or_insert(form);
        if let Some(outcome) = outcome {
            let record = entry.record(outcome, line).map_err(|message| Misfit::new(line, message))?;
            self.records.push(record);
        }
        Ok(())
    }

    /// The line on which a part of the text begins.
    fn line(&mut self, part: &str) -> u64 {
        self.lines.of(part)
    }

    fn syntax(&mut self, part: &str, error: &serde_json::Error) -> Misfit {
        let line = self.line(part) + (error.line() as u64).saturating_sub(1);
        Misfit::new(line, format!("expected {}: {}", super::read::OTHER_FORMS, start(&error.to_string())))
    }
}

impl Entry {
    /// How the build ended; `None` where the entry tells nothing of a build.
    fn outcome(&self) -> Result<(Form, Option<Outcome>), String> {
        if let Some(finished) = &self.finished {
            return Ok((Form::Hydra, Some(self.hydra(finished)?)));
        }
        if let Some(word) = &self.status {
            return Ok((Form::Objects, Some(status_of(word)?)));
        }
        let cached = self.is_cached == Some(true) || matches!(self.cache_status.as_deref(), Some("cached" | "local"));
        let evaluated = if cached { Outcome::Success } else { Outcome::Evaluated };
        if let Some(success) = self.success {
            let kind = self.kind.as_ref().and_then(Value::as_str).unwrap_or("BUILD").to_ascii_uppercase();
            let outcome = match (kind.as_str(), success) {
                ("EVAL", true) => Some(evaluated),
                ("EVAL", false) => Some(Outcome::EvaluationFailed),
                ("BUILD", true) => Some(Outcome::Success),
                ("BUILD", false) => Some(Outcome::Failed),
                // what was uploaded or downloaded was built
                _ => None,
            };
            return Ok((Form::FastBuild, outcome));
        }
        let failed = self.error.as_ref().is_some_and(|error| !error.is_null());
        if self.attr.is_some() && (failed || self.drv_path.is_some() || self.cache_status.is_some()) {
            return Ok((Form::EvalJobs, Some(if failed { Outcome::EvaluationFailed } else { evaluated })));
        }
        if failed {
            let error = self.error.as_ref().and_then(Value::as_str).unwrap_or_default();
            return Err(format!(
                "the evaluation ended with an error of no attribute, so that the rest of it is missing: '{}'",
                start(error)
            ));
        }
        Err("expected an object with attr and one of status, success, drvPath and error, or with job and finished"
            .to_owned())
    }

    fn hydra(&self, finished: &Value) -> Result<Outcome, String> {
        // numbers may come as such, or as text
        let number = |value: &Value| match value {
            Value::Bool(bool) => Some(u64::from(*bool)),
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        match number(finished) {
            Some(0) => return Ok(Outcome::Queued),
            Some(1) => {}
            _ => return Err(format!("expected 'finished' to be 0 or 1, found {}", start(&finished.to_string()))),
        }
        let status = self.buildstatus.as_ref();
        status.and_then(number).and_then(Outcome::of_hydra).ok_or_else(|| {
            let found = status.map_or_else(|| "nothing".to_owned(), |status| start(&status.to_string()));
            format!("expected one of Hydra's numbers as 'buildstatus' (0 to 4, 6 to 12), found {found}")
        })
    }

    fn record(self, outcome: Outcome, line: u64) -> Result<Record, String> {
        let drv = self.drv_path.or(self.drvpath).or(self.drv);
        let drv_name = self.nixname.or(self.name);
        let name = self.attr.or(self.attribute).or(self.job);
        let name = name.or_else(|| drv.clone()).or_else(|| drv_name.clone());
        let name = name.ok_or("expected the name of an attribute or derivation (attr, job, drv, name), found none")?;
        let note = self.note.or_else(|| self.error.as_ref().and_then(Value::as_str).map(str::to_owned));
        let mut record = Record::new(name, outcome, line);
        record.drv = drv;
        record.drv_name = drv_name;
        record.system = self.system;
        record.wave = self.wave;
        record.fix = self.fix;
        record.note = note.filter(|note| !note.is_empty());
        Ok(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> (Form, Vec<String>) {
        let (form, records) = read(text).map_err(|misfit| format!("{}: {}", misfit.line, misfit.message)).unwrap();
        let show = |r: &Record| {
            let rest = [&r.system, &r.drv, &r.drv_name, &r.note].map(|o| o.as_deref().unwrap_or("-")).join(" ");
            format!("{} {} {} {rest}", r.line, r.name, r.outcome.as_str())
        };
        (form, records.iter().map(show).collect())
    }

    fn error(text: &str) -> String {
        let misfit = read(text).unwrap_err();
        format!("{}: {}", misfit.line, misfit.message)
    }

    #[test]
    fn nix_eval_jobs() {
        let text = r#"{"attr":"a","attrPath":["a"],"drvPath":"/nix/store/x-a.drv","name":"a-1","system":"x86_64-linux","outputs":{"out":null}}
{"attr":"b","attrPath":["b"],"error":"b is broken"}
{"attr":"c","attrPath":["c"],"cacheStatus":"local","isCached":true,"drvPath":"/nix/store/x-c.drv","name":"c","system":"s"}
{"attr":"d","attrPath":["d"],"cacheStatus":"notBuilt","isCached":false,"drvPath":"/nix/store/x-d.drv"}
{"attr":"e","attrPath":["e"],"isCached":true,"drvPath":"/nix/store/x-e.drv"}
"#;
        let expect = [
            "1 a evaluated x86_64-linux /nix/store/x-a.drv a-1 -",
            "2 b evaluation-failed - - - b is broken",
            "3 c success s /nix/store/x-c.drv c -",
            "4 d evaluated - /nix/store/x-d.drv - -",
            "5 e success - /nix/store/x-e.drv - -",
        ];
        assert_eq!(shown(text), (Form::EvalJobs, expect.map(str::to_owned).to_vec()));
        assert!(
            error("{\"error\":\"worker died\"}\n").starts_with("1: the evaluation ended with an error of no attribute")
        );
    }

    #[test]
    fn nix_fast_build() {
        let file = r#"{
  "results": [
    {
      "attr": "x86_64-linux.a", "cacheStatus": "notBuilt", "drvPath": "/nix/store/x-a.drv", "duration": 0.0,
      "error": null, "outputs": {"out": "/nix/store/y"}, "success": true, "type": "EVAL"
    },
    {"attr": "b", "duration": 0.0, "error": "no", "success": false, "type": "EVAL"},
    {"attr": "c", "cacheStatus": "cached", "drvPath": "/nix/store/x-c.drv", "success": true, "type": "EVAL"},
    {"attr": "x86_64-linux.a", "duration": 1.5, "error": "build exited with 1", "success": false, "type": "BUILD"},
    {"attr": "d", "duration": 1.5, "error": null, "success": true, "type": "BUILD"},
    {"attr": "d", "duration": 1.5, "error": "upload exited with 1", "success": false, "type": "UPLOAD"}
  ]
}"#;
        let expect = [
            "3 x86_64-linux.a evaluated - /nix/store/x-a.drv - -",
            "7 b evaluation-failed - - - no",
            "8 c success - /nix/store/x-c.drv - -",
            "9 x86_64-linux.a failed - - - build exited with 1",
            "10 d success - - - -",
        ];
        assert_eq!(shown(file), (Form::FastBuild, expect.map(str::to_owned).to_vec()));
        let lines = "{\"type\": \"EVAL\", \"attr\": \"a\", \"success\": true, \"duration\": 0.0, \"error\": null}\n\
                     {\"type\": \"BUILD\", \"attr\": \"a\", \"success\": true, \"duration\": 1.2, \"error\": null}\n";
        let expect = ["1 a evaluated - - - -", "2 a success - - - -"];
        assert_eq!(shown(lines), (Form::FastBuild, expect.map(str::to_owned).to_vec()));
    }

    #[test]
    fn hydra() {
        let build = |job: &str, finished: &str, status: &str| {
            format!(
                r#"{{"id":1,"job":"{job}","finished":{finished},"buildstatus":{status},"nixname":"{job}-1","drvpath":"/nix/store/x-{job}.drv","system":"x86_64-linux","buildmetrics":{{}},"jobsetevals":[1]}}"#
            )
        };
        let statuses = [
            ("0", "success"),
            ("1", "failed"),
            ("2", "dependency-failed"),
            ("3", "aborted"),
            ("4", "aborted"),
            ("6", "failed"),
            ("7", "timed-out"),
            ("8", "failed"),
            ("9", "unsupported"),
            ("10", "log-limit"),
            ("11", "output-limit"),
            ("12", "nondeterministic"),
            ("\"0\"", "success"),
        ];
        for (status, word) in statuses {
            let text = format!("[\n{}\n]", build("a", "1", status));
            let expect = format!("2 a {word} x86_64-linux /nix/store/x-a.drv a-1 -");
            assert_eq!(shown(&text), (Form::Hydra, vec![expect]), "{status}");
        }
        for finished in ["0", "false"] {
            let (_, found) = shown(&build("a", finished, "null"));
            assert_eq!(found, ["1 a queued x86_64-linux /nix/store/x-a.drv a-1 -"]);
        }
        assert!(error(&build("a", "1", "5")).ends_with("as 'buildstatus' (0 to 4, 6 to 12), found 5"));
        assert!(error(&build("a", "1", "null")).ends_with("found nothing"));
        assert!(error(&build("a", "7", "0")).ends_with("expected 'finished' to be 0 or 1, found 7"));
        assert!(error(r#"{"id":7,"builds":[12,13],"hasnewbuilds":1}"#).contains("/eval/NUMBER/builds"));
    }

    #[test]
    fn objects() {
        let text =
            r#"[{"attr":"a","status":"wont-fix","wave":2,"note":"later"},{"drv":"/nix/store/x-b.drv","status":"ok"}]"#;
        let (form, records) = read(text).unwrap();
        assert_eq!(form, Form::Objects);
        assert_eq!((records[0].wave, records[0].note.as_deref()), (Some(2), Some("later")));
        assert_eq!((records[1].name.as_str(), records[1].outcome), ("/nix/store/x-b.drv", Outcome::Success));
        assert!(error(r#"[{"status":"ok"}]"#).starts_with("1: expected the name of an attribute or derivation"));
        assert!(error("[{\"attr\":\"a\"}]").starts_with("1: expected an object with attr and one of status"));
        assert!(error("[true]").ends_with("expected an object, found 'true'"));
        assert!(error("{\n\n\"a\" 1}").starts_with("3: expected nix-eval-jobs lines"));
    }
}
