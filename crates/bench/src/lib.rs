//! What the benchmark programs share: the cases of the expressions, and a clock.

pub mod cel_cases;
pub mod clock;
