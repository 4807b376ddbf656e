//! Instances that are rendered, each by itself.

use std::sync::Arc;

use anyhow::Context;
use kro_graph::Graph;
use kro_object::Object;
use proptest::test_runner::{TestCaseError, TestError};

use super::{Args, Instances, none_found, render, runner};
use crate::output::{BAD, FAINT, GOOD, STRONG, styled};
use crate::report::plural;

const CASES: u32 = 256;

/// Searches in every definition; says whether all is good.
pub(super) fn run<'d>(
    graphs: impl Iterator<Item = (&'d Object, Arc<Graph>)>,
    args: &Args,
) -> anyhow::Result<bool> {
    let mut good = true;
    let cases = args.cases.unwrap_or(CASES);
    for (definition, graph) in graphs {
        let name = definition.key().name;
        let instances = Instances::of(&graph);
        let targets = render::Targets::new(&graph);
        let outcome = runner(args, cases, 10_000).run(&instances.strategy(), |instance| {
            let rendered = render::check(&graph, &targets, instances.stored(&instance));
            rendered.map(drop).map_err(TestCaseError::fail)
        });
        match outcome {
            Ok(()) => {
                let instances = plural(cases as usize, "instance");
                anstream::println!("{} {name}: {instances} rendered, all objects fit", styled(GOOD, "ok"));
            }
            Err(TestError::Fail(reason, instance)) => {
                good = false;
                let text = serde_saphyr::to_string(&instance).context("cannot write YAML")?;
                anstream::println!(
                    "{}: {}\n\n{}\n{text}",
                    styled(BAD, "error"),
                    styled(STRONG, format_args!("a valid instance of {name} makes what cannot be: {reason}")),
                    styled(FAINT, "# the smallest such instance"),
                );
            }
            Err(TestError::Abort(reason)) => return Err(none_found(definition, &reason)),
        }
    }
    Ok(good)
}
