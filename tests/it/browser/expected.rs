//! What each page must hold, told from the JSON report alone.

use serde_json::{Value, json};

use super::opened::{Row, member, plain};

/// The figure that a key names: a member, or how many a list has (`LIST.length`).
pub(crate) fn fact(report: &Value, key: &str) -> Option<f64> {
    match key.strip_suffix(".length") {
        Some(list) => member(report, list).as_array().map(|list| list.len() as f64),
        None => member(report, key).as_f64(),
    }
}

/// The rows of a list of the report: each column's key, and the path of its member in an item.
fn list(report: &Value, path: &str, columns: &[(&str, &str)]) -> Vec<Row> {
    let items = member(report, path).as_array().unwrap_or_else(|| panic!("{path} is no list")).iter();
    let row = |item| columns.iter().map(|&(key, path)| (key.to_owned(), plain(member(item, path)))).collect();
    items.map(row).collect()
}

/// The same, where columns have the names of their members.
fn same(report: &Value, path: &str, columns: &[&str]) -> Vec<Row> {
    let columns: Vec<(&str, &str)> = columns.iter().map(|&key| (key, key)).collect();
    list(report, path, &columns)
}

/// What is put into words for people alone, and so compared with nothing.
pub(crate) fn in_words(command: &str, section: &str) -> &'static [&'static str] {
    match (command, section) {
        ("diff", "causes") => &["cause", "what", "kind"],
        ("diff", "attributes") => &["set", "status", "cause", "was", "failing_on", "error"],
        ("spurious", "steps") => &["what"],
        ("spurious", _) => &["remedy", "kept_by", "evidence"],
        ("rank", "nodes") => &["set"],
        ("waves", "waves") => &["stages"],
        ("waves", "frontier") => &["plan"],
        ("waves", "farm") => &["machine", "slots", "builds", "busy", "share"],
        ("waves", "bumps") => &["versions", "reason"],
        ("waves", "merges") => &["waves"],
        ("waves", "precedence" | "back") => &["path"],
        _ => &[],
    }
}

/// The rows that a section of a page must have, in order.
pub(crate) fn rows(command: &str, section: &str, report: &Value) -> Vec<Row> {
    match (command, section) {
        ("impact", "rebuilt") => rebuilt(report, "list"),
        ("impact", "hubs") => same(report, "hubs", &["drv", "system", "reaches", "adds"]),
        ("impact", "bumped") => {
            let mut rows = same(report, "bump.derivations", &["drv", "system", "fixed_output", "extended"]);
            for row in &mut rows {
                let found = if row["extended"] == json!(true) { "another instance" } else { "named" };
                let fetched = if row["fixed_output"] == json!(true) { ", fetched again" } else { "" };
                row.insert("found".to_owned(), json!(format!("{found}{fetched}")));
            }
            rows
        }
        ("impact", "farm") => same(report, "cost.makespan.machines", &["name", "slots", "builds", "busy_hours"]),
        ("impact", "each") => {
            let counts = ["bumped", "derivations", "attributes", "exclusive"];
            same(report, "each", &[&counts[..], &["selector", "hours", "exclusive_hours"]].concat())
        }
        ("impact", "distances" | "distance") => same(report, "by_distance", &["distance", "derivations"]),
        (_, "heavyweights") => {
            let mut rows = same(report, "cost.heavyweights", &["drv", "system", "hours", "share", "bytes", "measured"]);
            for row in &mut rows {
                let known = if row["measured"] == json!(true) { "measured" } else { "estimated" };
                row.insert("known".to_owned(), json!(known));
            }
            rows
        }
        ("diff", _) => diff(section, report),
        ("spurious", _) => spurious(section, report),
        ("rank", "nodes") => list(
            report,
            "nodes",
            &[
                ("drv", "drv"),
                ("system", "system"),
                ("attributes", "attributes"),
                ("dependents", "dependents"),
                ("hours", "cost.hours.total"),
                ("critical_path_hours", "cost.critical_path_hours"),
            ],
        ),
        ("rank", "packages") => list(
            report,
            "packages",
            &[
                ("package", "package"),
                ("instances", "instances"),
                ("bumps_per_year", "bumps_per_year"),
                ("builds", "builds"),
                ("hours", "cost.hours.total"),
                ("critical_path_hours", "cost.critical_path_hours"),
                ("builds_per_year", "per_year.builds"),
                ("hours_per_year", "per_year.hours"),
                ("critical_path_hours_per_year", "per_year.critical_path_hours"),
                ("share", "share"),
            ],
        ),
        ("waves", _) => waves(section, report),
        _ => panic!("nobody says what table '{section}' of {command} must hold"),
    }
}

fn diff(section: &str, report: &Value) -> Vec<Row> {
    match section {
        "causes" => list(
            report,
            "causes",
            &[
                ("drv", "drv"),
                ("attributes", "attributes"),
                ("used_by", "used_by"),
                ("share", "share"),
                ("exclusive", "exclusive"),
                ("shared", "shared"),
                ("built_exclusive", "built.exclusive"),
                ("built_shared", "built.shared"),
                ("hours", "hours.share"),
                ("hours_exclusive", "hours.exclusive"),
                ("hours_shared", "hours.shared"),
            ],
        ),
        // by name, whatever happened to them
        "attributes" => {
            let lists = ["rebuilt.list", "changed", "added", "removed"];
            let names = lists.iter().flat_map(|path| member(report, path).as_array().unwrap());
            let names: std::collections::BTreeSet<&str> = names.map(|name| name.as_str().unwrap()).collect();
            names.into_iter().map(|name| Row::from([("attribute".to_owned(), json!(name))])).collect()
        }
        _ => panic!("nobody says what table '{section}' of diff must hold"),
    }
}

fn spurious(section: &str, report: &Value) -> Vec<Row> {
    let year = [
        ("builds", "per_year.builds"),
        ("hours", "per_year.hours"),
        ("wrappers", "per_year.wrappers_added"),
        ("tests", "per_year.test_builds_added"),
        ("one_bump", "builds"),
    ];
    match section {
        "steps" => {
            let columns = [
                ("step", "step"),
                ("remedy", "remedy"),
                ("edges", "edges"),
                ("builds", "gain.builds"),
                ("hours", "gain.hours"),
                ("wrappers", "gain.wrappers_added"),
                ("tests", "gain.test_builds_added"),
                ("builds_so_far", "total.builds"),
                ("hours_so_far", "total.hours"),
            ];
            let mut rows = list(report, "first", &columns);
            let (mut builds, mut hours) = (json!(0.0), json!(0.0));
            for row in &mut rows {
                row.insert("builds_before".to_owned(), builds);
                row.insert("hours_before".to_owned(), hours);
                (builds, hours) = (row["builds_so_far"].clone(), row["hours_so_far"].clone());
            }
            rows
        }
        "pairs" | "inputs" | "prices" => {
            let by = if section == "inputs" { "input" } else { "pair" };
            let groups = report["groups"].as_array().unwrap().iter();
            let told = groups.filter(|group| group["by"] == by && group["remedy"].is_null() == (section == "prices"));
            let row = |group: &Value| {
                // where nothing can be done, what it would save if something could
                let price = if group["would_save"].is_null() { &group["saves"] } else { &group["would_save"] };
                let mut row: Row =
                    year.iter().map(|&(key, path)| (key.to_owned(), plain(member(price, path)))).collect();
                for (key, path) in [
                    ("input", "input"),
                    ("consumer", "consumer"),
                    ("verdict", "verdicts"),
                    ("grade", "grade"),
                    ("rule", "rules"),
                    ("edges", "edges"),
                    ("instances", "instances"),
                ] {
                    row.insert(key.to_owned(), plain(member(group, path)));
                }
                row
            };
            told.map(row).collect()
        }
        "edges" => list(
            report,
            "edges",
            &[
                ("input", "input.drv"),
                ("consumer", "consumer.drv"),
                ("attributes", "consumer.attributes"),
                ("keys", "keys"),
                ("verdict", "verdict"),
                ("grade", "grade"),
                ("rule", "rule"),
                ("one_bump", "saves.builds"),
                ("builds", "saves.per_year.builds"),
                ("hours", "saves.per_year.hours"),
                ("would_save", "would_save.per_year.builds"),
                ("owner", "consumer.owners"),
            ],
        ),
        _ => panic!("nobody says what table '{section}' of spurious must hold"),
    }
}

fn waves(section: &str, report: &Value) -> Vec<Row> {
    match section {
        "waves" => {
            let columns = [
                ("wave", "number"),
                ("builds", "derivations"),
                ("attributes", "attributes"),
                ("hours", "hours"),
                ("begins", "start_hours"),
                ("overlapping", "overlapping_start_hours"),
                ("waits", "makespan_hours"),
                ("settles", "settles.hours"),
                ("settling", "settling"),
                ("maintained", "at_stake.maintained"),
            ];
            let mut rows = list(report, "waves", &columns);
            for (row, wave) in rows.iter_mut().zip(report["waves"].as_array().unwrap()) {
                let bumps = wave["bumps"].as_array().unwrap().iter();
                row.insert("bumps".to_owned(), bumps.map(|bump| bump["name"].clone()).collect());
            }
            rows
        }
        "bumps" => {
            let columns = [
                ("bump", "name"),
                ("wave", "wave"),
                ("builds", "rebuilds.derivations"),
                ("hours", "rebuilds.hours"),
                ("instances", "instances"),
                ("owner", "owners"),
                ("maintained", "at_stake.maintained"),
            ];
            let mut rows = list(report, "bumps", &columns);
            rows.sort_by(|a, b| a["wave"].as_f64().unwrap().total_cmp(&b["wave"].as_f64().unwrap()));
            rows
        }
        "heavy" => {
            let mut rows = same(report, "heavy_builds", &["drv", "system", "hours", "held_by"]);
            for (row, heavy) in rows.iter_mut().zip(report["heavy_builds"].as_array().unwrap()) {
                let waves = heavy["waves"].as_array().unwrap().iter();
                row.insert("wave".to_owned(), waves.map(|wave| json!(wave.to_string())).collect());
            }
            rows
        }
        "frontier" => {
            let columns = [
                ("waves", "waves"),
                ("builds", "derivations"),
                ("hours", "hours"),
                ("peak", "peak_hours"),
                ("settling", "settling_hours"),
                ("latency", "latency_hours"),
                ("overlapping", "overlapping_hours"),
                ("locked", "strict"),
                ("proof", "optimal"),
            ];
            let mut rows = list(report, "frontier", &columns);
            for row in &mut rows {
                for key in ["locked", "proof"] {
                    let word = if row[key] == json!(true) { json!("yes") } else { Value::Null };
                    row.insert(key.to_owned(), word);
                }
            }
            rows
        }
        "merges" => list(report, "merges", &[("hours", "saves.hours"), ("builds", "saves.derivations")]),
        "precedence" => same(report, "precedence", &["before", "after", "reason"]),
        "back" => list(
            report,
            "back_edges",
            &[
                ("to", "to"),
                ("locked_in", "locked_in"),
                ("from", "from"),
                ("rebuilt_in", "rebuilt_in"),
                ("builds", "again.derivations"),
                ("hours", "again.hours"),
            ],
        ),
        // one kind of machine: a row a wave
        "farm" => list(report, "waves", &[("wave", "number"), ("makespan", "makespan_hours")]),
        _ => panic!("nobody says what table '{section}' of waves must hold"),
    }
}

/// The rows of a list of derivations.
fn rebuilt(report: &Value, path: &str) -> Vec<Row> {
    let columns = [
        ("drv", "drv"),
        ("package", "package"),
        ("attributes", "attributes"),
        ("system", "system"),
        ("distance", "distance"),
        ("fetched", "fetched"),
        ("hours", "hours"),
        ("grade", "needless"),
        ("owner", "owners"),
    ];
    let mut rows = list(report, path, &columns);
    for row in &mut rows {
        let attribute = row["attributes"][0].as_str().map(str::to_owned);
        row.insert("set".to_owned(), json!(set(attribute.as_deref())));
        let done = if row["fetched"] == json!(true) { "fetched" } else { "built" };
        row.insert("done".to_owned(), json!(done));
    }
    rows
}

/// The path before the last part. The names of the small distribution have no quotes.
fn set(attribute: Option<&str>) -> &str {
    match attribute {
        None => "(no attribute)",
        Some(attribute) => attribute.rsplit_once('.').map_or("(top level)", |(set, _)| set),
    }
}
