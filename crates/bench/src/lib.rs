//! What the benchmark programs share: the cases of the expressions, and a clock.
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
