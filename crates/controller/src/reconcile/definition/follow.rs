//! One definition in a replica that does not lead: served as the leader serves it, once its CRD is there.
//! Refuses to write anything.

use super::{Input, Pass};
use crate::{
    Shared, crd,
    queue::Outcome,
    reconcile::{Effect, Report},
    revisions::{Compiled, Revision},
};
use kro_api::{
    Policy,
    policy::{WithInstances, pinned},
};
use kro_cluster::Error;
use kro_graph::Graph;
use kro_object::Object;
use std::sync::Arc;

pub(super) async fn reconcile(shared: &Arc<Shared>, input: &Input, object: Object) -> Result<Report, Error> {
    if object.metadata().is_deleting()
        && Policy::of(shared.options.profile, &object).with_instances == WithInstances::Strand
    {
        return Ok(Report::new(Outcome::Done).with(Effect::Unserve));
    }
    let mut pass = Pass::new(shared, object, input.crds);
    match wanted(&pass.object, input) {
        // It compiles right now.
        Wanted::Later => {}
        Wanted::LastGood => pass.serve_last_good(input),
        Wanted::Revision(graph) => {
            let desired = pass.crd(&graph, &pass.object.key().name);
            // Until the leader has made the CRD fit, what is served stays; the change of the CRD is heard.
            if crd::fits(shared, desired).await? {
                let (lacks, _) = pass.check_access(&graph).await;
                let reread = input.served.as_ref().is_some_and(|former| !Arc::ptr_eq(former, &graph));
                let uid = pass.object.metadata().uid().unwrap_or_default().into();
                let policy = pass.policy.clone();
                pass.effects.push(Effect::Serve { uid, graph, policy, lacks, reread });
            }
        }
    }
    Ok(Report { outcome: Outcome::Done, effects: pass.effects })
}

/// What the leader serves.
enum Wanted {
    Later,
    LastGood,
    Revision(Arc<Graph>),
}

fn wanted(object: &Object, input: &Input) -> Wanted {
    let number = match (pinned(object), input.latest()) {
        (_, None) => return Wanted::LastGood,
        (Some(Ok(pin)), Some(_)) => pin,
        (_, Some(latest)) => latest,
    };
    match input.compiled.get(&number) {
        Some(Revision { compiled: Compiled::Active(graph), .. }) => Wanted::Revision(Arc::clone(graph)),
        None if input.revisions.contains_key(&number) => Wanted::Later,
        _ => Wanted::LastGood,
    }
}
