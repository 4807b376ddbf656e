//! Between the version objects are stored in and the version a request speaks.

use super::{
    object,
    registry::{Served, api_version},
    stored::Stored,
};
use serde_json::Value;

impl Served {
    /// A stored object as a request for this resource sees it.
    pub(crate) fn present(&self, stored: &Stored) -> Value {
        let mut out = stored.to_value();
        if let Some(custom) = &self.custom {
            set_api_version(&mut out, &self.api_version());
            if let Some(stored_as) = &self.stored_as {
                stored_as.narrow(&mut out);
                stored_as.default(&mut out);
            }
            custom.narrow(&mut out);
            custom.default(&mut out);
        } else if !self.is_stored_verbatim() {
            super::kinds::convert(self, &mut out, &self.api_version());
        }
        out
    }

    /// Whether stored objects are what a request for this resource sees, byte for byte.
    pub(crate) fn is_stored_verbatim(&self) -> bool {
        self.custom.is_none() && self.version == self.storage_version && self.group == self.storage.group
    }

    /// An object of a request as it is stored, and its JSON.
    pub(crate) fn to_stored(&self, object: &Value) -> (Stored, Vec<u8>) {
        if self.is_stored_verbatim() {
            return Stored::new(&self.storage, object);
        }
        let mut out = object.clone();
        let storage = api_version(&self.storage.group, &self.storage_version);
        if self.custom.is_some() {
            set_api_version(&mut out, &storage);
        } else if storage != self.api_version() {
            super::kinds::convert(self, &mut out, &storage);
        }
        Stored::new(&self.storage, &out)
    }
}

fn set_api_version(object: &mut Value, api_version: &str) {
    object::as_map_mut(object).insert("apiVersion".into(), api_version.into());
}
