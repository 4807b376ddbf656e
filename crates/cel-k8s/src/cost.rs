//! What Kubernetes' API server charges for functions of other libraries, by name, and how large it takes results to
//! be. Its own libraries carry their prices in their rows.

use kro_cel::{Bounds, Cost, CostProfile, ResultSize, Sizes, Type, Value};

use crate::library::TRAVERSAL;

/// The prices of Kubernetes' cost estimator, when something runs and before.
#[derive(Debug, Clone, Copy, Default)]
pub struct KubernetesCosts;

impl CostProfile for KubernetesCosts {
    fn cost(&self, function: &str, _overload: &str) -> Option<Cost> {
        Some(match function {
            "lowerAscii" | "upperAscii" | "substring" | "trim" => Cost::Traverse,
            "replace" | "split" => Cost::Sizes(|sizes| sizes.arg(0).scale(2.0).tenth()),
            // Upstream estimates half of what it charges.
            "join" => Cost::Values(|_, result| result.cost_size().div_ceil(5), |sizes| joined(sizes).tenth()),
            "indexOf" | "lastIndexOf" => TRAVERSAL,
            "_==_" => EQUALITY,
            _ => return None,
        })
    }

    fn result_size(&self, function: &str, _overload: &str) -> Option<ResultSize> {
        Some(match function {
            "lowerAscii" | "upperAscii" | "substring" | "trim" | "url" | "jsonpatch.escapeKey" => {
                |sizes| sizes.arg(0)
            }
            "replace" => replaced,
            "split" => |sizes| {
                let limit = sizes.argument(2).and_then(|argument| argument.int);
                // A negative limit is a very large one to Go.
                let most = limit.map_or(sizes.arg(0).max, |limit| limit as u64 as f64);
                Bounds { min: 0.0, max: most }
            },
            "join" => joined,
            "find" | "findAll" => |sizes| sizes.arg(0).up_to(),
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
    |sizes| {
        let ty = |index| sizes.argument(index).map(|argument| argument.ty);
        match (ty(0), ty(1)) {
            (Some(Type::Opaque(left)), Some(Type::Opaque(right))) if left == right => match &*left.name {
                // Formats have names of at most 64 characters.
                "kubernetes.NamedFormat" => Bounds { min: 1.0, max: 64.0 }.tenth(),
                "kubernetes.URL" => Bounds { min: 1.0, max: sizes.arg(1).max }.tenth(),
                _ => Bounds::exactly(1.0),
            },
            _ => sizes.arg(0).comparison(sizes.arg(1)),
        }
    },
);

/// All items with the separator between them.
fn joined(sizes: &Sizes<'_>) -> Bounds {
    let count = sizes.arg(0);
    let item = sizes.argument(0).map_or(Bounds::ANY, |argument| argument.item);
    let before_last = |end: f64| (end - 1.0).max(0.0);
    let between = Bounds { min: before_last(count.min), max: before_last(count.max) };
    count * item + between * sizes.arg(1)
}

/// Upstream's extremes: short texts replaced by long ones as often as possible, and the other way round.
fn replaced(sizes: &Sizes<'_>) -> Bounds {
    let (text, old, new) = (sizes.arg(0), sizes.arg(1), sizes.arg(2));
    let times = |count: f64, each: f64| if count == 0.0 || each == 0.0 { 0.0 } else { count * each };
    let max = if old.min == 0.0 {
        times(text.max + 1.0, new.max) + text.max
    } else if new.max <= old.min {
        text.max
    } else {
        times((text.max / old.min).ceil(), new.max)
    };
    let min = if old.max == 0.0 {
        times(text.min + 1.0, new.min) + text.min
    } else if old.max <= new.min {
        text.min
    } else {
        times((text.min / old.max).ceil(), new.min)
    };
    Bounds { min, max }
}
