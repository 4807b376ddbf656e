//! The compiler: definitions of growing size beside upstream's builder, and `kro validate` as a whole.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, anyhow};
use kro_api::ResourceGraphDefinition;
use kro_diagnostic::source::Sources;
use kro_graph::{CompileOptions, GraphSource, Kinds, compile, lower, required_kinds};
use kro_object::Object;

use crate::measure::{Effort, measure};

mod definition;
mod process;

/// The compiler beside upstream's.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Repetitions of each size.
    #[arg(long, default_value_t = 15)]
    reps: usize,
    /// Measure the library only, not `kro validate`.
    #[arg(long)]
    warm_only: bool,
    /// Where the release programs are.
    #[arg(long, default_value = "target/release")]
    programs: PathBuf,
    /// CRD files that stand beside the definition of `kro validate`.
    #[arg(long, default_value = "../shared/crds")]
    crds: PathBuf,
    /// Write the definition with this many nodes to standard output and do nothing else.
    #[arg(long)]
    print: Option<usize>,
}

/// Nodes, and what upstream's builder took for as many on this kind of machine, schemas warm: milliseconds, megabytes
/// allocated.
const SIZES: [(usize, Option<(f64, f64)>); 5] = [
    (5, Some((6.7, 6.7))),
    (20, Some((33.0, 23.0))),
    (50, Some((87.0, 57.0))),
    (100, Some((194.0, 114.0))),
    (500, None),
];

/// Measures and prints.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    if let Some(nodes) = args.print {
        print!("{}", definition::yaml(nodes));
        return Ok(());
    }
    println!(
        "{:>5} {:>9} {:>9} {:>9} {:>9} {:>9} {:>11} {:>11} {:>9} {:>8}",
        "nodes",
        "read ms",
        "decode ms",
        "compile",
        "µs/node",
        "allocs",
        "MB",
        "KB/node",
        "upstream",
        "faster"
    );
    for (nodes, upstream) in SIZES {
        let sized = Sized::new(nodes)?;
        let least_time = Duration::from_millis(40);
        let effort = Effort { repetitions: args.reps, least_time, batch: 1 };
        let read = measure("read", effort, || (), |()| Sized::read(&sized.text));
        let decode = measure("decode", effort, || sized.object.clone(), |object| decoded(object));
        let compiled = measure(
            "compile",
            effort,
            || (),
            |()| compile(&sized.source, &sized.kinds, &CompileOptions::default()).value.is_some(),
        );
        let per = |figure: f64| figure / nodes as f64;
        let (upstream, faster) = upstream.map_or_else(
            || (String::new(), String::new()),
            |(ms, mb)| {
                let faster = ms / ((compiled.ns_min + decode.ns_min) / 1e6);
                (format!("{ms} / {mb}"), format!("{faster:.0}x"))
            },
        );
        println!(
            "{nodes:>5} {:>9.3} {:>9.3} {:>9.3} {:>9.1} {:>9.0} {:>11.3} {:>11.1} {upstream:>9} {faster:>8}",
            read.ns_min / 1e6,
            decode.ns_min / 1e6,
            compiled.ns_min / 1e6,
            per(compiled.ns_min / 1e3),
            compiled.allocs,
            compiled.bytes / 1e6,
            per(compiled.bytes / 1e3),
        );
    }
    println!(
        "upstream: milliseconds / megabytes allocated, schemas warm. promise: 50 nodes ~3 ms, < 2 MB, linear"
    );
    if args.warm_only {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let bytes = process::fill(folder.path(), &definition::yaml(50), &args.crds, 200)?;
    let cost = process::validate(&args.programs.join("kro"), folder.path(), 10)?;
    println!(
        "kro validate, 50 nodes beside 200 CRD files ({:.1} MB): {:.0} ms, peak {:.1} MB resident   promise: < 300 ms, < 60 MB",
        bytes as f64 / 1e6,
        cost.time.as_secs_f64() * 1e3,
        cost.peak as f64 / 1e6
    );
    Ok(())
}

/// A definition with everything that is there before it is compiled.
struct Sized {
    text: String,
    object: Object,
    source: GraphSource,
    kinds: Kinds,
}

impl Sized {
    fn new(nodes: usize) -> anyhow::Result<Self> {
        let text = definition::yaml(nodes);
        let object = Self::read(&text)?;
        let source = decoded(&object)?;
        let mut kinds = Kinds::default();
        for (gvk, _) in required_kinds(&source) {
            let resource = kro_k8s_schemas::kinds().iter().find(|kind| kind.gvk == gvk);
            let resource = resource.with_context(|| format!("{gvk} is not built in"))?;
            kinds.insert(resource.clone(), kro_k8s_schemas::schema(&gvk).context("a schema")?);
        }
        let compiled = compile(&source, &kinds, &CompileOptions::default());
        compiled.into_result().map_err(|found| anyhow!("{}", found[0]))?;
        Ok(Self { text, object, source, kinds })
    }

    fn read(text: &str) -> anyhow::Result<Object> {
        let mut sources = Sources::default();
        let file = sources.add("definition.yaml", text.to_owned());
        let documents = sources.documents(file).into_result().map_err(|found| anyhow!("{}", found[0]))?;
        Ok(Object::from_value(documents[0].to_value())?)
    }
}

fn decoded(object: &Object) -> anyhow::Result<GraphSource> {
    let definition = ResourceGraphDefinition::decode(object.clone())
        .into_result()
        .map_err(|found| anyhow!("{}", found[0]))?;
    lower(&definition.spec).into_result().map_err(|found| anyhow!("{}", found[0]))
}
