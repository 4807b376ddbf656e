//! Lists: slices, flattening, sorting, ranges.
use super::{
    Bounds, Cost, Functions, Library, Overload, Sizes,
    arguments::{integer, list},
};
use crate::{Call, EvalError, List, ResultSize, Value, syntax::macros::special::SORT_BY};
use std::cmp::Ordering;

/// `slice`, `flatten`, `sort`, `sortBy`, `distinct`, `reverse` and `lists.range`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Lists;

type Evaluated<'a> = Result<Value<'a>, EvalError>;

/// Deepest that `flatten` goes.
const MAX_FLATTEN: i64 = 64;

impl Library for Lists {
    fn name(&self) -> &'static str {
        "lists"
    }

    fn declare(&self, functions: &mut Functions) {
        let made = Cost::Sizes(|sizes| sizes.result() + 11.0);
        functions.add(
            Overload::new("list_slice", "list(A).slice(int, int) -> list(A)", slice)
                .cost(made)
                .result_size(|sizes| {
                    let int = |index| sizes.argument(index).and_then(|argument| argument.int);
                    let (start, end) = (int(1).map_or(0.0, |int| int as f64), int(2).map(|int| int as f64));
                    Bounds { min: 0.0, max: (end.unwrap_or(sizes.arg(0).max) - start).max(0.0) }
                })
                .example("[1, 2, 3, 4].slice(1, 3) == [2, 3]"),
        );
        functions.add(
            Overload::new("lists_range", "lists.range(int) -> list(int)", range)
                .cost(made)
                .result_size(|sizes| {
                    let count = sizes.argument(0).and_then(|argument| argument.int);
                    count.map_or(Bounds::ANY, |count| Bounds::exactly(count.max(0) as f64))
                })
                .example("lists.range(3) == [0, 1, 2]"),
        );
        functions.add(
            Overload::new("list_reverse", "list(A).reverse() -> list(A)", reverse)
                .cost(made)
                .result_size(|sizes| sizes.arg(0))
                .example("[1, 2, 3].reverse() == [3, 2, 1]"),
        );
        functions.add(
            Overload::new("list_flatten", "list(list(A)).flatten() -> list(A)", |call, args| {
                flatten(call, args, 1)
            })
            .cost(Cost::Sizes(|sizes| sizes.arg(0) + 11.0))
            .example("[[1], [2, 3]].flatten() == [1, 2, 3]"),
        );
        functions.add(
            Overload::new("list_flatten_int", "list(dyn).flatten(int) -> list(dyn)", |call, args| {
                flatten(call, args, integer(args, 1)?)
            })
            .cost(Cost::Values(flatten_cost, |sizes| {
                let depth = sizes.argument(1).and_then(|argument| argument.int).unwrap_or(MAX_FLATTEN);
                sizes.arg(0).scale(depth.clamp(0, MAX_FLATTEN) as f64) + 11.0
            }))
            .example("[1, [2, [3]]].flatten(2) == [1, 2, 3]"),
        );
        let quadratic = Cost::Values(|args, _| pairs(&args[0]), pair_bounds);
        functions.add(
            Overload::new("list_distinct", "list(A).distinct() -> list(A)", distinct)
                .cost(quadratic)
                .result_size(|sizes| sizes.arg(0).up_to())
                .example("[1, 2, 1].distinct() == [1, 2]"),
        );
        functions.add_macro(SORT_BY);
        let by_keys = Cost::Values(|args, _| pairs(&args[1]), pair_bounds);
        for (ty, example) in [
            ("int", "[2, 1].sort() == [1, 2]"),
            ("uint", "[2u, 1u].sort() == [1u, 2u]"),
            ("double", "[2.0, 1.0].sort() == [1.0, 2.0]"),
            ("bool", "[true, false].sort() == [false, true]"),
            ("duration", "[duration('2s'), duration('1s')].sort()[0] == duration('1s')"),
            ("timestamp", "[timestamp(2), timestamp(1)].sort()[0] == timestamp(1)"),
            ("string", "['b', 'a'].sort() == ['a', 'b']"),
            ("bytes", "[b'b', b'a'].sort() == [b'a', b'b']"),
        ] {
            let signature = format!("list({ty}).sort() -> list({ty})");
            let size: ResultSize = |sizes| sizes.arg(0);
            let overload = Overload::new(&format!("list_{ty}_sort"), &signature, sort);
            functions.add(overload.cost(quadratic).result_size(size).example(example));
            let id = format!("list_{ty}_sortByAssociatedKeys");
            let signature = format!("list(A).@sortByAssociatedKeys(list({ty})) -> list(A)");
            functions.add(Overload::new(&id, &signature, sort_by).cost(by_keys).result_size(size));
        }
    }
}

fn slice<'a>(call: &mut Call<'_>, args: &[Value<'a>]) -> Evaluated<'a> {
    let (list, start, end) = (list(args, 0)?, integer(args, 1)?, integer(args, 2)?);
    if start < 0 || end < 0 {
        return Err(EvalError::invalid(format!(
            "cannot slice({start}, {end}), negative indexes not supported"
        )));
    }
    if start > end {
        let message =
            format!("cannot slice({start}, {end}), start index must be less than or equal to end index");
        return Err(EvalError::invalid(message));
    }
    if end as usize > list.len() {
        return Err(EvalError::invalid(format!(
            "cannot slice({start}, {end}), list is length {}",
            list.len()
        )));
    }
    call.reserve_list((end - start) as usize)?;
    let items = (start as usize..end as usize).filter_map(|index| list.get(index));
    Ok(Value::list(items.collect::<Result<_, _>>()?))
}

fn range<'a>(call: &mut Call<'_>, args: &[Value<'a>]) -> Evaluated<'a> {
    let end = integer(args, 0)?;
    if end < 0 {
        return Err(EvalError::invalid(format!("lists.range: size must be non-negative, got {end}")));
    }
    call.reserve_list(end as usize)?;
    Ok(Value::list((0..end).map(Value::Int).collect()))
}

fn reverse<'a>(call: &mut Call<'_>, args: &[Value<'a>]) -> Evaluated<'a> {
    let list = list(args, 0)?;
    call.reserve_list(list.len())?;
    let mut items = list.to_vec()?;
    items.reverse();
    Ok(Value::list(items))
}

fn flatten<'a>(call: &mut Call<'_>, args: &[Value<'a>], depth: i64) -> Evaluated<'a> {
    if depth < 0 {
        return Err(EvalError::invalid("level must be non-negative"));
    }
    let mut out = Vec::new();
    flatten_into(call, list(args, 0)?, depth.min(MAX_FLATTEN), &mut out)?;
    Ok(Value::list(out))
}

fn flatten_into<'a>(
    call: &mut Call<'_>,
    list: &List<'a>,
    depth: i64,
    out: &mut Vec<Value<'a>>,
) -> Result<(), EvalError> {
    for item in list.iter() {
        match item? {
            Value::List(inner) if depth > 0 => flatten_into(call, &inner, depth - 1, out)?,
            other => {
                call.reserve_list(1)?;
                out.push(other);
            }
        }
    }
    Ok(())
}

fn flatten_cost(args: &[Value<'_>], _: &Value<'_>) -> u64 {
    let depth = match args.get(1) {
        Some(Value::Int(depth)) => (*depth).clamp(0, MAX_FLATTEN) as u64,
        _ => 1,
    };
    11 + args[0].cost_size() * depth
}

fn distinct<'a>(call: &mut Call<'_>, args: &[Value<'a>]) -> Evaluated<'a> {
    let mut out: Vec<Value<'a>> = Vec::new();
    'items: for item in list(args, 0)?.iter() {
        let item = item?;
        for seen in &out {
            if seen.equals(&item)? {
                continue 'items;
            }
        }
        call.reserve_list(1)?;
        out.push(item);
    }
    Ok(Value::list(out))
}

fn sort<'a>(call: &mut Call<'_>, args: &[Value<'a>]) -> Evaluated<'a> {
    let items = list(args, 0)?;
    sorted(call, items, items)
}

fn sort_by<'a>(call: &mut Call<'_>, args: &[Value<'a>]) -> Evaluated<'a> {
    sorted(call, list(args, 0)?, list(args, 1)?)
}

/// The items in the order of their keys; equal keys keep the order of their items.
fn sorted<'a>(call: &mut Call<'_>, items: &List<'a>, keys: &List<'a>) -> Evaluated<'a> {
    if items.len() != keys.len() {
        return Err(EvalError::invalid(
            "@sortByAssociatedKeys() expected a list of the same size as the associated keys",
        ));
    }
    call.reserve_list(items.len().saturating_mul(2))?;
    let keys = keys.to_vec()?;
    if let Some(first) = keys.first() {
        for key in &keys {
            if std::mem::discriminant(key) != std::mem::discriminant(first) {
                return Err(EvalError::invalid("list elements must have the same type"));
            }
            if key.compare(key).is_none() && !matches!(key, Value::Double(_)) {
                return Err(EvalError::invalid("list elements must be comparable"));
            }
        }
    }
    let mut order: Vec<usize> = (0..keys.len()).collect();
    order.sort_by(|a, b| total_order(&keys[*a], &keys[*b]));
    let items = items.to_vec()?;
    Ok(Value::list(order.into_iter().map(|index| items[index].clone()).collect()))
}

/// An order of everything that is comparable, with NaN where IEEE 754 puts it.
fn total_order(a: &Value<'_>, b: &Value<'_>) -> Ordering {
    match (a, b) {
        (Value::Double(a), Value::Double(b)) => a.total_cmp(b),
        _ => a.compare(b).unwrap_or(Ordering::Equal),
    }
}

/// Comparing every item with every other, dearer for text.
fn pairs(list: &Value<'_>) -> u64 {
    let Value::List(list) = list else { return 11 };
    let text = matches!(list.get(0), Some(Ok(Value::String(_) | Value::Bytes(_))));
    let size = list.len() as f64;
    11 + (size * size * if text { 2.1 } else { 2.0 }) as u64
}

fn pair_bounds(sizes: &Sizes<'_>) -> Bounds {
    let size = sizes.arg(0);
    let least = (size * size).scale(2.0).floor();
    Bounds { min: least.min, max: (size * size).scale(2.1).floor().max } + 11.0
}
