//! One thing that happens, and how it is done to a world. What cannot be done now is refused by the server, as it
//! would be for people, and the story goes on.

use super::{
    PolicyChange, WidgetForm,
    design::{Design, KINDS, Wish, external, external_name, squatter},
    widget,
};
use crate::{Admin, Refused, World, definitions, oracle::shown};
use kro_api::names::{annotations, labels, managers};
use kro_apiserver::fault::{Fault, Rule};
use kro_object::{Gvk, Object, ObjectKey, ResourceType, Scope};
use serde_json::json;
use std::time::Duration;

/// One thing that happens. Numbers that name something are taken modulo what there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// A definition is created or changed.
    Define(u8, Design),
    /// A definition is deleted.
    Undefine(u8),
    /// A definition gets another policy.
    Policy(u8, PolicyChange),
    /// The CRD of widgets is created or changed.
    Install(WidgetForm),
    /// The CRD of widgets is deleted, and they with it.
    Uninstall,
    /// An instance is created or changed.
    Wish(u8, u8, Wish),
    /// An instance is deleted.
    Delete(u8, u8),
    /// An instance is told to rest, or to go on.
    Suspend(u8, u8, bool),
    /// Somebody makes a ConfigMap with the name of what a node of an instance makes, or changes that.
    Squat(u8, u8, u8),
    /// Somebody meddles with a child.
    Meddle(u16, Meddling),
    /// Somebody else's object is created or changed.
    Share(u8, u8),
    /// Somebody else's object is deleted.
    Unshare(u8),
    /// Time passes, in tenths of a second.
    Wait(u16),
    /// The clock of the operators' machines is put on, or back, by so many minutes.
    Jump(i16),
    /// The operator is killed and started again.
    Crash,
    /// The operator is killed after so many more steps, and started again when something else happens.
    CrashAfter(u16),
    /// A message is lost after so many more steps, and the connection with it.
    LoseAfter(u16),
    /// The operator is stopped and started as an upgrade does.
    Restart,
    /// The operator is cut off for so many seconds.
    CutOff(u8),
    /// One of several operators is stopped and stays away, unless no other is there.
    Leave(u8),
    /// One that stayed away is back.
    Join(u8),
    /// The server forgets its history.
    Compact,
    /// So many requests of the operator meet something.
    Suffer(Ill, u8),
}

/// What a row of requests meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ill {
    /// 503 for everything in the group `apps`.
    Outage,
    /// 403 for everything in the core group.
    Forbidden,
    /// 403 for every write, as of a webhook that denies.
    Denied,
    /// Three seconds each.
    Slow,
    /// Lists that take any version show what was stored ten revisions ago.
    StaleLists,
    /// Events of config maps come a minute late.
    LateWatches,
}

impl Ill {
    fn rule(self) -> Rule {
        match self {
            Self::Outage => Rule::new(Fault::Unavailable).path("/apis/apps/"),
            Self::Forbidden => Rule::new(Fault::Deny).path("/api/v1/"),
            Self::Denied => Rule::new(Fault::Deny).method(http::Method::PATCH),
            Self::Slow => Rule::new(Fault::Delay(Duration::from_secs(3))),
            Self::StaleLists => Rule::new(Fault::StaleList(10)),
            Self::LateWatches => {
                Rule::new(Fault::DelayWatch(Duration::from_mins(1))).path("/api/v1/configmaps")
            }
        }
    }
}

/// What somebody does to a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meddling {
    /// Changes a field that kro owns.
    Ours,
    /// Adds a field of their own.
    Theirs(u8),
    /// Deletes it.
    Delete,
    /// Makes an object of their own with its labels, that of its set among them.
    Forge,
}

/// The prefix of annotations that others add to children.
pub(crate) const THEIRS: &str = "others.example.org/";

/// Names of instances.
const NAMES: [&str; 2] = ["one", "two"];

impl Operation {
    /// Does what people do at a server, whoever operates it; `None` for what befalls a world.
    pub fn by(&self, admin: &Admin) -> Option<Result<(), Refused>> {
        Some(match self {
            Self::Define(which, design) => admin.apply(&design.definition(usize::from(*which))).map(drop),
            Self::Undefine(which) => {
                admin.delete(&definitions(), &ObjectKey::cluster(&kind(*which).to_lowercase()))
            }
            Self::Policy(which, change) => {
                let key = ObjectKey::cluster(&kind(*which).to_lowercase());
                admin.patch(&definitions(), &key, "", &change.patch()).map(drop)
            }
            Self::Install(form) => admin.apply(&widget::crd(*form)).map(drop),
            Self::Uninstall => admin.delete(&widget::crds(), &widget::crd_key()),
            Self::Wish(which, name, wish) => {
                admin.apply(&wish.instance(usize::from(*which), instance_name(*name))).map(drop)
            }
            Self::Delete(which, name) => admin.delete(&instances(*which), &instance_key(*name)),
            Self::Suspend(which, name, rests) => {
                let word = if *rests { json!("suspended") } else { json!(null) };
                let patch = json!({"metadata": {"annotations": {annotations::RECONCILE: word}}});
                admin.patch(&instances(*which), &instance_key(*name), "", &patch).map(drop)
            }
            Self::Squat(which, name, node) => {
                let squatter = squatter(kind(*which), instance_name(*name), usize::from(*node));
                admin.apply_as("squatter", &squatter).map(drop)
            }
            Self::Meddle(pick, how) => meddle(admin, *pick, *how),
            Self::Share(slot, value) => admin.apply(&external(*slot, *value)).map(drop),
            Self::Unshare(slot) => {
                let maps =
                    ResourceType::new(Gvk::new("", "v1", "ConfigMap"), "configmaps", Scope::Namespaced);
                admin.delete(&maps, &ObjectKey::namespaced("default", &external_name(*slot)))
            }
            _ => return None,
        })
    }

    /// Does it. Of several operators the one is meant whose turn it is by how much was asked for up to now.
    pub(crate) async fn perform(&self, world: &mut World) {
        let done = match self.by(&world.admin()) {
            Some(done) => done,
            None => {
                self.befall(world).await;
                Ok(())
            }
        };
        let answer = done.map_or_else(|refused| format!("refused: {refused}"), |()| "done".to_owned());
        world.transcript().note(&format!("{self:?} {answer}"));
        world.start();
    }

    async fn befall(&self, world: &mut World) {
        let turn = usize::try_from(world.requests().total()).unwrap_or(0);
        let operator = operator(world, turn);
        match self {
            Self::Wait(tenths) => world.sleep(Duration::from_millis(u64::from(*tenths) * 100)).await,
            Self::Jump(minutes) => world.clock().jump(i64::from(*minutes) * 60),
            Self::Crash => world.crash(&operator).await,
            Self::CrashAfter(steps) => world.crash_after(&operator, u64::from(*steps)),
            Self::LoseAfter(steps) => world.lose_after(&operator, u64::from(*steps)),
            Self::Restart => world.stop(&operator).await,
            Self::CutOff(seconds) => {
                world.faults().partition(&operator);
                world.sleep(Duration::from_secs(u64::from(*seconds))).await;
                world.faults().mend(&operator);
            }
            Self::Leave(pick) => {
                let here = world.operators().iter().filter(|name| !world.is_away(name));
                let here: Vec<String> = here.cloned().collect();
                if here.len() > 1 {
                    world.leave(&here[usize::from(*pick) % here.len()]).await;
                }
            }
            Self::Join(pick) => {
                let name = self::operator(world, usize::from(*pick));
                world.join(&name);
            }
            Self::Compact => world.server().compact(),
            Self::Suffer(ill, requests) => world.faults().script(ill.rule().times(u32::from(*requests))),
            _ => {}
        }
    }
}

/// One of the operators, by number modulo how many there are.
fn operator(world: &World, pick: usize) -> String {
    let operators = world.operators();
    operators[pick % operators.len()].clone()
}

fn kind(which: u8) -> &'static str {
    KINDS[usize::from(which) % KINDS.len()]
}

fn instance_name(name: u8) -> &'static str {
    NAMES[usize::from(name) % NAMES.len()]
}

fn instance_key(name: u8) -> ObjectKey {
    ObjectKey::namespaced("default", instance_name(name))
}

/// The resources that stories are about.
pub fn resources() -> Vec<ResourceType> {
    let revision = Gvk::new(kro_api::names::GROUP, kro_api::names::VERSION, kro_api::GraphRevision::KIND);
    let namespaced = |gvk: Gvk, plural| ResourceType::new(gvk, plural, Scope::Namespaced);
    vec![
        widget::crds(),
        definitions(),
        ResourceType::new(revision, "graphrevisions", Scope::Cluster),
        instances(0),
        instances(1),
        namespaced(Gvk::new("", "v1", "ConfigMap"), "configmaps"),
        namespaced(Gvk::new("apps", "v1", "Deployment"), "deployments"),
        widget::resource(),
    ]
}

/// The resource of the instances of a definition.
pub(crate) fn instances(which: u8) -> ResourceType {
    let kind = kind(which);
    let gvk = Gvk::new(kro_api::names::GROUP, kro_api::names::VERSION, kind);
    ResourceType::new(gvk, &kro_graph::plural::plural(kind), Scope::Namespaced)
}

/// Whether kro has applied the object as part of a set. The label alone proves nothing.
pub(crate) fn is_member(object: &Object) -> bool {
    let metadata = object.metadata();
    metadata.label(labels::APPLYSET_PART_OF).is_some()
        && metadata.managed_fields().iter().any(|entry| entry["manager"] == managers::APPLYSET)
}

/// Children of all instances, in the server's order.
pub(crate) fn children(admin: &Admin) -> Vec<Object> {
    let mut all = admin.labelled(labels::OWNED, "true");
    all.retain(is_member);
    all
}

fn is_widget(object: &Object) -> bool {
    object.gvk().is_ok_and(|gvk| &*gvk.kind == widget::KIND)
}

fn meddle(admin: &Admin, pick: u16, how: Meddling) -> Result<(), Refused> {
    let children = children(admin);
    let Some(child) = (!children.is_empty()).then(|| &children[usize::from(pick) % children.len()]) else {
        return Ok(());
    };
    let Some(resource) = child.gvk().ok().and_then(|gvk| admin.resource(&gvk)) else { return Ok(()) };
    let patch = match how {
        Meddling::Delete => return admin.delete(&resource, &child.key()),
        Meddling::Forge => {
            let forged = json!({
                "apiVersion": "v1", "kind": "ConfigMap", "data": {"value": "not kro's"},
                "metadata": {"name": "forged", "namespace": "default", "labels": child.as_value_at("metadata").map(|metadata| &metadata["labels"])},
            });
            let forged = Object::from_value(forged).expect("invariant: written as an object");
            return admin.apply(&forged).map(drop);
        }
        Meddling::Theirs(value) => {
            json!({"metadata": {"annotations": {format!("{THEIRS}note"): value.to_string()}}})
        }
        Meddling::Ours if child.as_value_at("data").is_some() => json!({"data": {"value": "meddled"}}),
        Meddling::Ours if is_widget(child) => json!({"spec": {"value": "meddled"}}),
        Meddling::Ours => json!({"spec": {"replicas": 7}}),
    };
    admin.patch(&resource, &child.key(), "", &patch).map(drop).inspect_err(|refused| {
        debug_assert!(refused.code != 404, "{} vanished while nothing else ran", shown(child));
    })
}
