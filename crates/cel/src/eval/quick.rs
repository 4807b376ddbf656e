//! Conditions and paths that plain JSON answers at once: no value is made, nothing is paid on the way. Whatever is not
//! simply there, or not simply read as what it is, is left to the general evaluation: the answer is `None` then.
use super::{Machine, path::Object, price::tenth_of_shorter};
use crate::{
    Form, Hint, Located, Shape, Value,
    plan::{By, Node, NodeId, Operator, Path, PathKind},
    same_text,
};
use serde_json::Value as Json;
use std::cmp::Ordering;

impl<'a> Machine<'_, 'a> {
    /// The answer of a condition, and its whole price on top of `spent`.
    pub(super) fn quick_answer(&self, id: NodeId, spent: u64) -> Option<(bool, u64)> {
        let plan = self.plan;
        match &plan.nodes[id as usize] {
            Node::Binary { operator, left, right } => {
                let (left, mut price) = self.quick_member(*left)?;
                let (answer, cost) = match &plan.nodes[*right as usize] {
                    Node::Const(right, cost) => {
                        price += cost;
                        beside_constant(*operator, left, right)?
                    }
                    _ => {
                        let (right, cost) = self.quick_member(*right)?;
                        price += cost;
                        beside_json(*operator, left, right)?
                    }
                };
                Some((answer, spent + price + cost))
            }
            Node::Path(path) if path.kind == PathKind::Presence => self.quick_presence(path, spent),
            Node::Path(_) => match self.quick_member(id)? {
                (Json::Bool(value), price) => Some((*value, spent + price)),
                _ => None,
            },
            Node::Not(operand) => {
                let (answer, price) = self.quick_answer(*operand, spent)?;
                Some((!answer, price + 1))
            }
            Node::And(operands) => self.quick_logic(operands, false, spent),
            Node::Or(operands) => self.quick_logic(operands, true, spent),
            _ => None,
        }
    }

    #[inline(never)]
    fn quick_logic(&self, operands: &[NodeId], decisive: bool, mut spent: u64) -> Option<(bool, u64)> {
        for &operand in operands {
            let (answer, price) = self.quick_answer(operand, spent)?;
            spent = price;
            if answer == decisive {
                return Some((decisive, spent));
            }
        }
        Some((!decisive, spent))
    }

    /// The JSON at the end of names, when it is read as what it is and nothing else, and the price of the path.
    #[inline(never)]
    pub(super) fn quick_member(&self, id: NodeId) -> Option<(&'a Json, u64)> {
        let Node::Path(path) = &self.plan.nodes[id as usize] else { return None };
        if path.kind != PathKind::Names {
            return None;
        }
        let located = self.located(path)?;
        (located.form == Form::Plain).then_some((located.json, path.price))
    }

    /// What the names of a path lead to, up to the first key, when all of them are there.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call takes as long as the step")]
    pub(super) fn located(&self, path: &'a Path) -> Option<Located<'a>> {
        let ((object, shape), steps) = self.start(path)?;
        shape.follow(object, path.names.get(path.steps.len() - steps.len()..)?)
    }

    /// What names and constant keys lead to, as far as they are names and items of arrays that are there.
    #[inline(never)]
    pub(super) fn keyed(&self, path: &'a Path) -> Option<Located<'a>> {
        let mut located = self.located(path)?;
        for step in path.steps.get(path.names.len()..)? {
            located = match &step.by {
                By::Field(name, hint) => {
                    let (object, shape) = located.object()?;
                    shape.locate(object, name, hint)?
                }
                By::Key(Value::Int(index)) => located.item(usize::try_from(*index).ok()?)?,
                By::Key(_) | By::Node(_) => return None,
            };
        }
        Some(located)
    }

    /// The object that the last name of a path is asked of.
    #[inline]
    fn last_object(&self, path: &'a Path) -> Option<(&'a Object, &'a dyn Shape, &'a str, &'a Hint)> {
        let ((mut object, mut shape), steps) = self.start(path)?;
        let (last, steps) = steps.split_last()?;
        for step in steps {
            let By::Field(name, hint) = &step.by else { return None };
            (object, shape) = shape.locate(object, name, hint)?.object()?;
        }
        let By::Field(name, hint) = &last.by else { return None };
        Some((object, shape, name, hint))
    }

    /// Whether the last name of a path is there, and the price of the question on top of `spent`.
    #[inline(never)]
    pub(super) fn quick_presence(&self, path: &'a Path, spent: u64) -> Option<(bool, u64)> {
        // The general evaluation passes the full price on its way.
        let full = self.cost.saturating_add(spent).saturating_add(path.price);
        if self.plan.free_presence_tests && full > self.cost_limit {
            return None;
        }
        let price = spent + path.price.saturating_sub(u64::from(self.plan.free_presence_tests));
        let (object, shape, name, hint) = self.last_object(path)?;
        match shape.locate(object, name, hint) {
            Some(located) => readable(located).map(|()| (true, price)),
            None => Some((false, price)),
        }
    }

    /// What is at the end of a path with optional steps, if there is something that can be read, and the price of the
    /// steps that were there.
    #[inline]
    pub(super) fn quick_optional(&self, path: &'a Path) -> Option<(Option<Located<'a>>, u64)> {
        if path.kind != PathKind::Optional {
            return None;
        }
        let ((mut object, mut shape), steps) = self.start(path)?;
        let mut price = path.root_cost + (path.steps.len() - steps.len()) as u64;
        let mut optional = false;
        let (last, steps) = steps.split_last()?;
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
            Some(located) => readable(located).map(|()| (Some(located), price + 1)),
            None => optional.then_some((None, price)),
        }
    }
}

/// Whether what was found can be read, to a value that is known.
#[inline]
fn readable(located: Located<'_>) -> Option<()> {
    if located.is_certain() {
        return Some(());
    }
    match located.read().ok()? {
        Value::Optional(_) | Value::Unknown(_) => None,
        _ => Some(()),
    }
}

/// The answer and the price of an operator between JSON and a constant.
#[inline]
pub(super) fn beside_constant(
    operator: Operator,
    left: &Json,
    right: &Value<'static>,
) -> Option<(bool, u64)> {
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
        Operator::Equal => same_text(left, right),
        Operator::NotEqual => !same_text(left, right),
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
