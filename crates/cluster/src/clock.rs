//! Wall-clock time as an argument: leases and condition timestamps read it from here, never from the system.

use kro_object::Timestamp;

/// Where "now" comes from. Binaries pass the system's clock, simulations their own.
pub trait Clock: std::fmt::Debug + Send + Sync {
    /// The current instant.
    fn now(&self) -> Timestamp;
}
