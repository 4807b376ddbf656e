//! Lists and maps with computed parts.
use super::{Evaluated, Machine};
use crate::{
    Call, Entries, EvalError, Key, Unknown, Value,
    plan::{MapEntry, NodeId},
};

impl<'a> Machine<'_, 'a> {
    #[inline(never)]
    pub(super) fn list(&mut self, items: &[NodeId], optional: &[u32]) -> Evaluated<'a> {
        Call { memory_left: &mut self.memory_left }.reserve_list(items.len())?;
        let mut values = Vec::with_capacity(items.len());
        let mut waiting = None;
        for (index, &item) in items.iter().enumerate() {
            let value = self.eval(item)?;
            let value = match value {
                Value::Unknown(unknown) => {
                    wait(&mut waiting, unknown);
                    continue;
                }
                Value::Optional(inner) if optional.contains(&(index as u32)) => match inner {
                    Some(inner) => inner.as_ref().clone(),
                    None => continue,
                },
                other if optional.contains(&(index as u32)) => {
                    return Err(self.at(item, not_optional(&other)));
                }
                value => value,
            };
            values.push(value);
        }
        self.charge(10)?;
        Ok(waiting.map_or_else(|| Value::list(values), Value::Unknown))
    }

    #[inline(never)]
    pub(super) fn map(&mut self, entries: &'a [MapEntry], distinct: bool) -> Evaluated<'a> {
        Call { memory_left: &mut self.memory_left }.reserve_list(entries.len().saturating_mul(3))?;
        let mut values = Entries::with_capacity(entries.len());
        let mut waiting = None;
        for entry in entries {
            let key = match &entry.constant {
                Some(Key::String(text)) => Key::String(crate::Text::Borrowed(text)),
                Some(key) => key.clone(),
                None => match self.eval(entry.key)? {
                    Value::Unknown(unknown) => {
                        wait(&mut waiting, unknown);
                        continue;
                    }
                    value => {
                        let ty = value.ty();
                        Key::new(value).ok_or_else(|| {
                            self.at(entry.key, EvalError::invalid(format!("unsupported key type: {ty}")))
                        })?
                    }
                },
            };
            let value = match self.eval(entry.value)? {
                Value::Unknown(unknown) => {
                    wait(&mut waiting, unknown);
                    continue;
                }
                Value::Optional(inner) if entry.optional => match inner {
                    Some(inner) => inner.as_ref().clone(),
                    None => continue,
                },
                other if entry.optional => return Err(self.at(entry.value, not_optional(&other))),
                value => value,
            };
            if distinct {
                values.push(key, value);
                continue;
            }
            values.add(key, value).map_err(|key| {
                self.at(entry.key, EvalError::invalid(format!("Failed with repeated key: {key}")))
            })?;
        }
        self.charge(30)?;
        Ok(waiting.map_or_else(|| Value::map(values), Value::Unknown))
    }
}

fn wait(waiting: &mut Option<Unknown>, unknown: Unknown) {
    *waiting = Some(match waiting.take() {
        Some(before) => before.merge(&unknown),
        None => unknown,
    });
}

fn not_optional(value: &Value<'_>) -> EvalError {
    EvalError::invalid(format!(
        "cannot initialize optional entry from non-optional value of type {}",
        value.ty()
    ))
}
