//! Every creation and change of an object goes through here: what the server fills in, what it checks and what it
//! stores. Deletions have a module of their own. Refuses to know HTTP; verbs and the server's own controllers call the
//! same functions.

use super::{
    Core, kinds, managed, metadata, object, policy::Attempt, registry::Served, store::Key, strategy,
};
use crate::{field_error::FieldError, status::Status};
use kro_object::Timestamp;
use serde_json::Value;
use std::sync::Arc;

/// On whose behalf and how a write happens.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    /// Field manager.
    pub manager: String,
    /// The endpoint below the object, such as `status`.
    pub subresource: Option<String>,
    pub dry_run: bool,
    pub now: Timestamp,
    /// Whether `managedFields` have been settled already, as server-side apply does itself.
    pub owns_settled: bool,
}

impl Writer {
    /// A writer of the main resource.
    pub(crate) fn named(manager: &str, now: Timestamp) -> Self {
        Self { manager: manager.to_owned(), subresource: None, dry_run: false, now, owns_settled: false }
    }

    /// The same, writing to a subresource.
    pub(crate) fn at(mut self, subresource: &str) -> Self {
        self.subresource = Some(subresource.to_owned());
        self
    }
}

/// How an update gets from the present state (absent if there is none) to the wanted one. The state is in the
/// version of the request.
pub(crate) type Change<'a> = &'a mut dyn FnMut(&mut Core, Option<&Value>) -> Result<Value, Status>;

/// What a write has made.
#[derive(Debug)]
pub(crate) struct Written {
    /// The object in the version of the request.
    pub object: Value,
    /// Its JSON as stored, unless nothing was stored.
    pub json: Option<Vec<u8>>,
}

impl From<Value> for Written {
    /// An object that is not stored, or was before.
    fn from(object: Value) -> Self {
        Self { object, json: None }
    }
}

impl Core {
    /// Stores a new object. `object` is decoded and defaulted, in the version of `served`.
    pub(crate) fn create(
        &mut self,
        served: &Arc<Served>,
        mut object: Value,
        writer: &Writer,
    ) -> Result<Written, Status> {
        for field in ["selfLink", "resourceVersion"] {
            object::set_meta(&mut object, field, None);
        }
        // What an apply makes may be on its way out from the first.
        for field in ["deletionTimestamp", "deletionGracePeriodSeconds"] {
            if !writer.owns_settled {
                object::set_meta(&mut object, field, None);
            }
        }
        if !writer.owns_settled {
            managed::update(&self.registry, None, &mut object, served, writer);
        }
        if object::name(&object).is_empty() && !object::meta_text(&object, "generateName").is_empty() {
            let name = self.ids.name(object::meta_text(&object, "generateName"));
            object::set_meta(&mut object, "name", Some(name.into()));
        }
        self.check_definition(served, &object)?;
        self.check_namespace(served, &object)?;
        if served.is_builtin() {
            kinds::admit(self, served, &mut object)?;
        }
        object::set_meta(&mut object, "uid", Some(self.ids.uid().into()));
        object::set_meta(&mut object, "creationTimestamp", Some(seconds(writer.now).into()));
        object::set_meta(&mut object, "generation", None);
        if strategy::has_generation(served) {
            object::set_meta(&mut object, "generation", Some(1.into()));
        }
        strategy::prepare_create(self, served, &mut object);
        let mut errors = if strategy::other_kind(served, &object).is_empty() {
            metadata::validate::creation(&object, strategy::name_rule(served))
        } else {
            Vec::new()
        };
        let verdict = strategy::validate(served, &object, None, writer.subresource.as_deref(), &errors);
        self.warnings.extend(verdict.warnings);
        errors.extend(verdict.errors);
        refuse(served, &object, object::name(&object), &errors)?;
        refuse(
            served,
            &object,
            object::name(&object),
            &kinds::check_allocation(self, served, &object, true),
        )?;
        self.check_policies(Attempt {
            served,
            operation: "CREATE",
            subresource: writer.subresource.as_deref(),
            new: Some(&object),
            old: None,
            dry_run: writer.dry_run,
        })?;
        kinds::forget_empty_lists(served, &mut object);
        let key = Key::new(object::namespace(&object), object::name(&object));
        if self.store.get(&served.storage, &key).is_some() {
            return Err(Status::already_exists(served.named(), &key.name));
        }
        if writer.dry_run {
            return Ok(object.into());
        }
        Ok(self.store(served, key, object))
    }

    /// Stores an object under the next revision.
    fn store(&mut self, served: &Served, key: Key, mut object: Value) -> Written {
        object::set_revision(&mut object, self.store.next_revision());
        let (stored, json) = served.to_stored(&object);
        let stored = Arc::new(stored);
        self.store.write(&served.storage, key, Some(stored.clone()));
        // What another version is stored as may be less than what was sent.
        let object = if served.stored_as.is_some() { served.present(&stored) } else { object };
        Written { object, json: Some(json) }
    }

    /// A definition on its way out takes no more instances.
    fn check_definition(&self, served: &Served, object: &Value) -> Result<(), Status> {
        if served.custom.is_none() {
            return Ok(());
        }
        let definition = Key::new("", &format!("{}.{}", served.plural, served.group));
        let definitions = self.registry.get("apiextensions.k8s.io", "v1", "customresourcedefinitions");
        let is_ending = definitions
            .and_then(|definitions| self.store.get(&definitions.storage, &definition))
            .is_some_and(|definition| definition.is_deleting());
        if is_ending {
            let why = "create not allowed while custom resource definition is terminating";
            return Err(Status::forbidden(served.named(), object::name(object), why));
        }
        Ok(())
    }

    /// Creating in a namespace that does not exist, or no longer wants objects, is refused.
    fn check_namespace(&self, served: &Served, object: &Value) -> Result<(), Status> {
        if !served.is_namespaced() {
            return Ok(());
        }
        let namespace = object::namespace(object);
        let found = self.registry.get("", "v1", "namespaces").and_then(|namespaces| {
            self.store.get(&namespaces.storage, &Key::new("", namespace)).map(|found| (namespaces, found))
        });
        match found {
            None => {
                Err(Status::not_found(crate::status::Named { group: "", plural: "namespaces" }, namespace))
            }
            Some((_, found)) if found.is_deleting() => {
                let why = format!(
                    "unable to create new content in namespace {namespace} because it is being terminated"
                );
                Err(Status::forbidden(served.named(), object::name(object), &why).with_causes(vec![
                    crate::status::Cause {
                        reason: "NamespaceTerminating",
                        message: format!("namespace {namespace} is being terminated"),
                        field: "metadata.namespace".into(),
                    },
                ]))
            }
            Some(_) => Ok(()),
        }
    }

    /// Changes an object.
    pub(crate) fn update(
        &mut self,
        served: &Arc<Served>,
        key: &Key,
        writer: &Writer,
        change: Change<'_>,
    ) -> Result<Written, Status> {
        let Some(stored) = self.store.get(&served.storage, key).cloned() else {
            return Err(Status::not_found(served.named(), &key.name));
        };
        let old = served.present(&stored);
        let mut new = change(self, Some(&old))?;
        check_preconditions(served, &old, &new)?;
        object::copy_meta(&old, &mut new, "resourceVersion");
        for field in ["uid", "creationTimestamp"] {
            object::copy_meta(&old, &mut new, field);
        }
        for field in ["deletionTimestamp", "deletionGracePeriodSeconds"] {
            if object::meta(&new, field).is_none() {
                object::copy_meta(&old, &mut new, field);
            }
        }
        object::copy_meta(&old, &mut new, "generation");
        object::set_meta(&mut new, "selfLink", None);
        if object::namespace(&new).is_empty() {
            object::copy_meta(&old, &mut new, "namespace");
        }
        if !writer.owns_settled {
            managed::update(&self.registry, Some(&old), &mut new, served, writer);
        }
        strategy::prepare_update(self, served, &old, &mut new, writer);
        managed::keep_times(&old, &mut new);
        let mut errors = metadata::validate::update(&old, &new, strategy::metadata_checks(served));
        let verdict = strategy::validate(served, &new, Some(&old), writer.subresource.as_deref(), &errors);
        self.warnings.extend(verdict.warnings);
        errors.extend(verdict.errors);
        refuse(served, &new, &key.name, &errors)?;
        refuse(served, &new, &key.name, &kinds::check_allocation(self, served, &new, false))?;
        self.check_policies(Attempt {
            served,
            operation: "UPDATE",
            subresource: writer.subresource.as_deref(),
            new: Some(&new),
            old: Some(&old),
            dry_run: writer.dry_run,
        })?;
        kinds::forget_empty_lists(served, &mut new);
        if new == old {
            return Ok(old.into());
        }
        if writer.dry_run {
            return Ok(new.into());
        }
        if object::is_deleting(&old) && strategy::is_released(served, &new) {
            // The watchers' last sight is the state before this write, as in etcd's delete event.
            self.forget(served, key, &stored);
            return Ok(new.into());
        }
        Ok(self.store(served, key.clone(), new))
    }
}

/// The text of an outdated `resourceVersion`.
pub(crate) const MODIFIED: &str =
    "the object has been modified; please apply your changes to the latest version and try again";

/// Refuses an object if anything is wrong with it; what it says of its kind is believed of custom resources.
fn refuse(served: &Served, object: &Value, name: &str, errors: &[FieldError]) -> Result<(), Status> {
    if errors.is_empty() {
        return Ok(());
    }
    if served.custom.is_none() {
        return Err(Status::invalid(&served.storage.group, &served.kind, name, errors));
    }
    let said = |field: &str| object.get(field).and_then(Value::as_str).unwrap_or_default();
    let group = said("apiVersion").split_once('/').map_or("", |(group, _)| group);
    Err(Status::invalid(group, said("kind"), name, errors))
}

fn check_preconditions(served: &Served, old: &Value, new: &Value) -> Result<(), Status> {
    let name = object::name(old);
    let (wanted, present) = (object::meta_text(new, "uid"), object::meta_text(old, "uid"));
    if !wanted.is_empty() && wanted != present {
        let why = format!(
            "StorageError: invalid object, Code: 4, Key: {}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {wanted}, UID in object meta: {present}",
            storage_key(served, object::namespace(old), name)
        );
        return Err(Status::conflict(served.named(), name, &why));
    }
    let version = object::meta_text(new, "resourceVersion");
    if version.is_empty() || version == "0" {
        if strategy::allows_unconditional_update(served) {
            return Ok(());
        }
        let error =
            FieldError::invalid("metadata.resourceVersion", &0.into(), "must be specified for an update");
        return Err(Status::invalid(&served.group, &served.plural, name, &[error]));
    }
    if version == object::meta_text(old, "resourceVersion") {
        return Ok(());
    }
    Err(Status::conflict(served.named(), name, MODIFIED))
}

/// The key etcd would use, which some messages leak.
fn storage_key(served: &Served, namespace: &str, name: &str) -> String {
    let mut out = String::from("/registry/");
    if served.custom.is_some() || matches!(&*served.group, "apiextensions.k8s.io" | "apiregistration.k8s.io")
    {
        out.push_str(&served.group);
        out.push('/');
    }
    out.push_str(match &*served.plural {
        "services" => "services/specs",
        "endpoints" => "services/endpoints",
        "nodes" => "minions",
        "ingresses" => "ingress",
        other => other,
    });
    for part in [namespace, name] {
        if !part.is_empty() {
            out.push('/');
            out.push_str(part);
        }
    }
    out
}

/// RFC 3339 with whole seconds.
pub(crate) fn seconds(time: Timestamp) -> String {
    seconds_after(time, 0)
}

/// RFC 3339 with whole seconds, some seconds later.
pub(crate) fn seconds_after(time: Timestamp, later: i64) -> String {
    jiff::Timestamp::from_second(time.unix_seconds().saturating_add(later)).unwrap_or_default().to_string()
}
