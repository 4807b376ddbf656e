//! Between the version objects are stored in and the version a request speaks.

use super::{Core, object, registry::Served};
use serde_json::Value;

impl Core {
    /// A stored object as a request for `served` sees it.
    pub(crate) fn present(&self, served: &Served, stored: &Value) -> Value {
        let mut out = stored.clone();
        if let Some(custom) = &served.custom {
            set_api_version(&mut out, &served.api_version());
            custom.prune(&mut out);
            custom.default(&mut out);
        } else if served.version != served.storage_version || served.group != served.storage.group {
            super::kinds::convert(served, &mut out, &served.api_version());
        }
        out
    }

    /// An object of a request as it is stored.
    pub(crate) fn to_stored(&self, served: &Served, object: &Value) -> Value {
        let mut out = object.clone();
        let storage = super::registry::api_version(&served.storage.group, &served.storage_version);
        if served.custom.is_some() {
            set_api_version(&mut out, &storage);
        } else if storage != served.api_version() {
            super::kinds::convert(served, &mut out, &storage);
        }
        out
    }
}

fn set_api_version(object: &mut Value, api_version: &str) {
    object::as_map_mut(object).insert("apiVersion".into(), api_version.into());
}
