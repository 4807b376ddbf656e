//! Processor time and allocations of one operation, as the Go baselines count them.

use std::hint::black_box;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;
use stats_alloc::Region;

/// Figures of one case.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figures {
    pub(crate) name: String,
    /// Least and median time of an operation over all repetitions.
    pub(crate) ns_min: f64,
    pub(crate) ns_median: f64,
    /// Allocations of an operation, and the bytes asked for.
    pub(crate) allocs: f64,
    pub(crate) bytes: f64,
}

/// How much effort goes into a figure.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    pub(crate) repetitions: usize,
    pub(crate) least_time: Duration,
    /// How many inputs are prepared at a time: fewer for operations that take long.
    pub(crate) batch: usize,
}

impl Effort {
    /// For operations of some microseconds.
    pub(crate) fn small(repetitions: usize) -> Self {
        Self { repetitions, least_time: Duration::from_millis(8), batch: 64 }
    }
}

/// Runs an operation on fresh inputs. Preparing and dropping them is not measured, dropping the results is.
pub(crate) fn measure<I, O>(
    name: &str,
    effort: Effort,
    prepare: impl Fn() -> I,
    run: impl Fn(&mut I) -> O,
) -> Figures {
    let mut times = Vec::with_capacity(effort.repetitions);
    let (mut allocs, mut bytes) = (0.0, 0.0);
    for _ in 0..effort.repetitions {
        let (mut total, mut count) = (Duration::ZERO, 0_u32);
        (allocs, bytes) = (0.0, 0.0);
        while total < effort.least_time {
            let mut inputs: Vec<I> = (0..effort.batch).map(|_| prepare()).collect();
            let region = Region::new(crate::ALLOCATOR);
            let start = processor_time();
            for input in &mut inputs {
                drop(black_box(run(black_box(input))));
            }
            total += processor_time().saturating_sub(start);
            let change = region.change();
            allocs += (change.allocations + change.reallocations) as f64;
            bytes += change.bytes_allocated as f64;
            count += effort.batch as u32;
        }
        times.push(total.as_nanos() as f64 / f64::from(count));
        (allocs, bytes) = (allocs / f64::from(count), bytes / f64::from(count));
    }
    times.sort_by(f64::total_cmp);
    Figures { name: name.to_owned(), ns_min: times[0], ns_median: times[times.len() / 2], allocs, bytes }
}

pub(crate) fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
