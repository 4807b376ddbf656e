//! What the benchmark programs share: the cases of the expressions, a clock, and how their data is read.
//!
//! ```
//! use kro_bench::clock::{Effort, time};
//! use std::time::Duration;
//!
//! let effort = Effort { repetitions: 3, least_time: Duration::from_micros(100) };
//! let times = time(effort, || vec![0_u8; 64]);
//! assert!(times.ns_min <= times.ns_median);
//! ```

pub mod cel_cases;
pub mod clock;

use anyhow::Context;
use serde::de::DeserializeOwned;
use std::path::Path;

/// Reads a JSON file.
pub fn read<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&bytes).with_context(|| format!("cannot understand {}", path.display()))
}
