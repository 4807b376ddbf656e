//! What expressions see as `schema`: the instance without its status, with all of an object's metadata.

use kro_object::Scope;
use kro_schema::{Kind, Schema};
use std::sync::{Arc, LazyLock};

/// The schema of the variable `schema`.
pub(crate) fn view(spec: &Arc<Schema>, scope: Scope) -> Arc<Schema> {
    let metadata = match scope {
        Scope::Namespaced => &NAMESPACED,
        Scope::Cluster => &CLUSTER,
    };
    Arc::new(object([
        ("apiVersion", TEXT.clone()),
        ("kind", TEXT.clone()),
        ("metadata", Arc::clone(metadata)),
        ("spec", spec.clone()),
    ]))
}

/// `metadata` as the API server publishes it for every kind.
pub fn object_meta() -> Arc<Schema> {
    NAMESPACED.clone()
}

static TEXT: LazyLock<Arc<Schema>> = LazyLock::new(|| Arc::new(Schema::new(Kind::String)));
static NAMESPACED: LazyLock<Arc<Schema>> = LazyLock::new(|| Arc::new(metadata(Scope::Namespaced)));
static CLUSTER: LazyLock<Arc<Schema>> = LazyLock::new(|| Arc::new(metadata(Scope::Cluster)));

fn metadata(scope: Scope) -> Schema {
    let text = || TEXT.clone();
    let integer = || Arc::new(Schema::new(Kind::Integer));
    let boolean = || Arc::new(Schema::new(Kind::Boolean));
    let texts = || Arc::new(Schema::map(text()));
    let time = || {
        let mut time = Schema::new(Kind::String);
        time.constraints.format = Some("date-time".into());
        Arc::new(time)
    };
    let managed_fields = object([
        ("apiVersion", text()),
        ("fieldsType", text()),
        ("fieldsV1", Arc::new(object([]))),
        ("manager", text()),
        ("operation", text()),
        ("subresource", text()),
        ("time", time()),
    ]);
    let owner = object([
        ("apiVersion", text()),
        ("blockOwnerDeletion", boolean()),
        ("controller", boolean()),
        ("kind", text()),
        ("name", text()),
        ("uid", text()),
    ]);
    let mut schema = object([
        ("annotations", texts()),
        ("creationTimestamp", time()),
        ("deletionGracePeriodSeconds", integer()),
        ("deletionTimestamp", time()),
        ("finalizers", Arc::new(Schema::array(text()))),
        ("generateName", text()),
        ("generation", integer()),
        ("labels", texts()),
        ("managedFields", Arc::new(Schema::array(managed_fields))),
        ("name", text()),
        ("ownerReferences", Arc::new(Schema::array(owner))),
        ("resourceVersion", text()),
        ("selfLink", text()),
        ("uid", text()),
    ]);
    if let (Scope::Namespaced, Kind::Object { properties, .. }) = (scope, &mut schema.kind) {
        properties.insert("namespace".into(), text());
    }
    schema
}

pub(crate) fn object<const N: usize>(fields: [(&str, Arc<Schema>); N]) -> Schema {
    let mut schema = Schema::object::<Arc<str>>([]);
    if let Kind::Object { properties, .. } = &mut schema.kind {
        properties.extend(fields.map(|(name, schema)| (Arc::from(name), schema)));
    }
    schema
}
