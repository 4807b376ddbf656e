//! A write that is not answered may have happened: what is known of the status is asked for anew before it counts.

use crate::{home, object, page};
use http::Method;
use kro_apiserver::fault::{Fault, Rule};
use kro_object::{Gvk, ObjectKey};
use kro_sim::{OPERATOR, World, WorldOptions, run};
use serde_json::json;
use std::time::Duration;

/// A definition fails, which is written but not answered; the next pass finds all well, and says so.
#[test]
fn a_failure_does_not_stay_in_the_status() {
    run(async {
        let mut world = World::new(&WorldOptions::default());
        let faults = world.faults().clone();
        let definitions = "/apis/kro.run/v1alpha1/resourcegraphdefinitions";
        faults.script(Rule::new(Fault::DelayWatch(Duration::from_mins(1))).path(definitions).times(u32::MAX));
        world.start();
        world.admin().apply(&page()).expect("a definition");
        world.sleep(Duration::from_mins(5)).await;
        let crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        let crd = world.admin().resource(&Gvk::new("apiextensions.k8s.io", "v1", "CustomResourceDefinition"));
        let crd =
            world.admin().get(&crd.expect("built in"), &ObjectKey::cluster("pages.kro.run")).expect("there");
        faults.script(Rule::new(Fault::Deny).path(&format!("{crds}/pages.kro.run")));
        faults.script(Rule::new(Fault::LoseReply).path(&format!("{definitions}/page/status")));
        // Whoever touches the CRD wakes the definition.
        world
            .admin()
            .apply(&object(json!({
                "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                "metadata": {"name": "pages.kro.run", "annotations": {"example.com/touched": "yes"}},
                "spec": crd.as_value_at("spec"),
            })))
            .expect("the CRD");
        world.sleep(Duration::from_secs(30)).await;
        let lost = faults.injected().iter().filter(|met| met.fault == Fault::LoseReply).count();
        assert_eq!(lost, 1, "nothing was lost");
        world.sleep(Duration::from_mins(5)).await;
        let resource = world.admin().resource(&Gvk::new("kro.run", "v1alpha1", "ResourceGraphDefinition"));
        let definition = world.admin().get(&resource.expect("ours"), &ObjectKey::cluster("page"));
        let definition = definition.expect("nobody deletes it");
        assert_eq!(definition.as_value_at("status").map(|status| &status["state"]), Some(&json!("Active")));
    });
}

/// The same for an instance: its child cannot be repaired for a moment.
#[test]
fn an_error_does_not_stay_in_the_status() {
    run(async {
        let mut world = World::new(&WorldOptions::default());
        let faults = world.faults().clone();
        world.start();
        world.admin().apply(&page()).expect("a definition");
        world.sleep(Duration::from_secs(10)).await;
        faults.script(
            Rule::new(Fault::DelayWatch(Duration::from_mins(1)))
                .path("/apis/kro.run/v1alpha1/pages")
                .times(u32::MAX),
        );
        world.crash(OPERATOR).await;
        world.start();
        world.admin().apply(&home("hello")).expect("an instance");
        world.sleep(Duration::from_mins(5)).await;
        let pages = world.admin().resource(&Gvk::new("kro.run", "v1alpha1", "Page")).expect("served");
        let key = ObjectKey::namespaced("default", "home");
        let state = || {
            let page = world.admin().get(&pages, &key).expect("nobody deletes it");
            page.as_value_at("status").map(|status| status["state"].clone())
        };
        assert_eq!(state(), Some(json!("ACTIVE")));
        let map = "/api/v1/namespaces/default/configmaps/home";
        faults.script(Rule::new(Fault::InternalError).method(Method::PATCH).path(map));
        let status = "/apis/kro.run/v1alpha1/namespaces/default/pages/home/status";
        faults.script(Rule::new(Fault::LoseReply).path(status));
        let spoiled = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "home", "namespace": "default"},
            "data": {"text": "spoiled"},
        });
        world.admin().apply(&object(spoiled)).expect("the child");
        world.sleep(Duration::from_mins(5)).await;
        let lost = faults.injected().iter().filter(|met| met.fault == Fault::LoseReply).count();
        assert_eq!(lost, 1, "nothing was lost");
        assert_eq!(state(), Some(json!("ACTIVE")));
    });
}
