//! The `scale` subresource: one field of the object under another name, with owners of its own.

use std::collections::BTreeMap;

use crate::element::Path;
use crate::ownership::Owner;
use crate::set::FieldSet;

use super::ManagedFields;

/// Where each version of a kind keeps the wanted number of replicas; `None` if the version has no scale.
pub type ReplicasPaths = BTreeMap<String, Option<Path>>;

/// The version of the scale subresource.
const SCALE_VERSION: &str = "autoscaling/v1";

impl ManagedFields {
    /// The entries as the scale subresource shows them: owners of the replicas, nothing else.
    #[must_use]
    pub fn to_scale(&self, paths: &ReplicasPaths) -> Self {
        let mut scale = Self::default();
        for (manager, owner) in &self.owners {
            if let Some(Some(path)) = paths.get(&owner.version)
                && owner.fields.contains(path)
            {
                let owner = Owner {
                    fields: replicas_of_scale(),
                    version: SCALE_VERSION.to_owned(),
                    applied: owner.applied,
                };
                scale.owners.insert(manager.clone(), owner);
                if let Some(time) = self.times.get(manager) {
                    scale.times.insert(manager.clone(), *time);
                }
            }
        }
        scale
    }

    /// The entries of an object of `version` after its scale was written: `scale` says who owns the replicas now.
    #[must_use]
    pub fn with_scale(&self, mut scale: Self, version: &str, paths: &ReplicasPaths) -> Self {
        let mut parent = Self::default();
        for (manager, owner) in &self.owners {
            let Some(path) = paths.get(&owner.version) else { continue };
            let mut owner = owner.clone();
            if let Some(path) = path
                && owner.fields.contains(path)
                && scale.owners.remove(manager).is_none()
            {
                owner.fields = owner.fields.difference(&FieldSet::from_iter([path.clone()]));
            }
            if !owner.fields.is_empty() {
                parent.owners.insert(manager.clone(), owner);
                if let Some(time) = self.times.get(manager) {
                    parent.times.insert(manager.clone(), *time);
                }
            }
        }
        let replicas = replicas_of_scale();
        let Some(Some(path)) = paths.get(version) else { return parent };
        for (manager, owner) in scale.owners {
            if replicas.is_subset(&owner.fields) {
                let owner = Owner {
                    fields: FieldSet::from_iter([path.clone()]),
                    version: version.to_owned(),
                    applied: owner.applied,
                };
                // As in the reference, the time is the one that the object's own entry had, so usually none.
                if let Some(time) = self.times.get(&manager) {
                    parent.times.insert(manager.clone(), *time);
                }
                parent.owners.insert(manager, owner);
            }
        }
        parent
    }
}

fn replicas_of_scale() -> FieldSet {
    FieldSet::from_iter([Path::from_iter(["spec", "replicas"])])
}
