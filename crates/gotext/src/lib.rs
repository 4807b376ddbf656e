//! Texts that Go programs read and write, read and written as Go's standard library does.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`re2`] | regular expressions: RE2's syntax on the `regex` crate |
//! | [`duration`] | `time.Duration`: nanoseconds and texts such as `1h30m` |
//!
//! It refuses: whatever Go refuses; formats of Kubernetes, which are in `kro-object` and `kro-schema`.
//!
//! ```
//! use kro_gotext::{duration, re2};
//!
//! // `\d` means ASCII digits in RE2, not those of every script.
//! assert!(!re2::compile(r"^\d+$")?.is_match("\u{661}\u{662}"));
//!
//! assert_eq!(duration::parse("1h30m")?, 5_400_000_000_000);
//! assert_eq!(duration::format(1_500_000_000), "1.5s");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Limits: a regular expression takes at most 1 MiB compiled and matches in time linear in the text; counts of
//! repetitions are at most 1,000; durations reach to about ±292 years.

pub mod duration;
pub mod re2;
