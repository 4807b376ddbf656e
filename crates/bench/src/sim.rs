//! How fast simulated clusters live: a quiet one, and one in which every instance changes again and again. One thread, in processor time.

use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Args as ClapArgs;
use kro_object::Object;
use kro_sim::{World, WorldOptions};
use serde_json::{Value, json};

use crate::measure::processor_time;

/// How much of it.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    /// Virtual hours of quiet.
    #[arg(long, default_value_t = 1000)]
    hours: u32,
    /// Instances.
    #[arg(long, default_value_t = 100)]
    instances: u32,
    /// How often each of them changes.
    #[arg(long, default_value_t = 20)]
    changes: u32,
}

/// Virtual hours in a minute, as promised.
const HOURS: f64 = 1000.0;
/// Reconciles in a second, as promised.
const RECONCILES: f64 = 2000.0;

/// Measures both.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    kro_sim::run(async {
        let mut world = World::new(&WorldOptions::default());
        world.start();
        apply(&world, definition())?;
        world.sleep(Duration::from_secs(10)).await;
        for number in 0..args.instances {
            apply(&world, instance(number, 0))?;
        }
        settle(&mut world).await?;

        let start = processor_time();
        world.sleep(Duration::from_hours(1) * args.hours).await;
        let minutes = processor_time().saturating_sub(start).as_secs_f64() / 60.0;
        let hours = f64::from(args.hours) / minutes;
        println!(
            "quiet, {} instances: {hours:.0} virtual hours in a minute, promised {HOURS:.0}",
            args.instances
        );

        let (reconciled, asked) = (reconciles(&world), world.requests().total());
        let start = processor_time();
        for change in 1..=args.changes {
            for number in 0..args.instances {
                apply(&world, instance(number, change))?;
            }
            // Slow enough for the rule on requests in a minute.
            world.sleep(Duration::from_secs(30)).await;
        }
        let seconds = processor_time().saturating_sub(start).as_secs_f64();
        let reconciled = reconciles(&world) - reconciled;
        let least = u64::from(args.instances * args.changes);
        ensure!(reconciled >= least, "only {reconciled} of {least} reconciles took place");
        let asked = (world.requests().total() - asked) as f64 / reconciled as f64;
        let speed = reconciled as f64 / seconds;
        println!(
            "busy: {reconciled} reconciles with {asked:.1} requests each, {speed:.0} in a second and core, promised {RECONCILES:.0}"
        );
        settle(&mut world).await
    })
}

fn reconciles(world: &World) -> u64 {
    world.metric("instance_reconcile_total")
}

async fn settle(world: &mut World) -> anyhow::Result<()> {
    let settled = world.settle().await;
    settled.map(drop).map_err(|wrong| anyhow::anyhow!("the cluster is not right: {}", wrong.join("; ")))
}

fn apply(world: &World, value: Value) -> anyhow::Result<()> {
    let object = Object::from_value(value)?;
    world.admin().apply(&object).map(drop).context("the server refuses")
}

/// Two config maps, of which the second reads the first.
fn definition() -> Value {
    let map = |name: &str, text: &str| {
        json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": format!("${{schema.metadata.name}}-{name}")}, "data": {"text": text},
        })
    };
    json!({
        "apiVersion": "kro.run/v1alpha1", "kind": "ResourceGraphDefinition", "metadata": {"name": "page"},
        "spec": {
            "schema": {
                "apiVersion": "v1alpha1", "kind": "Page", "spec": {"text": "string"},
                "status": {"text": "${second.data.text}"},
            },
            "resources": [
                {"id": "first", "template": map("first", "${schema.spec.text}")},
                {"id": "second", "template": map("second", "${first.data.text}")},
            ],
        },
    })
}

fn instance(number: u32, change: u32) -> Value {
    json!({
        "apiVersion": "kro.run/v1alpha1", "kind": "Page",
        "metadata": {"name": format!("page-{number}"), "namespace": "default"},
        "spec": {"text": format!("text {change}")},
    })
}
