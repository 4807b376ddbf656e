//! What Kubernetes' API server charges for functions of other libraries, by name. Its own libraries carry their prices
//! in their rows.

use kro_cel::{Cost, CostProfile, Value};

use crate::library::TRAVERSAL;

/// The prices of Kubernetes' runtime cost estimator.
#[derive(Debug, Clone, Copy, Default)]
pub struct KubernetesCosts;

impl CostProfile for KubernetesCosts {
    fn cost(&self, function: &str, _overload: &str) -> Option<Cost> {
        Some(match function {
            "lowerAscii" | "upperAscii" | "substring" | "trim" => Cost::TRAVERSE,
            "replace" | "split" => Cost::Sizes(|sizes| sizes.arg(0).scale(2.0).tenth()),
            "join" => Cost::Sizes(|sizes| sizes.result().scale(2.0).tenth()),
            "indexOf" | "lastIndexOf" => TRAVERSAL,
            "_==_" => EQUALITY,
            _ => return None,
        })
    }
}

/// As everywhere, but comparing values of an own type costs one unit.
const EQUALITY: Cost = Cost::Values(
    |args, _| match args {
        [Value::Opaque(_), _] => 1,
        [a, b] => a.cost_size().min(b.cost_size()).div_ceil(10),
        _ => 1,
    },
    |sizes| sizes.arg(0).least(sizes.arg(1)).tenth(),
);
