//! Processor time of one operation, as the Go baselines measure it: calibrated runs between two looks at the clock.

use std::hint::black_box;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// Nanoseconds of an operation over all repetitions.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Times {
    /// The least.
    pub ns_min: f64,
    /// The median.
    pub ns_median: f64,
}

/// How much effort goes into a figure.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// How often it is measured.
    pub repetitions: usize,
    /// How long each measurement takes at least.
    pub least_time: Duration,
}

/// Times an operation; dropping its result is part of it.
pub fn time<O>(effort: Effort, run: impl Fn() -> O) -> Times {
    let once = |count: u64| {
        let start = processor_time();
        for _ in 0..count {
            drop(black_box(run()));
        }
        processor_time().saturating_sub(start)
    };
    let mut count = 1;
    let count = loop {
        let took = once(count);
        if took > effort.least_time / 4 {
            let share = effort.least_time.as_secs_f64() / took.as_secs_f64();
            break (count as f64 * share) as u64 + 1;
        }
        count *= 4;
    };
    let mut times: Vec<f64> =
        (0..effort.repetitions.max(1)).map(|_| once(count).as_nanos() as f64 / count as f64).collect();
    times.sort_by(f64::total_cmp);
    Times { ns_min: times[0], ns_median: times[times.len() / 2] }
}

/// Processor time of this process so far.
pub fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
