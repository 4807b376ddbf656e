//! `kro lint`: every warning of some definitions, and what one instance can cost at most, under ceilings that the
//! caller sets.

use std::fmt::Write as _;
use std::process::ExitCode;

use kro_diagnostic::{Severity, codes};
use kro_graph::Limits;
use kro_graph::bounds::{Bounds, Ceilings, Count, ExpressionCost, bounds};
use serde_json::{Value, json};

use crate::input::Input;
use crate::output::{FAINT, STRONG, styled};
use crate::report::{Format, Grouping, Report};

/// Options of `kro lint`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    input: Input,
    /// How to print what was found.
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
    /// The most objects that one instance may have.
    #[arg(long, value_name = "COUNT")]
    max_objects: Option<u64>,
    /// The most requests that one reconcile may take.
    #[arg(long, value_name = "COUNT")]
    max_calls: Option<u64>,
    /// The most resources that may wait for each other in a row.
    #[arg(long, value_name = "COUNT")]
    max_chain: Option<usize>,
    /// The largest status that the author's fields may make, in bytes.
    #[arg(long, value_name = "BYTES")]
    max_status: Option<u64>,
    /// The most cost units that the expressions of one pass may take; Kubernetes allows 10000000 for the rules of one
    /// object.
    #[arg(long, value_name = "UNITS")]
    max_cost: Option<u64>,
    /// Objects that a collection without a limit in the schema is taken to have, at most; the operator's own limit.
    #[arg(long, value_name = "COUNT", default_value_t = Limits::default().collection_size)]
    collection_size: usize,
    /// End with exit code 1 when there are warnings of any kind; otherwise errors and ceilings alone do.
    #[arg(long)]
    deny_warnings: bool,
}

/// Checks, counts and prints.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut loaded = args.input.load()?;
    loaded.require_definitions(&args.input)?;
    let limits = Limits { collection_size: args.collection_size, ..Limits::default() };
    let ceilings = Ceilings {
        objects: args.max_objects,
        calls: args.max_calls,
        longest_chain: args.max_chain,
        status: args.max_status,
        cost: args.max_cost,
    };
    let names: Vec<String> =
        loaded.project.definitions().map(|manifest| manifest.object.key().name.to_string()).collect();
    let mut costs = Vec::new();
    for (name, definition) in names.into_iter().zip(&mut loaded.definitions) {
        let Some(graph) = &definition.graph else { continue };
        let bounds = bounds(graph, limits);
        definition.diagnostics.extend(bounds.exceeding(ceilings));
        costs.push((name, bounds));
    }
    let report = Report::new(&loaded);
    match args.output {
        Format::Human => {
            for (name, bounds) in &costs {
                anstream::print!("{}", table(name, bounds));
            }
            report.print(Format::Human, Grouping::Each);
        }
        Format::Json => println!("{:#}", json!({"findings": report.json(), "bounds": json(&costs)})),
        Format::Sarif => {
            let mut log = report.sarif();
            log["runs"][0]["properties"] = json!({"bounds": json(&costs)});
            println!("{log:#}");
        }
        Format::Github => {
            report.print(Format::Github, Grouping::Each);
            for (name, bounds) in &costs {
                println!("::notice title=bounds of {name}::{}", summary(bounds));
            }
        }
    }
    let exceeded = report.has(codes::ABOVE_CEILING);
    let denied = args.deny_warnings && report.count(Severity::Warning) > 0;
    let failed = report.count(Severity::Error) > 0 || exceeded || denied;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// `at most 7`, or what limits it when no schema does.
fn shown(count: Count, limit: &str) -> String {
    if count.declared { count.most.to_string() } else { format!("{} ({limit})", count.most) }
}

fn objects(bounds: &Bounds) -> Count {
    let declared = bounds.objects.iter().all(|(_, count)| count.declared);
    Count { most: bounds.total_objects(), declared }
}

fn summary(bounds: &Bounds) -> String {
    let rows = rows(bounds);
    rows.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join(", ")
}

/// What an instance can cost, by name.
fn rows(bounds: &Bounds) -> Vec<(&'static str, String)> {
    vec![
        ("objects", shown(objects(bounds), "limited by the operator, not by the schema")),
        ("requests of a reconcile", bounds.calls().to_string()),
        ("longest chain", bounds.longest_chain.to_string()),
        ("cost units of a pass", cost(bounds)),
        ("bytes of status", shown(bounds.status_size(), "limited by the API server, not by the schema")),
    ]
}

/// The price of all expressions with that of the dearest.
fn cost(bounds: &Bounds) -> String {
    let dearest = bounds.dearest().map_or_else(String::new, |one| format!("at {}", one.locus.path));
    match bounds.cost() {
        Some(total) if dearest.is_empty() => total.to_string(),
        Some(total) => format!("{total} (most {dearest})"),
        None => format!("no limit ({dearest})"),
    }
}

fn table(name: &str, bounds: &Bounds) -> String {
    let mut out = format!("{}\n", styled(STRONG, format_args!("an instance of {name} has at most")));
    for (row, value) in rows(bounds) {
        let _ = writeln!(out, "  {row:<26} {value}");
        let parts: Vec<String> = match row {
            "objects" => bounds.objects.iter().map(|(id, count)| part(id, *count)).collect(),
            "bytes of status" => bounds.status.iter().map(|(path, count)| part(path, *count)).collect(),
            _ => Vec::new(),
        };
        for part in parts.iter().filter(|_| parts.len() > 1) {
            let _ = writeln!(out, "    {}", styled(FAINT, part));
        }
    }
    out.push('\n');
    out
}

fn part(name: &impl ToString, count: Count) -> String {
    let open = if count.declared { "" } else { " (no limit in the schema)" };
    format!("{:<24} {}{open}", name.to_string(), count.most)
}

fn json(costs: &[(String, Bounds)]) -> Value {
    let count = |count: Count| json!({"most": count.most, "declared": count.declared});
    let price = |one: &ExpressionCost| json!({"path": one.locus.path.to_string(), "cost": one.cost, "times": one.times});
    let one = |(name, bounds): &(String, Bounds)| {
        let nodes = bounds.objects.iter().map(|(id, most)| (id.to_string(), count(*most)));
        let fields = bounds.status.iter().map(|(path, most)| (path.to_string(), count(*most)));
        let value = json!({
            "objects": count(objects(bounds)),
            "objectsByResource": nodes.collect::<serde_json::Map<_, _>>(),
            "calls": bounds.calls(),
            "longestChain": bounds.longest_chain,
            "cost": bounds.cost(),
            "costByExpression": bounds.expressions.iter().map(price).collect::<Vec<_>>(),
            "statusBytes": count(bounds.status_size()),
            "statusBytesByField": fields.collect::<serde_json::Map<_, _>>(),
        });
        (name.clone(), value)
    };
    costs.iter().map(one).collect()
}
