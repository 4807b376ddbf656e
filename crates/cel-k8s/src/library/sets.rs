//! `sets.contains`, `sets.equivalent` and `sets.intersects`: lists as sets. Compares every item with every other.

use kro_cel::{Cost, EvalError, Functions, Library, List, Overload, Value};

/// CEL's `sets` extension, which Kubernetes enables.
#[derive(Debug, Clone, Copy)]
pub struct Sets;

impl Library for Sets {
    fn name(&self) -> &'static str {
        "cel.lib.ext.sets"
    }

    fn declare(&self, functions: &mut Functions) {
        functions.add(
            Overload::new("list_sets_contains_list", "sets.contains(list(A), list(A)) -> bool", |_, args| {
                lists(args, contains)
            })
            .cost(Cost::Sizes(|sizes| sizes.arg(0) * sizes.arg(1) + 1.0))
            .example("sets.contains([1, 2, 3], [3, 1, 1])"),
        );
        functions.add(
            Overload::new(
                "list_sets_equivalent_list",
                "sets.equivalent(list(A), list(A)) -> bool",
                |_, args| lists(args, |a, b| Ok(contains(a, b)? && contains(b, a)?)),
            )
            .cost(Cost::Sizes(|sizes| (sizes.arg(0) * sizes.arg(1)).scale(2.0) + 1.0))
            .example("sets.equivalent([1, 2], [2, 1, 1])"),
        );
        functions.add(
            Overload::new(
                "list_sets_intersects_list",
                "sets.intersects(list(A), list(A)) -> bool",
                |_, args| lists(args, intersects),
            )
            .cost(Cost::Sizes(|sizes| sizes.arg(0) * sizes.arg(1) + 1.0))
            .example("sets.intersects([1, 2], [2, 3])"),
        );
    }
}

fn lists<'a>(
    args: &[Value<'a>],
    relation: fn(&List<'a>, &List<'a>) -> Result<bool, EvalError>,
) -> Result<Value<'a>, EvalError> {
    match args {
        [Value::List(a), Value::List(b)] => relation(a, b).map(Value::Bool),
        _ => Err(EvalError::no_such_overload()),
    }
}

fn contains<'a>(all: &List<'a>, some: &List<'a>) -> Result<bool, EvalError> {
    for item in some.iter() {
        if !all.contains(&item?)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn intersects<'a>(a: &List<'a>, b: &List<'a>) -> Result<bool, EvalError> {
    for item in a.iter() {
        if b.contains(&item?)? {
            return Ok(true);
        }
    }
    Ok(false)
}
