//! `isSorted`, `sum`, `min`, `max`, `indexOf`, `lastIndexOf`, and from version 1 `includes`.

use std::cmp::Ordering;

use kro_cel::{
    Bounds, Call, Cost, Duration, EvalError, Functions, Library, List, Overload, Sizes, Type, Value,
    library::arguments::list,
};

/// The `kubernetes.lists` library.
#[derive(Debug, Clone, Copy)]
pub struct Lists {
    /// 0, or 1 for `includes` (Kubernetes 1.37).
    pub version: u32,
}

const SUMMABLE: [&str; 4] = ["int", "uint", "double", "duration"];
const COMPARABLE: [&str; 8] = ["int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes"];

impl Library for Lists {
    fn name(&self) -> &'static str {
        "kubernetes.lists"
    }

    fn declare(&self, functions: &mut Functions) {
        for ty in COMPARABLE {
            let mut row = |id: String, signature: String, code, example| {
                functions.add(Overload::new(&id, &signature, code).profile_cost(TRAVERSAL).example(example));
            };
            row(
                format!("list_{ty}_is_sorted_bool"),
                format!("list({ty}).isSorted() -> bool"),
                is_sorted,
                "[1, 2, 2].isSorted()",
            );
            row(
                format!("list_{ty}_max_{ty}"),
                format!("list({ty}).max() -> {ty}"),
                |_, args| extreme(args, "max", Ordering::Less),
                "[1, 3, 2].max() == 3",
            );
            row(
                format!("list_{ty}_min_{ty}"),
                format!("list({ty}).min() -> {ty}"),
                |_, args| extreme(args, "min", Ordering::Greater),
                "[2, 1, 3].min() == 1",
            );
        }
        for ty in SUMMABLE {
            functions.add(
                Overload::new(
                    &format!("list_{ty}_sum_{ty}"),
                    &format!("list({ty}).sum() -> {ty}"),
                    match ty {
                        "uint" => |_, args| sum(args, Value::Uint(0)),
                        "double" => |_, args| sum(args, Value::Double(0.0)),
                        "duration" => |_, args| sum(args, Value::Duration(Duration(0))),
                        _ => |_, args| sum(args, Value::Int(0)),
                    },
                )
                .profile_cost(TRAVERSAL)
                .example("[1, 2].sum() == 3"),
            );
        }
        functions.add(
            Overload::new("list_a_index_of_int", "list(A).indexOf(A) -> int", |_, args| {
                position(args, |list, item| find(0..list.len(), list, item))
            })
            .profile_cost(TRAVERSAL)
            .example("[1, 2, 2].indexOf(2) == 1"),
        );
        functions.add(
            Overload::new("list_a_last_index_of_int", "list(A).lastIndexOf(A) -> int", |_, args| {
                position(args, |list, item| find((0..list.len()).rev(), list, item))
            })
            .profile_cost(TRAVERSAL)
            .example("[1, 2, 2].lastIndexOf(2) == 2"),
        );
        if self.version >= 1 {
            functions.add(
                Overload::new("list_includes_dyn_dyn", "dyn.includes(dyn) -> bool", includes)
                    .profile_cost(TRAVERSAL)
                    .example("[1, 2].includes(2)"),
            );
        }
    }
}

fn is_sorted<'a>(_: &mut Call<'_>, args: &[Value<'a>]) -> Result<Value<'a>, EvalError> {
    let mut previous: Option<Value<'a>> = None;
    for item in list(args, 0)?.iter() {
        let item = item?;
        if previous.as_ref().and_then(|previous| previous.compare(&item)) == Some(Ordering::Greater) {
            return Ok(Value::Bool(false));
        }
        previous = Some(item);
    }
    Ok(Value::Bool(true))
}

/// The item that no other one beats; the first of equals.
fn extreme<'a>(args: &[Value<'a>], name: &str, worse: Ordering) -> Result<Value<'a>, EvalError> {
    let mut best: Option<Value<'a>> = None;
    for item in list(args, 0)?.iter() {
        let item = item?;
        if best.as_ref().is_none_or(|best| best.compare(&item) == Some(worse)) {
            best = Some(item);
        }
    }
    best.ok_or_else(|| EvalError::invalid(format!("{name} called on empty list")))
}

/// The sum of the items, or `zero` of none. What is not known before decides the first item, not the overload.
fn sum<'a>(args: &[Value<'a>], zero: Value<'a>) -> Result<Value<'a>, EvalError> {
    let mut items = list(args, 0)?.iter();
    let first = items.next().transpose()?.unwrap_or(zero);
    if !matches!(first, Value::Int(_) | Value::Uint(_) | Value::Double(_) | Value::Duration(_)) {
        return Err(EvalError::no_such_overload());
    }
    items.try_fold(first, |total, item| add(&total, &item?))
}

fn add<'a>(a: &Value<'_>, b: &Value<'_>) -> Result<Value<'a>, EvalError> {
    let (sum, what) = match (a, b) {
        (Value::Int(a), Value::Int(b)) => (a.checked_add(*b).map(Value::Int), "integer"),
        (Value::Uint(a), Value::Uint(b)) => (a.checked_add(*b).map(Value::Uint), "unsigned integer"),
        (Value::Double(a), Value::Double(b)) => (Some(Value::Double(a + b)), "double"),
        (Value::Duration(a), Value::Duration(b)) => {
            (a.0.checked_add(b.0).map(|nanos| Value::Duration(Duration(nanos))), "duration")
        }
        _ => return Err(EvalError::no_such_overload()),
    };
    sum.ok_or_else(|| EvalError::invalid(format!("{what} overflow")))
}

fn position<'a>(
    args: &[Value<'a>],
    find: fn(&List<'a>, &Value<'a>) -> Result<Option<usize>, EvalError>,
) -> Result<Value<'a>, EvalError> {
    let item = args.get(1).ok_or_else(EvalError::no_such_overload)?;
    Ok(Value::Int(find(list(args, 0)?, item)?.map_or(-1, |index| index as i64)))
}

fn find<'a>(
    indexes: impl Iterator<Item = usize>,
    list: &List<'a>,
    wanted: &Value<'a>,
) -> Result<Option<usize>, EvalError> {
    for index in indexes {
        if let Some(item) = list.get(index)
            && item?.equals(wanted)?
        {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

/// Whether a list has the item, or another value is the item.
fn includes<'a>(_: &mut Call<'_>, args: &[Value<'a>]) -> Result<Value<'a>, EvalError> {
    let [target, item] = args else { return Err(EvalError::no_such_overload()) };
    match target {
        Value::List(list) => list.contains(item),
        target => target.equals(item),
    }
    .map(Value::Bool)
}

/// The price of looking at everything in the first argument once. Upstream's estimate takes each item for a scalar or a
/// text; nested lists are charged more than that.
pub(crate) const TRAVERSAL: Cost = Cost::Values(
    |args, _| args.first().map_or(0, traversal),
    |sizes: &Sizes<'_>| match sizes.argument(0).map(|list| (list.ty, list.item)) {
        Some((Type::List(item), size)) => {
            let reads = matches!(**item, Type::String | Type::Bytes);
            let one = Bounds::exactly(1.0);
            sizes.arg(0) * if reads { one + size.tenth() } else { one }
        }
        _ => sizes.arg(0).tenth(),
    },
);

/// 1 for scalars, a tenth of the bytes for texts, the sum of keys and values for the rest.
/// Nesting is limited by what JSON and expressions can nest.
fn traversal(value: &Value<'_>) -> u64 {
    match value {
        Value::String(text) => text.len() as u64 / 10,
        Value::Bytes(bytes) => bytes.len() as u64 / 10,
        Value::List(list) => list.iter().flatten().map(|item| traversal(&item)).sum(),
        Value::Map(map) => {
            map.iter().map(|(key, value)| traversal(&key.value()) + value.as_ref().map_or(0, traversal)).sum()
        }
        _ => 1,
    }
}
