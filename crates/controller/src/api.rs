//! The resource types of kro's own kinds. They are known; discovery is not asked for them.

use kro_api::names::{GROUP, INTERNAL_GROUP, VERSION};
use kro_object::{Gvk, ResourceType, Scope};

/// `resourcegraphdefinitions`.
pub(crate) fn definitions() -> ResourceType {
    let gvk = Gvk::new(GROUP, VERSION, kro_api::ResourceGraphDefinition::KIND);
    ResourceType::new(gvk, "resourcegraphdefinitions", Scope::Cluster)
}

/// `graphrevisions`.
pub(crate) fn revisions() -> ResourceType {
    let gvk = Gvk::new(INTERNAL_GROUP, VERSION, kro_api::GraphRevision::KIND);
    ResourceType::new(gvk, "graphrevisions", Scope::Cluster)
}
