//! What objects are called, in one short allocation or none.

use kro_object::ObjectKey;
use std::{borrow::Borrow, fmt, sync::Arc};

/// Namespace and name as an [`ObjectKey`] writes them: neither has a slash in it. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name(Arc<str>);

impl Name {
    pub(super) fn of(key: &ObjectKey) -> Self {
        Self(key.to_string().into())
    }

    pub(super) fn namespace(&self) -> Option<&str> {
        self.0.split_once('/').map(|(namespace, _)| namespace)
    }

    pub(super) fn key(&self) -> ObjectKey {
        match self.0.split_once('/') {
            Some((namespace, name)) => ObjectKey::namespaced(namespace, name),
            None => ObjectKey::cluster(&self.0),
        }
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// A UID. The API server gives UUIDs, of which the text takes three times the memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Uid {
    Uuid([u8; 16]),
    Other(Box<str>),
}

impl Uid {
    pub(super) fn of(text: &str) -> Self {
        let digits: String = text.split('-').collect();
        let uuid = u128::from_str_radix(&digits, 16).map(|number| Self::Uuid(number.to_be_bytes()));
        uuid.ok().filter(|uuid| uuid.to_string() == text).unwrap_or_else(|| Self::Other(text.into()))
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uuid(bytes) => {
                for (index, byte) in bytes.iter().enumerate() {
                    let dash = if matches!(index, 4 | 6 | 8 | 10) { "-" } else { "" };
                    write!(f, "{dash}{byte:02x}")?;
                }
                Ok(())
            }
            Self::Other(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn uids_read_as_they_were_written(text in prop_oneof![
            "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            "[0-9a-fA-F+-]{0,40}",
            ".{0,8}",
        ]) {
            prop_assert_eq!(Uid::of(&text).to_string(), text);
        }

        #[test]
        fn names_read_as_they_were_written(namespace in "([a-z0-9-]{1,9})?", name in "[a-z0-9.:-]{1,20}") {
            let key = ObjectKey::namespaced(&namespace, &name);
            let written = Name::of(&key);
            prop_assert_eq!(written.namespace(), key.namespace.as_deref());
            prop_assert_eq!(written.key(), key);
        }
    }

    #[test]
    fn uuids_are_short() {
        assert!(matches!(Uid::of("6f1c2f4e-0d5b-4c7a-9d5e-0a1b2c3d4e5f"), Uid::Uuid(_)));
        assert!(matches!(Uid::of("6F1C2F4E-0d5b-4c7a-9d5e-0a1b2c3d4e5f"), Uid::Other(_)));
    }
}
