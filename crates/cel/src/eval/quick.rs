//! Conditions and paths that plain JSON answers at once: no value is made, nothing is paid on the way. Whatever is not
//! simply there, or not simply read as what it is, is left to the general evaluation: the answer is `None` then.
use super::{Machine, operate::tenth_of_shorter, path::walk_json};
use crate::{
    Form, Located, Map, Shape, Value,
    plan::{By, Node, Operator, Path, PathKind},
};
use serde_json::Value as Json;
use std::cmp::Ordering;

type Object = serde_json::Map<String, Json>;

impl<'a> Machine<'_, 'a> {
    /// The answer of a condition, and its whole price.
    #[inline]
    pub(super) fn quick_answer(&self, node: &'a Node) -> Option<(bool, u64)> {
        match node {
            Node::Binary { operator, left, right } => {
                let Node::Path(path) = &self.plan.nodes[*left as usize] else { return None };
                let left = self.quick_json(path)?;
                match &self.plan.nodes[*right as usize] {
                    Node::Const(right, price) => {
                        let (answer, cost) = beside_constant(*operator, left, right)?;
                        Some((answer, path.price + price + cost))
                    }
                    Node::Path(other) => {
                        let (answer, cost) = beside_json(*operator, left, self.quick_json(other)?)?;
                        Some((answer, path.price + other.price + cost))
                    }
                    _ => None,
                }
            }
            Node::Path(path) => match path.kind {
                PathKind::Plain => match self.quick_json(path)? {
                    Json::Bool(value) => Some((*value, path.price)),
                    _ => None,
                },
                PathKind::Presence => self.quick_presence(path),
                PathKind::Optional | PathKind::General => None,
            },
            Node::Not(operand) => {
                let (answer, price) = self.quick_answer(&self.plan.nodes[*operand as usize])?;
                Some((!answer, price + 1))
            }
            _ => None,
        }
    }

    /// The JSON at the end of names, when it is read as what it is and nothing else.
    #[inline]
    fn quick_json(&self, path: &'a Path) -> Option<&'a Json> {
        if path.kind != PathKind::Plain {
            return None;
        }
        let (object, shape) = self.root_object(path)?;
        let mut steps = path.steps.iter();
        let (located, rest) = walk_json(object, shape, steps.next()?, &mut steps)?;
        (located.form == Form::Plain && rest.is_none()).then_some(located.json)
    }

    /// Whether the last name of a path is there, and the price of the question.
    #[inline]
    pub(super) fn quick_presence(&self, path: &'a Path) -> Option<(bool, u64)> {
        // The general evaluation passes the full price on its way.
        if self.plan.free_presence_tests && self.cost.saturating_add(path.price) > self.cost_limit {
            return None;
        }
        let price = path.price.saturating_sub(u64::from(self.plan.free_presence_tests));
        let (mut object, mut shape) = self.root_object(path)?;
        let (last, steps) = path.steps.split_last()?;
        for step in steps {
            let By::Field(name, hint) = &step.by else { return None };
            (object, shape) = shape.locate(object, name, hint)?.object()?;
        }
        let By::Field(name, hint) = &last.by else { return None };
        match shape.locate(object, name, hint) {
            Some(located) => readable(located).map(|()| (true, price)),
            None => Some((false, price)),
        }
    }

    /// The value at the end of a path with optional steps, if there is one, and the price of the steps that were there.
    #[inline]
    pub(super) fn quick_optional(&self, path: &'a Path) -> Option<(Option<Value<'a>>, u64)> {
        if path.kind != PathKind::Optional {
            return None;
        }
        let (mut object, mut shape) = self.root_object(path)?;
        let mut price = path.root_cost;
        let mut optional = false;
        let (last, steps) = path.steps.split_last()?;
        for step in steps {
            optional |= step.optional;
            let By::Field(name, hint) = &step.by else { return None };
            let Some(located) = shape.locate(object, name, hint) else {
                return optional.then_some((None, price));
            };
            price += 1;
            (object, shape) = located.object()?;
        }
        optional |= last.optional;
        let By::Field(name, hint) = &last.by else { return None };
        match shape.locate(object, name, hint) {
            Some(located) => match located.read().ok()? {
                Value::Optional(_) | Value::Unknown(_) => None,
                value => Some((Some(value), price + 1)),
            },
            None => optional.then_some((None, price)),
        }
    }

    #[inline]
    fn root_object(&self, path: &'a Path) -> Option<(&'a Object, &'a dyn Shape)> {
        match self.plain_root(path)? {
            Value::Map(Map::Json { object, shape }) => Some((object, *shape)),
            _ => None,
        }
    }
}

/// Whether what was found can be read at all.
fn readable(located: Located<'_>) -> Option<()> {
    match located.form {
        Form::Plain | Form::Members => Some(()),
        Form::Other => match located.read().ok()? {
            Value::Unknown(_) => None,
            _ => Some(()),
        },
    }
}

/// The answer and the price of an operator between JSON and a constant.
#[inline]
fn beside_constant(operator: Operator, left: &Json, right: &Value<'static>) -> Option<(bool, u64)> {
    match (left, right) {
        (Json::String(left), Value::String(right)) => texts(operator, left, right),
        (Json::Number(left), Value::Int(right)) => Some((ordered(operator, left.as_i64()?.cmp(right))?, 1)),
        (Json::Bool(left), Value::Bool(right)) => Some((ordered(operator, left.cmp(right))?, 1)),
        _ => None,
    }
}

/// The same between JSON and JSON.
#[inline]
fn beside_json(operator: Operator, left: &Json, right: &Json) -> Option<(bool, u64)> {
    match (left, right) {
        (Json::String(left), Json::String(right)) => texts(operator, left, right),
        (Json::Number(left), Json::Number(right)) => {
            Some((ordered(operator, left.as_i64()?.cmp(&right.as_i64()?))?, 1))
        }
        (Json::Bool(left), Json::Bool(right)) => Some((ordered(operator, left.cmp(right))?, 1)),
        _ => None,
    }
}

#[inline]
fn texts(operator: Operator, left: &str, right: &str) -> Option<(bool, u64)> {
    let answer = match operator {
        // Unlike texts mostly differ in length.
        Operator::Equal => left == right,
        Operator::NotEqual => left != right,
        _ => ordered(operator, left.cmp(right))?,
    };
    Some((answer, tenth_of_shorter(left, right)))
}

#[inline]
fn ordered(operator: Operator, ordering: Ordering) -> Option<bool> {
    Some(match operator {
        Operator::Equal => ordering.is_eq(),
        Operator::NotEqual => ordering.is_ne(),
        Operator::Less => ordering.is_lt(),
        Operator::LessEqual => ordering.is_le(),
        Operator::Greater => ordering.is_gt(),
        Operator::GreaterEqual => ordering.is_ge(),
        _ => return None,
    })
}
