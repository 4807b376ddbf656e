//! How times grow with the data: eight times as much must not take us longer, in proportion, than it takes cel-go.

use std::path::Path;

use anyhow::{Context, ensure};
use serde_json::{Value as Json, json};

use super::{Args, peer, timing};

/// Expressions over `items`, a list of objects, and `N`, their number.
const EXPRESSIONS: [(&str, &str); 10] = [
    ("exists", "items.exists(i, i.name == 'none')"),
    ("filter-map", "items.filter(i, i.ready).map(i, i.name)"),
    ("map-literal", "items.map(i, {'name': i.name})"),
    ("join-split", "items.map(i, i.name).join(',').split(',')"),
    ("concat", "items.map(i, i.name) + items.map(i, i.name)"),
    ("sort-by", "items.sortBy(i, i.name)"),
    ("transform-list", "items.transformList(n, i, i.name + string(n))"),
    ("transform-map", "items.map(i, i.name).transformMapEntry(n, name, {name: name})"),
    ("range-sum", "lists.range(N).map(n, n * n).sum()"),
    ("replace", "items.map(i, i.name).join('-').replace('-', '--').size()"),
];

/// The smaller number of items; the greater is [`FACTOR`] times as much.
const FEW: usize = 100;
const FACTOR: usize = 8;
/// How much more than cel-go's, and than the data's, our growth may be before it is called so: times are noisy, and the
/// greater data leave the fastest cache.
const SLACK: f64 = 1.6;

/// The expressions that grow more than they may.
pub(super) fn check(args: &Args) -> anyhow::Result<Vec<String>> {
    let folder = tempfile::tempdir()?;
    write_cases(folder.path())?;
    // A filter that every name passes: figures about environments belong to the other cases.
    let ours = timing::run(folder.path(), Some("-"), args.reps.min(7), args.milliseconds)?;
    let go = peer::run(&args.gold, folder.path(), Some("."), &["-reps", "3", "-time", "20ms"])?;
    let mut worse = Vec::new();
    println!("{:<22} {:>9} {:>9}   growth from {FEW} to {} items", "case", "ours", "cel-go", FACTOR * FEW);
    for (name, _) in EXPRESSIONS {
        let growth = |time: &dyn Fn(&str) -> Option<f64>| {
            Some(time(&case_name(name, FACTOR * FEW))? / time(&case_name(name, FEW))?)
        };
        let ours = growth(&|case| Some(ours.cases.iter().find(|timed| timed.name == case)?.eval.ns_min));
        let ours = ours.with_context(|| format!("{name} was not timed"))?;
        let theirs = go.as_ref().and_then(|go| {
            growth(&|case| {
                let case = go.cases.iter().find(|timed| timed.name == case)?;
                Some(case.eval_raw.as_ref().unwrap_or(&case.eval).ns_min)
            })
        });
        let allowed = SLACK * theirs.unwrap_or_default().max(FACTOR as f64);
        let theirs = theirs.map_or("-".to_owned(), |growth| format!("{growth:.1}x"));
        println!("{name:<22} {:>9} {theirs:>9}", format!("{ours:.1}x"));
        if ours > allowed {
            worse.push(format!("{name} grows {ours:.1}x"));
        }
    }
    Ok(worse)
}

fn case_name(name: &str, items: usize) -> String {
    format!("{name}-{items}")
}

/// A folder of cases as both programs read it.
fn write_cases(folder: &Path) -> anyhow::Result<()> {
    let write = |name: &str, json: &Json| std::fs::write(folder.join(name), json.to_string());
    std::fs::create_dir(folder.join("data"))?;
    let item =
        json!({"type": "object", "properties": {"name": {"type": "string"}, "ready": {"type": "boolean"}}});
    write("data/items.schema.json", &json!({"type": "array", "items": item}))?;
    let mut data = serde_json::Map::new();
    let mut cases = Vec::new();
    for items in [FEW, FACTOR * FEW] {
        // Not in the order of the names.
        let list: Vec<Json> = (0..items)
            .map(|n| json!({"name": format!("item-{:05}", n * 7919 % items), "ready": n % 2 == 0}))
            .collect();
        let object = format!("items{items}.json");
        write(&format!("data/{object}"), &Json::from(list))?;
        data.insert(format!("items{items}"), json!({"object": object, "schema": "items.schema.json"}));
        for (name, text) in EXPRESSIONS {
            let text = text.replace('N', &items.to_string());
            let vars =
                if text.contains("items") { json!({"items": format!("items{items}")}) } else { json!({}) };
            cases.push(json!({"name": case_name(name, items), "expr": text, "vars": vars}));
        }
    }
    ensure!(cases.len() == 2 * EXPRESSIONS.len(), "a case for each expression and size");
    write("cel-cases.json", &json!({"data": data, "cases": cases}))?;
    Ok(())
}
