//! The items of an associative list as path elements: which item is which.

use std::fmt::{self, Write};

use serde_json::Value;
use smallvec::SmallVec;

use crate::element::{Element, Sink, encode};
use crate::types::{Key, List, Relation};
use crate::value;

/// Why an item of a list cannot be told apart from others.
#[derive(Debug, Clone, Copy)]
pub(crate) enum NoElement<'a> {
    NullInMap,
    NotAMap,
    NoKeys(&'a List),
    MapInSet,
    ListInSet,
    NullInSet,
}

impl fmt::Display for NoElement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NullInMap => "associative list with keys may not have a null element",
            Self::NotAMap => "associative list with keys may not have non-map elements",
            Self::MapInSet => "associative list without keys has an element that's a map type",
            Self::ListInSet => "not supported: associative list with lists as elements",
            Self::NullInSet => "associative list without keys has an element that's an explicit null",
            Self::NoKeys(list) => {
                let mut names = String::new();
                if let Relation::Keys(keys) = &list.relation {
                    for (at, key) in keys.iter().enumerate() {
                        if at > 0 {
                            names.push(' ');
                        }
                        value::write_quoted(&mut names, &key.name);
                    }
                }
                return write!(
                    f,
                    "associative list with keys has an element that omits all key fields [{names}] \
                     (and doesn't have default values for any key fields)"
                );
            }
        })
    }
}

/// Appends the element of an item; nothing if it has none.
pub(crate) fn encode_item<'a>(
    out: &mut impl Sink,
    list: &'a List,
    item: &Value,
) -> Result<(), NoElement<'a>> {
    match (&list.relation, item) {
        (Relation::Keys(_), Value::Null) => Err(NoElement::NullInMap),
        (Relation::Keys(keys), Value::Object(fields)) => {
            encode::key(out);
            let start = out.len();
            for key in keys {
                if let Some(value) = fields.get(key.name.as_ref()).or(key.default.as_ref()) {
                    encode::key_field(out, &key.name, value);
                }
            }
            if out.len() == start {
                out.truncate(start - 1);
                return Err(NoElement::NoKeys(list));
            }
            Ok(())
        }
        (Relation::Keys(_), _) => Err(NoElement::NotAMap),
        (_, Value::Object(_)) => Err(NoElement::MapInSet),
        (_, Value::Array(_)) => Err(NoElement::ListInSet),
        (_, Value::Null) => Err(NoElement::NullInSet),
        (_, scalar) => {
            encode::value(out, scalar);
            Ok(())
        }
    }
}

/// The items of a list that have an element, with a look-up by element.
#[derive(Debug)]
pub(crate) struct Items<'v> {
    list: &'v [Value],
    bytes: SmallVec<[u8; 128]>,
    /// Position in the list and end of the element in `bytes`, in the order of the list.
    ends: SmallVec<[(u32, u32); 8]>,
    /// Positions in `ends`, by element and then by position.
    sorted: SmallVec<[usize; 8]>,
}

impl<'v> Items<'v> {
    pub(crate) fn new(ty: &List, list: &'v [Value]) -> Self {
        let mut bytes = SmallVec::new();
        let mut ends = SmallVec::with_capacity(list.len());
        for (at, item) in list.iter().enumerate() {
            if encode_item(&mut bytes, ty, item).is_ok() {
                ends.push((at as u32, bytes.len() as u32));
            }
        }
        let mut items = Self { list, bytes, sorted: (0..ends.len()).collect(), ends };
        let is_sorted = (1..items.len()).all(|at| items.element(at - 1) <= items.element(at));
        if !is_sorted {
            let mut sorted = std::mem::take(&mut items.sorted);
            sorted.sort_by(|&a, &b| items.element(a).cmp(&items.element(b)));
            items.sorted = sorted;
        }
        items
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The element of the item at a position among those that have one.
    pub(crate) fn element(&self, at: usize) -> Element<'_> {
        let start = if at == 0 { 0 } else { self.ends[at - 1].1 };
        Element(&self.bytes[start as usize..self.ends[at].1 as usize])
    }

    pub(crate) fn value(&self, at: usize) -> &'v Value {
        &self.list[self.ends[at].0 as usize]
    }

    /// Where the item is in the list itself.
    pub(crate) fn position(&self, at: usize) -> usize {
        self.ends[at].0 as usize
    }

    /// All items with an element, in the order of the list.
    pub(crate) fn find(&self, element: Element<'_>) -> &[usize] {
        let start = self.sorted.partition_point(|&at| self.element(at) < element);
        let rest = &self.sorted[start..];
        &rest[..rest.partition_point(|&at| self.element(at) == element)]
    }

    /// Items in the order of their elements; those with the same one together, in the order of the list.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &[usize]> {
        self.sorted.chunk_by(|&a, &b| self.element(a) == self.element(b))
    }
}

/// How many items are compared with each other without being encoded first.
const FEW: usize = 16;

/// Whether every item has an element and no two have the same. Only sure of a yes, and only for short lists: a no
/// means that somebody must look closely.
pub(crate) fn are_distinct(list: &List, items: &[Value]) -> bool {
    if items.len() > FEW {
        return false;
    }
    match &list.relation {
        Relation::Atomic => false,
        Relation::Set => items.iter().enumerate().all(|(at, item)| {
            !matches!(item, Value::Null | Value::Array(_) | Value::Object(_))
                && items[..at].iter().all(|other| !value::equal(other, item))
        }),
        Relation::Keys(keys) => {
            // Most items differ in the first of their keys.
            let Some((first, others)) = keys.split_first() else { return false };
            let mut firsts: SmallVec<[Option<&Value>; FEW]> = SmallVec::new();
            for item in items {
                let key = key_of(first, item);
                if !item.is_object() || key.is_none() && others.iter().all(|k| key_of(k, item).is_none()) {
                    return false;
                }
                firsts.push(key);
            }
            (1..items.len()).all(|b| {
                (0..b).all(|a| {
                    !equal_keys(firsts[a], firsts[b])
                        || others
                            .iter()
                            .any(|key| !equal_keys(key_of(key, &items[a]), key_of(key, &items[b])))
                })
            })
        }
    }
}

/// Whether two lists surely have the same items in the same order, whatever is in them.
pub(crate) fn are_aligned(list: &List, a: &[Value], b: &[Value]) -> bool {
    a.len() == b.len()
        && are_distinct(list, a)
        && a.iter().zip(b).all(|(a, b)| match &list.relation {
            Relation::Keys(keys) => {
                b.is_object() && keys.iter().all(|key| equal_keys(key_of(key, a), key_of(key, b)))
            }
            Relation::Set => value::equal(a, b),
            Relation::Atomic => false,
        })
}

fn key_of<'a>(key: &'a Key, item: &'a Value) -> Option<&'a Value> {
    item.get(key.name.as_ref()).or(key.default.as_ref())
}

fn equal_keys(a: Option<&Value>, b: Option<&Value>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => value::equal(a, b),
        (None, None) => true,
        _ => false,
    }
}

/// The element as text, for messages.
pub(crate) fn element_text(element: Element<'_>) -> String {
    let mut text = String::new();
    let _ = write!(text, "{}", element.to_path_element());
    text
}
