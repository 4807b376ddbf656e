//! The language's own conformance tests in two implementations: ours and the crate `cel`. A case passes when both do
//! the same of it, or when the list of disagreements explains the difference. Prints who passes how many.

use std::collections::BTreeMap;
use std::path::Path;

use kro_cel::Value;
use serde_json::Value as Json;

use super::Input;
use super::cel::{PROTO, conformance, text, values};
use crate::oracle::{Disagreements, Peer, Right};
use crate::report::Report;

/// The peer evaluates recursively, deeper than the stack of a thread.
const STACK: usize = 256 << 20;

/// Cases of one file: how many there are, how many ours passes, how many the peer.
#[derive(Default)]
struct Score {
    cases: usize,
    ours: usize,
    peer: usize,
}

/// Runs `conformance.json` of the folder.
pub(crate) fn run(input: &Input) -> anyhow::Result<Report> {
    std::thread::scope(|scope| {
        let work = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || compare(input))?;
        work.join().map_err(|_| anyhow::anyhow!("the comparison panicked"))?
    })
}

fn compare(input: &Input) -> anyhow::Result<Report> {
    let disagreements = Disagreements::read(Path::new("fixtures/cel-disagreements.toml"))?;
    let mut report = Report::default();
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    let mut differing = Vec::new();
    let mut judged: BTreeMap<Right, usize> = BTreeMap::new();
    for case in super::cel::read(&input.data.join("conformance.json"))? {
        let name = format!("{}/{}/{}", text(&case, "file"), text(&case, "section"), text(&case, "name"));
        if !input.wants(&name) {
            continue;
        }
        if case["proto"] == true {
            report.out_of_scope(name, PROTO);
            continue;
        }
        let (ours, peer) = (conformance::check(&case), check(&case));
        let score = scores.entry(text(&case, "file").to_owned()).or_default();
        score.cases += 1;
        score.ours += usize::from(ours.is_ok());
        score.peer += usize::from(peer.is_ok());
        let result = match (ours, peer) {
            (Ok(()), Err(difference)) => Err(format!("cel alone: {difference}")),
            (Err(difference), Ok(())) => Err(format!("ours alone: {difference}")),
            _ => Ok(()),
        };
        if result.is_err() {
            differing.push(name.clone());
        }
        let listed = disagreements.of_case(&name).filter(|_| result.is_err());
        if let Some(entry) = listed {
            *judged.entry(entry.right).or_default() += 1;
        }
        report.add(name, if listed.is_some() { Ok(()) } else { result });
    }
    if input.only.is_none() {
        for (id, pattern) in disagreements.stale(&differing) {
            report
                .add(format!("disagreement {id}"), Err(format!("no case like {pattern} shows it any more")));
        }
    }
    print(&scores);
    println!("{} cases with different outcomes; who is right: {judged:?}", differing.len());
    Ok(report)
}

/// Whether the peer does what a case asks for.
fn check(case: &Json) -> Result<(), String> {
    if case["check_only"] == true || !case["type"].is_null() && case["value"].is_null() {
        return Err("it has no type checker".to_owned());
    }
    let mut bindings = Vec::new();
    for (name, value) in case["bindings"].as_object().into_iter().flatten() {
        bindings.push((name.as_str(), values::read(value)?));
    }
    let peer = Peer::new(text(case, "container")).map_err(|error| error.to_string())?;
    match (peer.eval(text(case, "expr"), &bindings), case["error"].is_array()) {
        (Err(error), true) if error == "panic" => Err(error),
        (Err(_), true) => Ok(()),
        (Ok(value), true) => Err(format!("{} instead of an error", values::write(&value))),
        (Err(error), false) => Err(format!("error: {error}")),
        (Ok(value), false) => {
            let expected = values::write(&named(&values::read(&case["value"])?));
            let found = values::write(&value);
            if expected == found { Ok(()) } else { Err(format!("{found} instead of {expected}")) }
        }
    }
}

/// The peer gives types out as their names.
fn named(value: &Value<'static>) -> Value<'static> {
    match value {
        Value::Type(ty) => Value::string(ty.name()),
        other => other.clone(),
    }
}

fn print(scores: &BTreeMap<String, Score>) {
    println!("{:<18} {:>6} {:>8} {:>8}", "file", "cases", "kro-cel", "cel");
    let mut all = Score::default();
    for (file, score) in scores {
        println!("{file:<18} {:>6} {:>8} {:>8}", score.cases, score.ours, score.peer);
        all.cases += score.cases;
        all.ours += score.ours;
        all.peer += score.peer;
    }
    println!("{:<18} {:>6} {:>8} {:>8}", "all", all.cases, all.ours, all.peer);
}
