//! kro's own CEL functions, on the same [`Library`] trait as everyone else's: signature, code and example in one row.
//! Everything is a pure function of its arguments; what lives in a cluster (names, ports, config checksums) depends
//! on these results byte for byte.

mod hash;
mod json;
mod lists;
mod maps;
mod omit;
mod random;
mod runtime;

use kro_cel::Library;

pub use hash::Hash;
pub use json::JsonText;
pub use lists::Lists;
pub use maps::Maps;
pub use omit::{Omit, Omitted, to_json};
pub use random::Random;
pub use runtime::{CONDITION, Condition, ConditionTypes, RUNTIME, Runtime, RuntimeHandle};

/// All of kro's libraries. [`RUNTIME`], the variable of the last one, is declared by who offers it.
pub fn libraries() -> &'static [&'static dyn Library] {
    &[&Random, &JsonText, &Hash, &Maps, &Lists, &Omit, &Runtime]
}

#[cfg(test)]
mod tests;
