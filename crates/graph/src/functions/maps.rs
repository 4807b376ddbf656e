//! `merge` and `deepMerge`: two maps as one, the right side winning.

use kro_cel::{Call, Entries, EvalError, Functions, Library, Map, Overload, Value, library::arguments::map};

/// `merge` and `deepMerge`.
#[derive(Debug, Clone, Copy)]
pub struct Maps;

impl Library for Maps {
    fn name(&self) -> &'static str {
        "kro.maps"
    }

    fn declare(&self, functions: &mut Functions) {
        functions.add(
            Overload::new("map_merge", "map(A, B).merge(map(A, B)) -> map(A, B)", |call, args| {
                let mut entries = copy(call, map(args, 0)?)?;
                for (key, value) in copy(call, map(args, 1)?)? {
                    entries.insert(key, value);
                }
                Ok(Value::map(entries))
            })
            .example("{'a': 1}.merge({'a': 2, 'b': 3}) == {'a': 2, 'b': 3}"),
        );
        functions.add(
            Overload::new("dyn_deepmerge_dyn", "dyn.deepMerge(dyn) -> dyn", |call, args| {
                deep_merge(call, map(args, 0)?, map(args, 1)?)
            })
            .example("{'a': {'x': 1}}.deepMerge({'a': {'y': 2}}) == {'a': {'x': 1, 'y': 2}}"),
        );
    }
}

/// Maps merge entry by entry, everything else is replaced. Recursion ends with the nesting of the data.
fn deep_merge<'a>(call: &mut Call<'_>, left: &Map<'a>, right: &Map<'a>) -> Result<Value<'a>, EvalError> {
    if left.is_empty() {
        return Ok(Value::Map(right.clone()));
    }
    let mut entries = copy(call, left)?;
    for (key, value) in right.iter() {
        let value = match (entries.get(&key), value?) {
            (Some(Value::Map(left)), Value::Map(right)) => deep_merge(call, &left.clone(), &right)?,
            (_, value) => value,
        };
        entries.insert(key, value);
    }
    Ok(Value::map(entries))
}

fn copy<'a>(call: &mut Call<'_>, map: &Map<'a>) -> Result<Entries<'a>, EvalError> {
    call.reserve_list(map.len().saturating_mul(2))?;
    map.to_entries()
}
