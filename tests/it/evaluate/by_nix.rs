#[test]
fn scratch() {
    use nix_ripple::ingest::evaluate::*;
    let mut params = EvaluateParams::new(std::env::var("EV_FILE").unwrap());
    if let Ok(b) = std::env::var("EV_BATCH") {
        params.batch = b.parse().unwrap();
    }
    params.store_root = std::env::var("EV_STORE").ok().map(Into::into);
    params.attributes =
        std::env::var("EV_ATTRS").ok().map(|a| a.split(' ').map(str::to_owned).collect()).unwrap_or_default();
    let start = std::time::Instant::now();
    let e = evaluate(&params, &Default::default()).unwrap();
    eprintln!(
        "{:?} {} derivations {} failed {:?} {:?}",
        start.elapsed(),
        e.derivations,
        e.failed,
        e.missing,
        e.problems
    );
    std::fs::write("/tmp/eval/out.jsonl", &e.lines).unwrap();
}
