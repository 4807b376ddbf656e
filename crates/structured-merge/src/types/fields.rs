//! The declared fields of a map, found by a small hash table: names are looked up at every field of every value.

use super::TypeId;

/// Names with their types, sorted by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields {
    sorted: Box<[(Box<str>, TypeId)]>,
    /// Positions in `sorted`, open addressing with a power of two of places; empty if names collide too often.
    table: Box<[u32]>,
}

const FREE: u32 = u32::MAX;
/// Longest run of taken places; a schema whose names collide more is searched by halves.
const LONGEST_RUN: usize = 8;

impl Fields {
    pub(crate) fn new(mut fields: Vec<(Box<str>, TypeId)>) -> Self {
        fields.sort_by(|a, b| a.0.cmp(&b.0));
        let table = table(&fields).unwrap_or_default();
        Self { sorted: fields.into(), table }
    }

    /// The type of a field; of those declared twice, the first.
    pub(crate) fn get(&self, name: &[u8]) -> Option<TypeId> {
        if self.table.is_empty() {
            let at = self.sorted.binary_search_by(|(field, _)| field.as_bytes().cmp(name)).ok()?;
            return Some(self.sorted[at].1);
        }
        let mask = self.table.len() - 1;
        let mut place = hash(name) & mask;
        loop {
            let at = self.table[place];
            if at == FREE {
                return None;
            }
            let (field, ty) = &self.sorted[at as usize];
            if field.as_bytes() == name {
                return Some(*ty);
            }
            place = (place + 1) & mask;
        }
    }
}

fn table(sorted: &[(Box<str>, TypeId)]) -> Option<Box<[u32]>> {
    if sorted.is_empty() {
        return None;
    }
    let mut table = vec![FREE; (sorted.len() * 2).next_power_of_two()];
    let mask = table.len() - 1;
    for (at, (name, _)) in sorted.iter().enumerate() {
        let mut place = hash(name.as_bytes()) & mask;
        let mut run = 0;
        while table[place] != FREE {
            place = (place + 1) & mask;
            run += 1;
            if run > LONGEST_RUN {
                return None;
            }
        }
        table[place] = at as u32;
    }
    Some(table.into())
}

/// Cheap and good enough for field names: length, first, middle and last byte.
fn hash(bytes: &[u8]) -> usize {
    let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else { return 0 };
    let middle = bytes[bytes.len() / 2];
    bytes.len() + usize::from(first) * 7 + usize::from(middle) * 31 + usize::from(last) * 131
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_whether_they_collide_or_not() {
        let check = |names: &[String]| {
            let fields = Fields::new(
                names
                    .iter()
                    .enumerate()
                    .map(|(at, name)| (name.as_str().into(), TypeId(at as u32)))
                    .collect(),
            );
            for (at, name) in names.iter().enumerate() {
                assert_eq!(fields.get(name.as_bytes()), Some(TypeId(at as u32)), "{name}");
            }
            assert_eq!(fields.get(b"not there"), None);
            fields.table.is_empty()
        };
        let spread: Vec<String> = ["", "name", "names", "image", "env", "ports"].map(str::to_owned).into();
        assert!(!check(&spread));
        // The same length, first, middle and last byte.
        let colliding: Vec<String> = (0..40).map(|n| format!("a{}b{}c", n / 10, n % 10)).collect();
        assert!(check(&colliding));
        assert!(check(&[]));
    }
}
