//! Paths: one borrowed value after the other, a unit for the root and for each step.
use super::{Evaluated, Machine};
use crate::{
    EvalError, Hint, Key, List, Located, Map, Shape, Value,
    plan::{By, NodeId, Path, PathKind, Root, Step},
    value::Number,
};
use serde_json::Value as Json;

pub(super) type Object = serde_json::Map<String, Json>;

/// An object to take steps in, and what reads it.
pub(super) type Start<'a> = (&'a Object, &'a dyn Shape);

/// Where a path has come to.
enum At<'a> {
    Value(Value<'a>),
    /// An optional step found nothing.
    Nothing,
}

impl<'a> Machine<'_, 'a> {
    #[inline(never)]
    pub(super) fn path(&mut self, id: NodeId, path: &'a Path) -> Evaluated<'a> {
        match path.kind {
            PathKind::Names | PathKind::Keys => {
                let located =
                    if path.kind == PathKind::Names { self.located(path) } else { self.keyed(path) };
                if let Some(located) = &located {
                    // What cannot fail is read after it is paid, so that the value is made where it belongs.
                    if located.is_certain() {
                        self.charge(path.price)?;
                        return located.read();
                    }
                    if let Ok(value) = located.read() {
                        self.charge(path.price)?;
                        return Ok(value);
                    }
                }
                if let Some(value) = self.plain(path) {
                    self.charge(path.price)?;
                    return Ok(value);
                }
            }
            PathKind::Presence => {
                if let Some((present, price)) = self.quick_presence(path, 0) {
                    self.charge(price)?;
                    return Ok(Value::Bool(present));
                }
            }
            PathKind::Optional => {
                if let Some((found, price)) = self.quick_optional(path) {
                    self.charge(price)?;
                    return found.map_or(Ok(Value::NONE), |located| located.read().map(Value::some));
                }
            }
            PathKind::General => {}
        }
        self.any_path(id, path)
    }

    /// The value at the end of names and constant keys. `None` leaves everything that is not simply there to the
    /// general walk; nothing has been paid then.
    #[inline(never)]
    fn plain(&self, path: &'a Path) -> Option<Value<'a>> {
        match self.start(path) {
            Some(((object, shape), steps)) if !steps.is_empty() => {
                let (located, rest) = walk_json(object, shape, steps)?;
                let value = located.read().ok()?;
                if rest.is_empty() { Some(value) } else { take_all(&value, rest) }
            }
            _ => take_all(self.plain_root(path)?, &path.steps),
        }
    }

    /// The JSON object that a path starts in, and the steps from there. A first step that several paths take is taken
    /// once.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call takes as long as the step")]
    pub(super) fn start(&self, path: &'a Path) -> Option<(Start<'a>, &'a [Step])> {
        let Some(stem) = path.stem else { return Some((self.root_object(path)?, &path.steps)) };
        let (first, rest) = path.steps.split_first()?;
        let kept = &self.stems[usize::from(stem)];
        if let Some(start) = kept.get() {
            return Some((start, rest));
        }
        let (object, shape) = self.root_object(path)?;
        let By::Field(name, hint) = &first.by else { return None };
        let start = shape.locate(object, name, hint)?.object()?;
        kept.set(Some(start));
        Some((start, rest))
    }

    #[inline]
    fn root_object(&self, path: &'a Path) -> Option<Start<'a>> {
        match self.plain_root(path)? {
            Value::Map(Map::Json { object, shape }) => Some((object, *shape)),
            _ => None,
        }
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call takes as long as the step")]
    fn plain_root(&self, path: &'a Path) -> Option<&Value<'a>> {
        match &path.root {
            Root::Variable(name) => self.scope.get(name),
            Root::Local(slot) => self.locals[*slot as usize].as_ref()?.as_ref().ok(),
            _ => None,
        }
    }

    #[inline(never)]
    fn any_path(&mut self, id: NodeId, path: &'a Path) -> Evaluated<'a> {
        let (root, covered) = self.root(path).map_err(|error| self.at(id, error))?;
        let steps = &path.steps[covered..];
        let special = |step: &Step| step.optional || matches!(step.by, By::Node(_));
        if !path.test
            && !steps.iter().any(special)
            && let Some(value) = take_all(&root, steps)
        {
            self.charge(path.root_cost + steps.len() as u64)?;
            return Ok(value);
        }
        let (value, optional) = self.walk(root, steps, path.test)?;
        self.charge(path.root_cost)?;
        if path.test && self.plan.free_presence_tests {
            self.cost = self.cost.saturating_sub(1);
        }
        Ok(match (value, optional) {
            (At::Value(value @ Value::Unknown(_)), _) => value,
            (value, _) if path.test => Value::Bool(matches!(value, At::Value(_))),
            (At::Value(value), true) => Value::some(value),
            (At::Value(value), false) => value,
            (At::Nothing, _) => Value::NONE,
        })
    }

    /// The value at the root, and how many steps its name covers.
    #[inline(never)]
    fn root(&mut self, path: &'a Path) -> Result<(Value<'a>, usize), EvalError> {
        match &path.root {
            Root::Variable(name) => match self.scope.get(name) {
                Some(value) => Ok((value.clone(), 0)),
                None => {
                    self.charge(path.root_cost)?;
                    Err(EvalError::missing_variable(name))
                }
            },
            Root::Local(slot) => Ok((self.local(*slot)?, 0)),
            Root::Node(node) => Ok((self.eval(*node)?, 0)),
            Root::Names(names, ty) => {
                let bound = names.iter().find_map(|(name, covered)| Some((self.scope.get(name)?, *covered)));
                match (bound, ty) {
                    (Some((value, covered)), _) => Ok((value.clone(), covered)),
                    (None, Some(ty)) => Ok((Value::Type(ty.clone()), path.steps.len())),
                    (None, None) => {
                        self.charge(path.root_cost)?;
                        let names: Vec<_> = names.iter().map(|(name, _)| &**name).collect();
                        Err(EvalError::missing_variable(names.join(", ")))
                    }
                }
            }
        }
    }

    #[inline(never)]
    fn walk(&mut self, root: Value<'a>, steps: &'a [Step], test: bool) -> Result<(At<'a>, bool), EvalError> {
        let mut value = root;
        let mut optional = false;
        for (index, step) in steps.iter().enumerate() {
            if let Value::Optional(inner) = value {
                optional = true;
                match inner {
                    Some(inner) => value = inner.as_ref().clone(),
                    None => return Ok((At::Nothing, true)),
                }
            }
            optional |= step.optional;
            let last = test && index + 1 == steps.len();
            let located = |error: EvalError| error.at(step.span.0..step.span.1);
            let key = match &step.by {
                By::Node(node) => Some(self.eval(*node)?),
                By::Field(..) | By::Key(_) => None,
            };
            // An optional step that finds nothing costs nothing.
            let free_if_absent = optional && !last;
            if !free_if_absent {
                self.charge(1)?;
            }
            let next = match (&step.by, &key) {
                (By::Field(name, hint), _) => field(&value, name, hint),
                (By::Key(key), _) | (_, Some(key)) => item(&value, key),
                (By::Node(_), None) => Err(EvalError::no_such_overload()),
            };
            let next = next.map_err(located)?;
            if free_if_absent && next.is_some() {
                self.charge(1)?;
            }
            value = match next {
                Some(next) => next,
                None if optional || last => return Ok((At::Nothing, optional)),
                None => {
                    let error = match (&step.by, &key) {
                        (By::Field(name, _), _) => missing_field(&value, name),
                        (By::Key(key), _) | (_, Some(key)) => missing_item(&value, key),
                        (By::Node(_), None) => EvalError::no_such_overload(),
                    };
                    return Err(located(error));
                }
            };
        }
        if let (Value::Optional(inner), true) = (&value, optional) {
            // A member that is optional itself is what the viral chain comes to.
            return Ok(match inner {
                Some(inner) => (At::Value(Value::some(inner.as_ref().clone())), true),
                None => (At::Value(Value::NONE), true),
            });
        }
        Ok((At::Value(value), optional))
    }
}

/// Follows names through objects, as far as they are objects whose members can be located. Gives back what was found
/// last, and the steps that go on from its value.
#[inline]
fn walk_json<'a>(
    mut object: &'a Object,
    mut shape: &'a dyn Shape,
    mut steps: &'a [Step],
) -> Option<(Located<'a>, &'a [Step])> {
    loop {
        let (Step { by: By::Field(name, hint), .. }, rest) = steps.split_first()? else { return None };
        let located = shape.locate(object, name, hint)?;
        match (rest.first(), located.object()) {
            (Some(Step { by: By::Field(..), .. }), Some(next)) => ((object, shape), steps) = (next, rest),
            _ => return Some((located, rest)),
        }
    }
}

/// What names and constant keys lead to.
#[inline(never)]
fn take_all<'a>(root: &Value<'a>, steps: &'a [Step]) -> Option<Value<'a>> {
    let Some((first, rest)) = steps.split_first() else { return Some(root.clone()) };
    let mut value = first.take(root)?;
    for step in rest {
        value = step.take(&value)?;
    }
    Some(value)
}

impl Step {
    /// What a name or constant key leads to, unless it is an optional or unknown or nothing at all.
    fn take<'a>(&'a self, value: &Value<'a>) -> Option<Value<'a>> {
        let next = match &self.by {
            By::Field(name, hint) => field(value, name, hint),
            By::Key(key) => item(value, key),
            By::Node(_) => return None,
        };
        match next {
            Ok(Some(Value::Optional(_) | Value::Unknown(_))) | Err(_) => None,
            Ok(value) => value,
        }
    }
}

fn field<'a>(value: &Value<'a>, name: &str, hint: &Hint) -> Result<Option<Value<'a>>, EvalError> {
    match value {
        Value::Map(map) => map.member_at(name, hint),
        value => value.member(name),
    }
}

/// The value at a key or index. `None` when there is none; an error for a container or key of the wrong kind.
fn item<'a>(value: &Value<'a>, key: &Value<'a>) -> Result<Option<Value<'a>>, EvalError> {
    match (value, key) {
        (_, Value::Unknown(unknown)) => Ok(Some(Value::Unknown(unknown.clone()))),
        (Value::Unknown(unknown), key) => {
            let name = Key::lookup(key).map_or_else(String::new, |key| key.to_string());
            Ok(Some(Value::Unknown(unknown.field(&name))))
        }
        (Value::List(list), key) => list_item(list, key),
        (Value::Map(map), Value::String(name)) => map.member(name),
        (Value::Map(map), key) => match Key::lookup(key) {
            Some(key) => map.get(&key),
            None if matches!(key, Value::Double(_)) => Ok(None),
            None => Err(EvalError::invalid(format!("unsupported key type: {}", key.ty()))),
        },
        (value, Value::String(name)) => value.member(name),
        _ => Err(EvalError::no_such_overload()),
    }
}

fn list_item<'a>(list: &List<'a>, key: &Value<'a>) -> Result<Option<Value<'a>>, EvalError> {
    let Some(index) = Number::of(key) else { return Err(unsupported_index(key)) };
    match index.integral() {
        Some(Number::Uint(index)) => {
            Ok(usize::try_from(index).ok().and_then(|index| list.get(index)).transpose()?)
        }
        Some(Number::Int(index)) => match usize::try_from(index).ok().and_then(|index| list.get(index)) {
            Some(item) => item.map(Some),
            None => Ok(None),
        },
        Some(Number::Double(_)) | None => Err(unsupported_index(key)),
    }
}

fn unsupported_index(key: &Value<'_>) -> EvalError {
    EvalError::invalid(format!("unsupported index type '{}' in list", key.ty()))
}

fn missing_field(value: &Value<'_>, name: &str) -> EvalError {
    match value {
        Value::Opaque(_) => EvalError::missing_field(name),
        _ => EvalError::missing_key(name),
    }
}

fn missing_item(value: &Value<'_>, key: &Value<'_>) -> EvalError {
    let shown = match key {
        Value::Double(double) => crate::value::double_text(*double),
        key => Key::lookup(key).map_or_else(String::new, |key| key.to_string()),
    };
    match value {
        Value::List(_) => EvalError::index_out_of_bounds(shown),
        _ => EvalError::missing_key(shown),
    }
}
