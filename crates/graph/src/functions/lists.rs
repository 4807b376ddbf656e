//! `lists.*AtIndex`: a list with one item set, inserted or removed.

use kro_cel::{
    Call, EvalError, Functions, Library, Overload, Value,
    library::arguments::{integer, list},
};

/// `lists.setAtIndex`, `lists.insertAtIndex` and `lists.removeAtIndex`.
#[derive(Debug, Clone, Copy)]
pub struct Lists;

impl Library for Lists {
    fn name(&self) -> &'static str {
        "kro.lists"
    }

    fn declare(&self, functions: &mut Functions) {
        functions.add(
            Overload::new(
                "lists_setAtIndex_list_int_T",
                "lists.setAtIndex(list(A), int, A) -> list(A)",
                |call, args| {
                    let mut items = copy(call, args)?;
                    let index = index(args, "lists.setAtIndex", items.len(), ')')?;
                    items[index] = args[2].clone();
                    Ok(Value::list(items))
                },
            )
            .example("lists.setAtIndex([1, 2, 3], 1, 9) == [1, 9, 3]"),
        );
        functions.add(
            Overload::new(
                "lists_insertAtIndex_list_int_T",
                "lists.insertAtIndex(list(A), int, A) -> list(A)",
                |call, args| {
                    let mut items = copy(call, args)?;
                    let index = index(args, "lists.insertAtIndex", items.len(), ']')?;
                    items.insert(index, args[2].clone());
                    Ok(Value::list(items))
                },
            )
            .example("lists.insertAtIndex([1, 2], 2, 3) == [1, 2, 3]"),
        );
        functions.add(
            Overload::new(
                "lists_removeAtIndex_list_int",
                "lists.removeAtIndex(list(A), int) -> list(A)",
                |call, args| {
                    let mut items = copy(call, args)?;
                    let index = index(args, "lists.removeAtIndex", items.len(), ')')?;
                    items.remove(index);
                    Ok(Value::list(items))
                },
            )
            .example("lists.removeAtIndex([1, 2, 3], 0) == [2, 3]"),
        );
    }
}

fn copy<'a>(call: &mut Call<'_>, args: &[Value<'a>]) -> Result<Vec<Value<'a>>, EvalError> {
    let list = list(args, 0)?;
    call.reserve_list(list.len() + 1)?;
    list.to_vec()
}

/// The second argument as an index below `length`, or up to it where the range is closed by `]`.
fn index(args: &[Value<'_>], function: &str, length: usize, close: char) -> Result<usize, EvalError> {
    let index = integer(args, 1)?;
    let end = length + usize::from(close == ']');
    usize::try_from(index).ok().filter(|index| *index < end).ok_or_else(|| {
        EvalError::invalid(format!("{function}: index {index} out of bounds [0, {length}{close}"))
    })
}
