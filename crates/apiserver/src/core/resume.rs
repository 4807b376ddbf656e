//! A core that goes on from what was stored before: objects keep their versions, controllers see each one as new.

use super::{Core, CoreOptions, store::Change, stored::Stored};
use crate::{
    snapshot::{Saved, Snapshot},
    status::Status,
};
use kro_object::Timestamp;
use std::sync::Arc;

impl Core {
    /// A server with the state of a snapshot. The objects of definitions that are not in it are refused.
    pub fn resume(options: CoreOptions, snapshot: Snapshot, now: Timestamp) -> Result<Self, Status> {
        let mut core = Self::empty(options);
        core.ids.skip_to(snapshot.revision);
        core.pod_addresses = u32::try_from(snapshot.revision).unwrap_or(u32::MAX);
        let (definitions, others): (Vec<_>, Vec<_>) =
            snapshot.objects.into_iter().partition(|saved| saved.plural == "customresourcedefinitions");
        let definitions = core.place_all(definitions);
        core.store.resume_at(snapshot.revision);
        core.background.skip_to(snapshot.revision);
        for change in definitions {
            core.react(&change, now);
        }
        if let Some(stranger) = others.iter().find(|saved| core.registry.stored(&saved.place().0).is_none()) {
            return Err(Status::bad_request(format!(
                "no resource {:?} in API group {:?}, which objects of the snapshot belong to",
                stranger.plural, stranger.group
            )));
        }
        for change in core.place_all(others) {
            core.react(&change, now);
        }
        Ok(core)
    }

    /// The state to resume from.
    pub fn snapshot(&self) -> Snapshot {
        let mut objects = Vec::new();
        for resource in self.store.resources() {
            objects.extend(self.store.list(resource, None).map(|(_, stored)| Saved {
                group: resource.group.to_string(),
                plural: resource.plural.to_string(),
                object: stored.to_value(),
            }));
        }
        Snapshot { revision: self.store.revision(), objects }
    }

    /// Puts objects back; returns what controllers see of it.
    fn place_all(&mut self, objects: Vec<Saved>) -> Vec<Change> {
        let place = |saved: Saved| {
            let (resource, key) = saved.place();
            let stored = Arc::new(Stored::new(&resource, &saved.object).0);
            self.store.put_back(&Arc::new(resource), key, stored)
        };
        objects.into_iter().map(place).collect()
    }
}
