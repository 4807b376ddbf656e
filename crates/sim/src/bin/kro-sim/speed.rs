//! How fast simulated clusters live: a quiet one, and one in which every instance is reconciled again and again, by how
//! much there is to do. One thread, in processor time, the server's work included.

use kro_object::Object;
use kro_sim::{World, WorldOptions};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use std::time::Duration;

/// Instances.
const INSTANCES: u32 = 100;
/// How often each of them is reconciled for each cause.
const TIMES: u32 = 20;
/// Virtual hours of quiet.
const HOURS: u32 = 1000;
/// Virtual hours in a minute, as promised.
const PROMISED_HOURS: f64 = 1000.0;
/// Reconciles in a second, as promised.
const PROMISED_RECONCILES: f64 = 2000.0;

/// Why an instance is reconciled.
#[derive(Debug, Clone, Copy)]
enum Cause {
    /// Somebody changes a child, which is put right.
    Drifted,
    /// Its own text changes: two children and its status follow.
    Changed,
}

/// Prints both; whether each cluster was right in the end.
pub(crate) fn measure() -> bool {
    kro_sim::run(async {
        let mut world = World::new(&WorldOptions::default());
        world.start();
        apply(&world, definition());
        world.sleep(Duration::from_secs(10)).await;
        for number in 0..INSTANCES {
            apply(&world, instance(number, "text 0"));
        }
        if !settles(&mut world).await {
            return false;
        }
        let start = processor_time();
        world.sleep(Duration::from_hours(1) * HOURS).await;
        let minutes = processor_time().saturating_sub(start).as_secs_f64() / 60.0;
        println!(
            "quiet, {INSTANCES} instances: {:.0} virtual hours in a minute (promised: {PROMISED_HOURS:.0})",
            f64::from(HOURS) / minutes
        );
        for cause in [Cause::Drifted, Cause::Changed] {
            busy(&world, cause).await;
            if !settles(&mut world).await {
                return false;
            }
        }
        true
    })
}

async fn busy(world: &World, cause: Cause) {
    let reconciles = || world.metric("instance_reconcile_total");
    let (before, asked) = (reconciles(), world.requests().total());
    let start = processor_time();
    for turn in 1..=TIMES {
        for number in 0..INSTANCES {
            let text = format!("text {turn}");
            apply(
                world,
                match cause {
                    Cause::Drifted => map(&format!("page-{number}-second"), &text),
                    Cause::Changed => instance(number, &text),
                },
            );
        }
        // Slow enough for the rule on requests in a minute.
        world.sleep(Duration::from_secs(30)).await;
    }
    let seconds = processor_time().saturating_sub(start).as_secs_f64();
    let reconciles = (reconciles() - before) as f64;
    println!(
        "{cause:?}: {reconciles} reconciles with {:.1} requests each, {:.0} in a second (promised: {PROMISED_RECONCILES:.0})",
        (world.requests().total() - asked) as f64 / reconciles,
        reconciles / seconds
    );
}

async fn settles(world: &mut World) -> bool {
    let settled = world.settle().await;
    if let Err(wrong) = &settled {
        for line in wrong {
            println!("WRONG {line}");
        }
    }
    settled.is_ok()
}

fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs().try_into().unwrap_or_default())
}

fn apply(world: &World, value: Value) {
    let object = Object::from_value(value).expect("invariant: an object by its text");
    world.admin().apply(&object).expect("invariant: valid, and no faults between");
}

/// Two config maps, of which the second reads the first.
fn definition() -> Value {
    json!({
        "apiVersion": "kro.run/v1alpha1", "kind": "ResourceGraphDefinition", "metadata": {"name": "page"},
        "spec": {
            "schema": {
                "apiVersion": "v1alpha1", "kind": "Page", "spec": {"text": "string"},
                "status": {"text": "${second.data.text}"},
            },
            "resources": [
                {"id": "first", "template": map("${schema.metadata.name}-first", "${schema.spec.text}")},
                {"id": "second", "template": map("${schema.metadata.name}-second", "${first.data.text}")},
            ],
        },
    })
}

fn map(name: &str, text: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"text": text}})
}

fn instance(number: u32, text: &str) -> Value {
    json!({
        "apiVersion": "kro.run/v1alpha1", "kind": "Page",
        "metadata": {"name": format!("page-{number}"), "namespace": "default"},
        "spec": {"text": text},
    })
}
