//! Seeded uids, name suffixes and other made-up identifiers: the same seed gives the same sequence.

/// A generator of identifiers (splitmix64).
#[derive(Debug, Clone)]
pub(crate) struct Ids {
    state: u64,
}

/// The characters of generated name suffixes: no vowels, no look-alikes.
const SUFFIX_ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
/// How long a generated name's base may be: 63 minus the suffix.
const BASE_LIMIT: usize = 58;

impl Ids {
    /// A generator for a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Leaves everything behind that a generator of the same seed gave out before a revision.
    pub(crate) fn skip_to(&mut self, revision: u64) {
        let mut salt = Self::new(revision);
        self.state ^= salt.bits();
    }

    /// 64 pseudo-random bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A version 4 UUID.
    pub(crate) fn uid(&mut self) -> String {
        let (high, low) = (self.bits(), self.bits());
        let high = high & !0xF000 | 0x4000;
        let low = low & !(0xC000 << 48) | 0x8000 << 48;
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xFFFF,
            high & 0xFFFF,
            low >> 48,
            low & 0xFFFF_FFFF_FFFF
        )
    }

    /// Five characters for `generateName`.
    pub(crate) fn suffix(&mut self) -> String {
        (0..5).map(|_| char::from(SUFFIX_ALPHABET[(self.bits() % 27) as usize])).collect()
    }

    /// A name from a `generateName` base.
    pub(crate) fn name(&mut self, base: &str) -> String {
        let mut end = base.len().min(BASE_LIMIT);
        while !base.is_char_boundary(end) {
            end -= 1;
        }
        format!("{}{}", &base[..end], self.suffix())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uids_are_version_4_and_repeatable() {
        let (mut a, mut b) = (Ids::new(7), Ids::new(7));
        let uid = a.uid();
        assert_eq!(uid, b.uid());
        assert_eq!(uid.len(), 36);
        assert_eq!(&uid[14..15], "4");
        assert!(matches!(&uid[19..20], "8" | "9" | "a" | "b"));
    }

    #[test]
    fn names_keep_58_characters_of_the_base() {
        let name = Ids::new(1).name(&"x".repeat(80));
        assert_eq!(name.len(), 63);
    }
}
