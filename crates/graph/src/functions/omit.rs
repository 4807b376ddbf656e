//! `omit()`: a result that takes its field out of the object.

use kro_cel::{EvalError, Functions, Key, Library, List, Map, Opaque, Overload, Value};
use serde_json::Value as Json;

/// `omit()`. Where it may be used is decided by the graph.
#[derive(Debug, Clone, Copy)]
pub struct Omit;

/// What `omit()` returns. It cannot be compared, and converts to nothing.
#[derive(Debug, Clone, Copy)]
pub struct Omitted;

impl Library for Omit {
    fn name(&self) -> &'static str {
        "kro.omit"
    }

    fn declare(&self, functions: &mut Functions) {
        let overload = Overload::new("omit", "omit() -> dyn", |_, _| Ok(Value::opaque(Omitted)));
        functions.add(overload.example("(true ? omit() : 'a') != 'a'"));
    }
}

impl Opaque for Omitted {
    fn type_name(&self) -> &'static str {
        "kro.omit"
    }

    fn equals(&self, _: &dyn Opaque) -> Result<bool, EvalError> {
        Err(EvalError::no_such_overload())
    }
}

/// The JSON of a result, without the entries and items that are omitted; `None` when the result itself is.
///
/// # Errors
/// As [`Value::to_json`].
pub fn to_json(value: &Value<'_>) -> Result<Option<Json>, EvalError> {
    Ok(Some(match value {
        Value::Opaque(_) if value.as_opaque::<Omitted>().is_some() => return Ok(None),
        Value::Optional(Some(value)) => return to_json(value),
        // Host data holds no omitted values.
        Value::List(list) if !matches!(list, List::Json { .. }) => {
            let items = list.iter().map(|item| to_json(&item?));
            Json::Array(items.filter_map(Result::transpose).collect::<Result<_, _>>()?)
        }
        Value::Map(map) if !matches!(map, Map::Json { .. }) => {
            let mut object = serde_json::Map::new();
            for (key, value) in map.iter() {
                let Key::String(key) = key else {
                    return Err(EvalError::invalid(format!(
                        "map key must be string, got {}",
                        key.value().ty()
                    )));
                };
                if let Some(json) = to_json(&value?)? {
                    object.insert((*key).to_owned(), json);
                }
            }
            Json::Object(object)
        }
        value => value.to_json()?,
    }))
}
