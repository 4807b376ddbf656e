//! Entries of maps in the order they were written. A few are found by looking at each, which takes less than a table.
use super::{Key, Text, Value, same_text};
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

/// So many entries need no table.
const FEW: usize = 8;

/// Entries in the order they were written, each key once.
#[derive(Debug, Clone, Default)]
pub struct Entries<'a> {
    entries: Vec<(Key<'a>, Value<'a>)>,
    /// Places of all entries by hash, once there are more than a few.
    table: Option<HashTable<usize>>,
}

impl<'a> Entries<'a> {
    /// No entries, and room for `capacity` of them.
    pub fn with_capacity(capacity: usize) -> Self {
        Self { entries: Vec::with_capacity(capacity), table: None }
    }

    /// These entries in the order of their keys, as JSON objects have theirs. Of equal keys the last counts.
    pub fn sorted(mut entries: Vec<(Text<'a>, Value<'a>)>) -> Self {
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        entries.dedup_by(|later, earlier| {
            let same = *later.0 == *earlier.0;
            if same {
                std::mem::swap(later, earlier);
            }
            same
        });
        // A text and a key have the same layout, so the list stays where it is.
        let entries = entries.into_iter().map(|(key, value)| (Key::String(key), value)).collect();
        Self::distinct(entries)
    }

    /// These entries, no two of which have the same key.
    pub(crate) fn distinct(entries: Vec<(Key<'a>, Value<'a>)>) -> Self {
        let mut all = Self { entries, table: None };
        if all.len() > FEW {
            all.tabulate();
        }
        all
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value at `key`.
    pub fn get(&self, key: &Key<'_>) -> Option<&Value<'a>> {
        self.place(key).map(|place| &self.entries[place].1)
    }

    /// The value at the text key `name`.
    #[inline]
    pub(crate) fn named(&self, name: &str) -> Option<&Value<'a>> {
        if self.table.is_some() {
            return self.get(&Key::String(Text::Borrowed(name)));
        }
        let named = |key: &Key<'_>| matches!(key, Key::String(text) if same_text(text, name));
        self.entries.iter().find(|(key, _)| named(key)).map(|(_, value)| value)
    }

    /// Adds an entry, or replaces the value of the entry with the same key where it stands. Gives back the value that
    /// was there.
    pub fn insert(&mut self, key: Key<'a>, value: Value<'a>) -> Option<Value<'a>> {
        match self.place(&key) {
            Some(place) => Some(std::mem::replace(&mut self.entries[place].1, value)),
            None => {
                self.push(key, value);
                None
            }
        }
    }

    /// Adds an entry. Gives back the key when there is one with the same key.
    pub fn add(&mut self, key: Key<'a>, value: Value<'a>) -> Result<(), Key<'a>> {
        if self.place(&key).is_some() {
            return Err(key);
        }
        self.push(key, value);
        Ok(())
    }

    /// The entry at a place in the order.
    pub(crate) fn at(&self, index: usize) -> Option<&(Key<'a>, Value<'a>)> {
        self.entries.get(index)
    }

    /// The entries in order.
    pub fn iter(&self) -> std::slice::Iter<'_, (Key<'a>, Value<'a>)> {
        self.entries.iter()
    }

    fn place(&self, key: &Key<'_>) -> Option<usize> {
        match &self.table {
            None => self.entries.iter().position(|(other, _)| other == key),
            Some(table) => table.find(hash(key), |place| self.entries[*place].0 == *key).copied(),
        }
    }

    /// Adds an entry whose key is known not to be there.
    pub(crate) fn push(&mut self, key: Key<'a>, value: Value<'a>) {
        self.entries.push((key, value));
        let entries = &self.entries;
        let hash_at = |place: &usize| hash(&entries[*place].0);
        match &mut self.table {
            Some(table) => {
                let place = entries.len() - 1;
                table.insert_unique(hash_at(&place), place, hash_at);
            }
            None if entries.len() > FEW => self.tabulate(),
            None => {}
        }
    }

    /// Makes the table.
    #[inline(never)]
    fn tabulate(&mut self) {
        let hash_at = |place: &usize| hash(&self.entries[*place].0);
        let mut table = HashTable::with_capacity(2 * self.entries.len());
        for place in 0..self.entries.len() {
            table.insert_unique(hash_at(&place), place, hash_at);
        }
        self.table = Some(table);
    }
}

/// The seed is fixed: nothing depends on chance.
fn hash(key: &Key<'_>) -> u64 {
    FixedState::default().hash_one(key)
}

impl<'a> IntoIterator for Entries<'a> {
    type Item = (Key<'a>, Value<'a>);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<'s, 'a> IntoIterator for &'s Entries<'a> {
    type Item = &'s (Key<'a>, Value<'a>);
    type IntoIter = std::slice::Iter<'s, (Key<'a>, Value<'a>)>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a> FromIterator<(Key<'a>, Value<'a>)> for Entries<'a> {
    fn from_iter<I: IntoIterator<Item = (Key<'a>, Value<'a>)>>(entries: I) -> Self {
        let mut all = Self::default();
        for (key, value) in entries {
            all.insert(key, value);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::{Entries, FEW};
    use crate::{Key, Text, Value};
    use proptest::{collection, prelude::*};

    proptest! {
        #[test]
        fn sorts_as_a_tree_does(pairs in collection::vec(("[a-c]{0,2}", any::<i64>()), 0..2 * FEW)) {
            let tree: std::collections::BTreeMap<_, _> = pairs.iter().cloned().collect();
            let pairs = pairs.iter().map(|(key, value)| (Text::Borrowed(key), Value::Int(*value)));
            let sorted = Entries::sorted(pairs.collect());
            let found = sorted.iter().map(|(key, value)| match value {
                Value::Int(value) => (key.to_string(), *value),
                other => panic!("{other:?}"),
            });
            prop_assert_eq!(found.collect::<Vec<_>>(), tree.into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn finds_entries_in_their_order(keys in collection::vec(0..3 * FEW as i64, 0..4 * FEW)) {
            let mut entries = Entries::default();
            let mut expected: Vec<(i64, i64)> = Vec::new();
            for (count, key) in (0..).zip(keys) {
                let before = expected.iter_mut().find(|(other, _)| *other == key);
                let as_uint = Key::Uint(key as u64);
                prop_assert_eq!(entries.get(&as_uint).is_some(), before.is_some());
                match before {
                    Some((_, value)) => {
                        prop_assert!(entries.add(as_uint, Value::Null).is_err());
                        *value = count;
                    }
                    None => expected.push((key, count)),
                }
                entries.insert(Key::Int(key), Value::Int(count));
            }
            prop_assert_eq!(entries.len(), expected.len());
            for ((key, value), (expected_key, expected_value)) in entries.iter().zip(expected) {
                prop_assert_eq!(key, &Key::Int(expected_key));
                prop_assert!(matches!(value, Value::Int(value) if *value == expected_value));
            }
        }
    }
}
