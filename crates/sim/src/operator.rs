//! The unmodified operator as a program of a world.

use crate::process::Host;
use kro_controller::{Compute, Controller, Options};
use std::sync::Arc;

/// The name of the operator.
pub const OPERATOR: &str = "operator";

/// Runs until it is told to end.
pub(crate) async fn operator(host: Host) {
    let mut options = Options::new(Arc::new(host.clock));
    options.compute = Compute::Inline;
    options.seed = host.seed;
    Controller::new(host.client, options).run(host.shutdown).await;
}
