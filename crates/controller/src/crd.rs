//! The generated CRD: created, or changed when the change is compatible (or allowed), and established.
//! Refuses CRDs that are not kro's, or another definition's.

use crate::{
    Shared,
    reconcile::instance::progress::{INVENTORY, inventory_schema},
};
use kro_api::names::{annotations, labels};
use kro_cluster::{Error, Part};
use kro_object::{Gvk, Object, ObjectKey, ResourceType, Scope};
use kro_schema::{Schema, compat};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// How long a new or changed CRD may take to be established before the reconcile lets go and comes back later.
const ESTABLISH_LIMIT: Duration = Duration::from_secs(2);
const ESTABLISH_POLL: Duration = Duration::from_millis(20);

/// Why the kind is not ready.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnsureError {
    #[error("failed to update CRD {0}: CRD already exists and is not owned by KRO")]
    NotOurs(String),
    #[error("failed to update CRD {0}: CRD is owned by another ResourceGraphDefinition {1}")]
    OtherDefinition(String, String),
    #[error("cannot update CRD {0}: breaking changes detected: {1}")]
    Breaking(String, String),
    #[error("failed to compare CRD {0}: {1}")]
    Incomparable(String, String),
    #[error("CRD {0} is not established yet: {1}")]
    NotEstablished(String, String),
    #[error("{0}: {1}")]
    Cluster(&'static str, #[source] Error),
}

impl EnsureError {
    /// Whether only a change of the CRD or of the definition helps; both are watched.
    pub(crate) fn is_final(&self) -> bool {
        !matches!(self, Self::NotEstablished(..) | Self::Cluster(..))
    }
}

/// The `CustomResourceDefinition` resource.
pub(crate) fn resource() -> ResourceType {
    ResourceType::new(
        Gvk::new("apiextensions.k8s.io", "v1", "CustomResourceDefinition"),
        "customresourcedefinitions",
        Scope::Cluster,
    )
}

/// An established CRD.
#[derive(Debug)]
pub(crate) struct Ensured {
    pub(crate) crd: Object,
    /// It was there and is another one now: stored instances may read differently.
    pub(crate) changed: bool,
}

const STATUS_FIELDS: &str = "/spec/versions/0/schema/openAPIV3Schema/properties/status/properties";

/// Declares a further field of the status, if there is none of that name.
pub(crate) fn declare(crd: &mut Object, field: &str, schema: Value) {
    let mut value = crd.to_value();
    if let Some(fields) = value.pointer_mut(STATUS_FIELDS).and_then(Value::as_object_mut) {
        fields.entry(field).or_insert(schema);
    }
    if let Ok(declared) = Object::from_value(value) {
        *crd = declared;
    }
}

/// A field that a policy brought stays: taking it away would be a breaking change.
fn keep_inventory(stored: &Object, desired: &mut Object) {
    let nodes = inventory_schema();
    if declares(stored, INVENTORY, &nodes) {
        declare(desired, INVENTORY, nodes);
    }
}

/// Whether a CRD declares exactly this field of the status.
fn declares(crd: &Object, field: &str, schema: &Value) -> bool {
    let fields = crd.to_value();
    fields.pointer(STATUS_FIELDS).and_then(|fields| fields.get(field)) == Some(schema)
}

/// Makes the cluster have `desired`, which carries the ownership labels, and waits until it is established.
pub(crate) async fn ensure(
    shared: &Shared,
    mut desired: Object,
    allow_breaking: bool,
) -> Result<Ensured, EnsureError> {
    let resource = resource();
    let key = desired.key();
    let stored = shared.cluster.get(&resource, &key).await;
    let stored = stored.map_err(|error| EnsureError::Cluster("failed to check for existing CRD", error))?;
    let Some(stored) = stored else {
        let created = shared.cluster.create(&resource, &desired).await;
        let created = created.map_err(|error| EnsureError::Cluster("failed to create CRD", error))?;
        return Ok(Ensured { crd: established(shared, created).await?, changed: false });
    };
    check_owner(&stored, &desired)?;
    keep_inventory(&stored, &mut desired);
    let name = || key.name.to_string();
    let changes = compare(&stored, &desired).map_err(|why| EnsureError::Incomparable(name(), why))?;
    if changes.is_none() {
        return Ok(Ensured { crd: established(shared, stored).await?, changed: false });
    }
    if !changes.breaking.is_empty() && !allow_breaking {
        return Err(EnsureError::Breaking(name(), summary(&changes.breaking)));
    }
    let patched = shared.cluster.merge(&resource, &key, Part::Main, &patch(&desired)).await;
    let patched = patched.map_err(|error| EnsureError::Cluster("failed to patch CRD", error))?;
    Ok(Ensured { crd: established(shared, patched).await?, changed: true })
}

/// Whether the cluster has `desired` already, established.
pub(crate) async fn fits(shared: &Shared, mut desired: Object) -> Result<bool, Error> {
    let Some(stored) = shared.cluster.get(&resource(), &desired.key()).await? else { return Ok(false) };
    if check_owner(&stored, &desired).is_err() {
        return Ok(false);
    }
    keep_inventory(&stored, &mut desired);
    Ok(is_established(&stored) && compare(&stored, &desired).is_ok_and(|changes| changes.is_none()))
}

/// Whether the definition lets a breaking change through.
pub(crate) fn allows_breaking(definition: &Object) -> bool {
    definition.metadata().annotation(annotations::ALLOW_BREAKING_CHANGES) == Some("true")
}

fn check_owner(stored: &Object, desired: &Object) -> Result<(), EnsureError> {
    let name = stored.key().name.to_string();
    let metadata = stored.metadata();
    let ours = match metadata.label(labels::OWNED) {
        Some(owned) => owned == "true",
        None => metadata.label(labels::MANAGED_BY) == Some(labels::MANAGED_BY_KRO),
    };
    if !ours {
        return Err(EnsureError::NotOurs(name));
    }
    let owner = metadata.label(labels::DEFINITION_NAME).unwrap_or_default();
    if Some(owner) != desired.metadata().label(labels::DEFINITION_NAME) {
        return Err(EnsureError::OtherDefinition(name, owner.to_owned()));
    }
    Ok(())
}

async fn established(shared: &Shared, mut crd: Object) -> Result<Object, EnsureError> {
    let key = crd.key();
    let deadline = tokio::time::Instant::now() + ESTABLISH_LIMIT;
    loop {
        if is_established(&crd) {
            return Ok(crd);
        }
        if tokio::time::Instant::now() >= deadline {
            let refused = condition(&crd, "NamesAccepted", "False");
            let why = refused.and_then(|condition| condition["message"].as_str());
            let why = why.unwrap_or("the API server has not accepted it so far").to_owned();
            return Err(EnsureError::NotEstablished(key.name.to_string(), why));
        }
        tokio::time::sleep(ESTABLISH_POLL).await;
        match shared.cluster.get(&resource(), &key).await {
            Ok(Some(now)) => crd = now,
            Ok(None) => {}
            Err(error) => return Err(EnsureError::Cluster("failed to read CRD", error)),
        }
    }
}

/// The condition of this type, if it has this status.
fn condition<'a>(crd: &'a Object, kind: &str, status: &str) -> Option<&'a Value> {
    let conditions = crd.as_map().get("status")?.get("conditions")?.as_array()?;
    conditions.iter().find(|condition| condition["type"] == kind && condition["status"] == status)
}

fn is_established(crd: &Object) -> bool {
    condition(crd, "Established", "True").is_some()
}

#[derive(Debug, Default)]
struct Changes {
    breaking: Vec<String>,
    any: bool,
}

impl Changes {
    fn is_none(&self) -> bool {
        self.breaking.is_empty() && !self.any
    }
}

/// Compares the only version of each.
fn compare(stored: &Object, desired: &Object) -> Result<Changes, String> {
    let (old, new) = (only_version(stored)?, only_version(desired)?);
    if old["name"] != new["name"] {
        let text = format!("Type changed from {} to {}", text(&old["name"]), text(&new["name"]));
        return Ok(Changes { breaking: vec![text], any: true });
    }
    let schema = |version: &Value| {
        let schema = version.pointer("/schema/openAPIV3Schema");
        let schema = schema.ok_or_else(|| format!("version {} has no schema", text(&version["name"])))?;
        Schema::from_json(schema).map_err(|error| error.to_string())
    };
    let report = compat::compare(&schema(old)?, &schema(new)?);
    let any = !report.changes.is_empty() || names(stored) != names(desired);
    let mut changes = Changes { any, ..Changes::default() };
    changes
        .breaking
        .extend(report.changes.iter().filter(|change| change.breaking).map(|change| change.text.clone()));
    if old["served"] == true && new["served"] != true {
        changes.breaking.push("Type changed from true to false".to_owned());
    }
    if old.pointer("/subresources/status").is_some() && new.pointer("/subresources/status").is_none() {
        changes.breaking.push("Property status was removed".to_owned());
    }
    Ok(changes)
}

fn only_version(crd: &Object) -> Result<&Value, String> {
    let versions = crd.as_map().get("spec").and_then(|spec| spec.get("versions")).and_then(Value::as_array);
    match versions.map(Vec::as_slice) {
        Some([version]) => Ok(version),
        other => {
            Err(format!("expected exactly one version in each CRD, found {}", other.map_or(0, <[_]>::len)))
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The first three, and how many more.
fn summary(breaking: &[String]) -> String {
    let first = breaking.iter().take(3).cloned().collect::<Vec<_>>().join("; ");
    match breaking.len() {
        0..=3 => first,
        count => format!("{first}; and {} more changes", count - 3),
    }
}

const NAMES: [&str; 6] = ["plural", "singular", "kind", "listKind", "shortNames", "categories"];

/// The names, with absent and empty lists as null.
fn names(crd: &Object) -> Map<String, Value> {
    let names = crd.as_map().get("spec").and_then(|spec| spec.get("names"));
    let get = |name: &str| {
        let value = names.and_then(|names| names.get(name)).cloned().unwrap_or(Value::Null);
        if value.as_array().is_some_and(Vec::is_empty) { Value::Null } else { value }
    };
    NAMES.iter().map(|name| ((*name).to_owned(), get(name))).collect()
}

/// Everything of the desired CRD that the stored one shall have.
fn patch(desired: &Object) -> Value {
    let spec = &desired.as_map()["spec"];
    let mut metadata = Map::new();
    for field in ["labels", "annotations"] {
        if let Some(value) = desired.metadata().get(field) {
            metadata.insert(field.to_owned(), value.clone());
        }
    }
    json!({
        "metadata": metadata,
        "spec": {
            "group": spec["group"], "names": names(desired), "scope": spec["scope"], "versions": spec["versions"],
        },
    })
}

/// Deletes the CRD if it is still this definition's. What cannot be read is an error, not an absence.
pub(crate) async fn delete(shared: &Shared, name: &str, definition: &str) -> Result<(), Error> {
    let key = ObjectKey::cluster(name);
    let Some(crd) = shared.cluster.get(&resource(), &key).await? else { return Ok(()) };
    if crd.metadata().label(labels::DEFINITION_NAME) != Some(definition) {
        return Ok(());
    }
    let uid = crd.metadata().uid().map(ToOwned::to_owned);
    let precondition = kro_cluster::Precondition { uid, resource_version: None };
    shared.cluster.delete(&resource(), &key, precondition).await.map(|_| ())
}
