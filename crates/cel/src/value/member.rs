//! Members of JSON objects by name. `serde_json` keeps them in a B-tree, whose nodes are searched from left to right:
//! names that differ in their first byte are told apart without a call.
use serde_json::Value as Json;
use std::{
    borrow::Borrow,
    cmp::Ordering,
    hash::{Hash, Hasher},
};

/// The member `name` of an object, as [`serde_json::Map::get`] finds it.
#[inline]
pub fn member<'a>(object: &'a serde_json::Map<String, Json>, name: &str) -> Option<&'a Json> {
    object.get(&name as &dyn Bytes)
}

/// A name as the tree compares it, in the same order as texts.
trait Bytes {
    fn bytes(&self) -> &[u8];
}

impl Bytes for String {
    #[inline]
    fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl Bytes for &str {
    #[inline]
    fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl<'n> Borrow<dyn Bytes + 'n> for String {
    #[inline]
    fn borrow(&self) -> &(dyn Bytes + 'n) {
        self
    }
}

impl Ord for dyn Bytes + '_ {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        let (a, b) = (self.bytes(), other.bytes());
        match (a.first(), b.first()) {
            (Some(first), Some(other)) if first != other => first.cmp(other),
            _ => a.cmp(b),
        }
    }
}

impl PartialOrd for dyn Bytes + '_ {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for dyn Bytes + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for dyn Bytes + '_ {}

/// As a text's hash.
impl Hash for dyn Bytes + '_ {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self.bytes());
        state.write_u8(0xff);
    }
}

#[cfg(test)]
mod tests {
    use super::member;
    use proptest::{collection, prelude::*};

    proptest! {
        #[test]
        fn finds_what_the_map_finds(
            names in collection::btree_set("[a-c\u{e9}\u{1f600}]{0,3}", 0..40),
            asked in "[a-c\u{e9}\u{1f600}]{0,3}",
        ) {
            let object = names.iter().map(|name| (name.clone(), name.clone().into())).collect();
            prop_assert_eq!(member(&object, &asked), object.get(&asked));
            for name in &names {
                prop_assert_eq!(member(&object, name), object.get(name));
            }
        }
    }
}
