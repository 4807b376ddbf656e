//! Which part of the work is whose: pure rules, the same in every replica. By rendezvous hashing (Thaler and
//! Ravishankar, 1998) a new shard or replica takes work from the others and nothing else moves. Refuses to say who
//! lives; see [`Replica`](crate::Replica).

use std::collections::{BTreeMap, BTreeSet};

/// The part of the work that a replica does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Whether it does what only one may: definitions, revisions and their CRDs.
    pub leads: bool,
    /// The shards whose instances it reconciles, each below `count`.
    pub shards: BTreeSet<u32>,
    /// How many shards there are; at least 1. All replicas must agree.
    pub count: u32,
}

impl Share {
    /// Everything: there is one replica.
    pub fn all() -> Self {
        Self { leads: true, shards: BTreeSet::from([0]), count: 1 }
    }

    /// Nothing yet, of so many shards.
    pub fn none(count: u32) -> Self {
        Self { leads: false, shards: BTreeSet::new(), count: count.max(1) }
    }

    /// The shard of what has this id. The rule is a contract between replicas of different versions.
    pub fn shard_of(&self, id: &str) -> u32 {
        let id = hash(id);
        (0..self.count).max_by_key(|shard| weight(id, u64::from(*shard))).unwrap_or(0)
    }
}

/// Who shall have which shard: the replica with the highest weight that has less than an even part of them.
pub(crate) fn assign(count: u32, replicas: &BTreeSet<Box<str>>) -> BTreeMap<u32, Box<str>> {
    let most = (count as usize).div_ceil(replicas.len().max(1));
    let mut load: BTreeMap<&str, usize> = BTreeMap::new();
    let mut assigned = BTreeMap::new();
    for shard in 0..count {
        let free = replicas.iter().filter(|name| load.get(&***name).is_none_or(|load| *load < most));
        if let Some(name) = free.max_by_key(|name| weight(hash(name), u64::from(shard))) {
            *load.entry(name).or_default() += 1;
            assigned.insert(shard, name.clone());
        }
    }
    assigned
}

/// FNV-1a.
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

/// splitmix64 over both.
fn weight(id: u64, of: u64) -> u64 {
    let mut z = id ^ of.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: u32) -> BTreeSet<Box<str>> {
        (0..count).map(|number| format!("kro-{number}").into()).collect()
    }

    #[test]
    fn instances_spread_evenly_and_few_move() {
        let (four, five) = (Share::none(4), Share::none(5));
        let ids: Vec<String> = (0..10_000).map(|number| format!("shops/default/shop-{number}")).collect();
        let mut sizes = [0_u32; 4];
        for id in &ids {
            sizes[four.shard_of(id) as usize] += 1;
            let next = five.shard_of(id);
            assert!(next == 4 || next == four.shard_of(id), "moves only to the new one");
        }
        assert!(sizes.iter().all(|size| (2_300..2_700).contains(size)), "{sizes:?}");
        // A contract: replicas of different versions must agree.
        assert_eq!((four.shard_of("shops/default/a"), Share::all().shard_of("anything")), (1, 0));
    }

    #[test]
    fn replicas_have_an_even_part_each() {
        for replicas in 1..7 {
            for count in 1..20 {
                let assigned = assign(count, &names(replicas));
                assert_eq!(assigned.len(), count as usize);
                let most = count.div_ceil(replicas) as usize;
                for name in names(replicas) {
                    assert!(assigned.values().filter(|to| **to == name).count() <= most);
                }
            }
        }
        assert!(assign(4, &BTreeSet::new()).is_empty());
    }
}
