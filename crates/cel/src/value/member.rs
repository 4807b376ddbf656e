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

/// Equality of texts. Names are short: up to 16 bytes are compared without a call.
#[inline]
pub fn same_text(a: &str, b: &str) -> bool {
    a.len() == b.len() && same_bytes(a.as_bytes(), b.as_bytes())
}

/// Equality of octets of the same length.
#[inline]
fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    // Both ends, which overlap, cover everything.
    if let (Some(a), Some(b), 8..=16) = (ends::<8>(a), ends::<8>(b), a.len()) {
        (u64::from_ne_bytes(a.0) ^ u64::from_ne_bytes(b.0))
            | (u64::from_ne_bytes(a.1) ^ u64::from_ne_bytes(b.1))
            == 0
    } else if let (Some(a), Some(b), 4..=8) = (ends::<4>(a), ends::<4>(b), a.len()) {
        (u32::from_ne_bytes(a.0) ^ u32::from_ne_bytes(b.0))
            | (u32::from_ne_bytes(a.1) ^ u32::from_ne_bytes(b.1))
            == 0
    } else if let (Some((first, rest)), Some((other, others)), 1..=3) =
        (a.split_first(), b.split_first(), a.len())
    {
        // Of at most two that are left, both ends are everything.
        first == other && rest.first() == others.first() && rest.last() == others.last()
    } else {
        a == b
    }
}

/// The first and the last octets.
#[inline]
fn ends<const N: usize>(bytes: &[u8]) -> Option<([u8; N], [u8; N])> {
    Some((*bytes.first_chunk()?, *bytes.last_chunk()?))
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
            // The search goes on, which is what most comparisons come to.
            (Some(first), Some(other)) if first > other => Ordering::Greater,
            (Some(first), Some(other)) if first < other => Ordering::Less,
            _ if a.len() == b.len() && same_bytes(a, b) => Ordering::Equal,
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
    use super::{member, same_text};
    use proptest::{collection, prelude::*};

    proptest! {
        #[test]
        fn same_texts_are_equal(a in "[ab]{0,20}", b in "[ab]{0,20}", change in any::<prop::sample::Index>()) {
            prop_assert_eq!(same_text(&a, &b), a == b);
            prop_assert!(same_text(&a, &a.clone()));
            if !a.is_empty() {
                let mut other = a.clone().into_bytes();
                other[change.index(a.len())] = b'c';
                let other = String::from_utf8(other).expect("ASCII");
                prop_assert!(!same_text(&a, &other), "{} {}", a, other);
            }
        }

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
