//! The evaluator: walks a plan over borrowed values and counts what it costs. Errors are values of the operators that
//! absorb them; limits and cancellation go straight through.
use crate::{
    ErrorKind, EvalError, Limits, Outcome, Scope, Type, Unknown, Value,
    plan::{MOST_STEMS, Node, NodeId, Plan, Slot},
};
use std::{
    borrow::Cow,
    cell::Cell,
    sync::atomic::{AtomicBool, Ordering},
};

mod call;
mod concat;
mod fold;
mod literal;
mod operate;
mod path;
mod price;
mod quick;
mod rows;

pub(crate) use call::fits;
pub(crate) use operate::operate;

type Evaluated<'a> = Result<Value<'a>, EvalError>;

/// Yes or no, or what the answer waits for.
type Answer = Result<bool, Unknown>;

/// A local of a macro: not there yet, a value, or the error that its initialisation came to.
type Local<'a> = Option<Evaluated<'a>>;

/// So many locals need no allocation.
const INLINE_LOCALS: usize = 6;
/// How many iterations pass between two looks at the cancellation flag.
const TICKS: u32 = 100;

/// Evaluates a plan.
pub(crate) fn eval<'a>(
    plan: &'a Plan,
    scope: &Scope<'_, 'a>,
    limits: &Limits<'_>,
) -> Result<Outcome<'a>, EvalError> {
    if let Node::Const(value, cost) = &plan.nodes[plan.root as usize] {
        return if *cost > limits.cost.unwrap_or(u64::MAX) {
            Err(over_cost())
        } else {
            Ok(Outcome { value: borrowed(value), cost: *cost })
        };
    }
    if plan.locals == 0 {
        return run(plan, scope, limits, &mut []);
    }
    if plan.locals <= INLINE_LOCALS {
        return run(plan, scope, limits, &mut [const { None }; INLINE_LOCALS]);
    }
    let mut locals = Vec::new();
    locals.resize_with(plan.locals, || None);
    run(plan, scope, limits, &mut locals)
}

#[inline(never)]
fn run<'a>(
    plan: &'a Plan,
    scope: &Scope<'_, 'a>,
    limits: &Limits<'_>,
    locals: &mut [Local<'a>],
) -> Result<Outcome<'a>, EvalError> {
    let mut machine = Machine {
        plan,
        scope,
        locals,
        stems: [const { Cell::new(None) }; MOST_STEMS],
        memory_left: limits.memory,
        cost: 0,
        cost_limit: limits.cost.unwrap_or(u64::MAX),
        cancelled: limits.cancelled,
        ticks: 0,
    };
    let value = machine.eval(plan.root)?;
    Ok(Outcome { value, cost: machine.cost })
}

struct Machine<'m, 'a> {
    plan: &'a Plan,
    scope: &'m Scope<'m, 'a>,
    locals: &'m mut [Local<'a>],
    /// What first steps that several paths take have led to.
    stems: [Cell<Option<path::Start<'a>>>; MOST_STEMS],
    memory_left: u64,
    cost: u64,
    cost_limit: u64,
    cancelled: Option<&'m AtomicBool>,
    ticks: u32,
}

impl<'a> Machine<'_, 'a> {
    /// Only passes on: whatever takes room on the stack has a function of its own.
    fn eval(&mut self, id: NodeId) -> Evaluated<'a> {
        let plan = self.plan;
        match &plan.nodes[id as usize] {
            Node::Path(path) => self.path(id, path),
            Node::Const(value, cost) => self.constant(value, *cost),
            Node::Local { slot, free } => self.free_or_paid(*slot, *free),
            Node::Not(operand) => self.not(id, *operand),
            Node::Negate(operand) => self.negate(id, *operand),
            Node::And(_) | Node::Or(_) => self.answer(id),
            Node::If { condition, yes, no } => self.choose(*condition, *yes, *no),
            Node::Binary { operator, left, right } => self.binary(id, *operator, *left, *right),
            Node::Concat(parts) => self.concat(id, parts),
            Node::Call(call) => self.call(id, call),
            Node::List { items, optional } => self.list(items, optional),
            Node::Map { entries, distinct } => self.map(entries, *distinct),
            Node::Fold(fold) => self.fold(id, fold),
            Node::Bind { slot, init, body } => self.bind(*slot, *init, *body),
            Node::Loop(plan) => self.general(id, plan),
            Node::Block { first, slots, body } => self.block(*first, slots.len(), *body),
            Node::Lazy { slot, node } => self.lazy(*slot, *node),
            Node::Fallback { optional, other, unwrap } => self.fallback(id, *optional, *other, *unwrap),
            Node::Fail(error) => self.fail(id, error),
        }
    }

    #[cold]
    fn fail(&self, id: NodeId, error: &EvalError) -> Evaluated<'a> {
        Err(self.at(id, error.clone()))
    }

    #[inline(never)]
    fn constant(&mut self, value: &'a Value<'static>, cost: u64) -> Evaluated<'a> {
        self.charge(cost)?;
        Ok(borrowed(value))
    }

    #[inline(never)]
    fn free_or_paid(&mut self, slot: Slot, free: bool) -> Evaluated<'a> {
        self.charge(u64::from(!free))?;
        self.local(slot)
    }

    #[inline(never)]
    fn answer(&mut self, id: NodeId) -> Evaluated<'a> {
        self.condition(id).map(answered)
    }

    #[inline(never)]
    fn choose(&mut self, condition: NodeId, yes: NodeId, no: NodeId) -> Evaluated<'a> {
        match self.condition(condition)? {
            Ok(true) => self.eval(yes),
            Ok(false) => self.eval(no),
            Err(unknown) => Ok(Value::Unknown(unknown)),
        }
    }

    #[inline(never)]
    fn block(&mut self, first: Slot, slots: usize, body: NodeId) -> Evaluated<'a> {
        self.locals[first as usize..][..slots].fill_with(|| None);
        self.eval(body)
    }

    /// Adds to the cost. Fails past the limit.
    #[inline]
    fn charge(&mut self, cost: u64) -> Result<(), EvalError> {
        self.cost = self.cost.saturating_add(cost);
        if self.cost > self.cost_limit { Err(over_cost()) } else { Ok(()) }
    }

    /// Accounts for memory that is about to be allocated.
    fn reserve(&mut self, bytes: usize) -> Result<(), EvalError> {
        crate::Call { memory_left: &mut self.memory_left }.reserve(bytes)
    }

    /// One iteration of a loop has passed.
    fn tick(&mut self) -> Result<(), EvalError> {
        self.ticks += 1;
        if self.ticks >= TICKS {
            self.ticks = 0;
            if self.cancelled.is_some_and(|flag| flag.load(Ordering::Relaxed)) {
                return Err(EvalError::new(ErrorKind::Cancelled, "operation interrupted"));
            }
        }
        Ok(())
    }

    /// An error at the place of a node.
    fn at(&self, id: NodeId, error: EvalError) -> EvalError {
        let (start, end) = self.plan.spans[id as usize];
        error.at(start..end)
    }

    fn local(&self, slot: Slot) -> Evaluated<'a> {
        match &self.locals[slot as usize] {
            Some(value) => value.clone(),
            // Planned after its initialisation, so it is there.
            None => Err(EvalError::missing_variable("local")),
        }
    }

    /// The answer of a condition, or what it waits for. What plain JSON answers is answered without making values.
    #[inline]
    fn condition(&mut self, id: NodeId) -> Result<Answer, EvalError> {
        if self.plan.quick[id as usize]
            && let Some((answer, price)) = self.quick_answer(id, 0)
        {
            self.charge(price)?;
            return Ok(Ok(answer));
        }
        self.other_condition(id)
    }

    /// A condition that plain JSON does not answer as a whole.
    fn other_condition(&mut self, id: NodeId) -> Result<Answer, EvalError> {
        let plan = self.plan;
        match &plan.nodes[id as usize] {
            Node::And(operands) => self.logic(operands, false),
            Node::Or(operands) => self.logic(operands, true),
            _ => self.general_condition(id),
        }
    }

    #[inline(never)]
    fn general_condition(&mut self, id: NodeId) -> Result<Answer, EvalError> {
        match self.eval(id)? {
            Value::Bool(value) => Ok(Ok(value)),
            Value::Unknown(unknown) => Ok(Err(unknown)),
            _ => Err(self.at(id, EvalError::no_such_overload())),
        }
    }

    /// `&&` and `||`: the operand `decisive` decides, whatever the others are; then unknown, then the first error.
    #[inline(never)]
    fn logic(&mut self, operands: &[NodeId], decisive: bool) -> Result<Answer, EvalError> {
        let mut error = None;
        let mut unknown: Option<Unknown> = None;
        for &operand in operands {
            let is_logic = matches!(self.plan.nodes[operand as usize], Node::And(_) | Node::Or(_));
            // Logic within logic has been tried with it.
            let answer = if is_logic { self.other_condition(operand) } else { self.condition(operand) };
            match answer {
                Ok(Ok(value)) if value == decisive => return Ok(Ok(decisive)),
                Ok(Ok(_)) => {}
                Ok(Err(more)) => unknown = Some(unknown.map_or(more.clone(), |unknown| unknown.merge(&more))),
                Err(fatal) if fatal.is_fatal() => return Err(fatal),
                Err(other) => error = error.or(Some(other)),
            }
        }
        match (unknown, error) {
            (Some(unknown), _) => Ok(Err(unknown)),
            (None, Some(error)) => Err(error),
            (None, None) => Ok(Ok(!decisive)),
        }
    }

    #[inline(never)]
    fn bind(&mut self, slot: Slot, init: NodeId, body: NodeId) -> Evaluated<'a> {
        // The comprehension this stands for runs over an empty list.
        self.charge(if self.plan.fold_constants { 0 } else { 10 })?;
        let value = self.eval(init);
        if let Err(fatal) = &value
            && fatal.is_fatal()
        {
            return value;
        }
        self.locals[slot as usize] = Some(value);
        self.eval(body)
    }

    #[inline(never)]
    fn lazy(&mut self, slot: Slot, node: NodeId) -> Evaluated<'a> {
        self.charge(1)?;
        if self.locals[slot as usize].is_none() {
            let value = self.eval(node);
            self.locals[slot as usize] = Some(value);
        }
        self.local(slot)
    }

    /// `or` and `orValue`: the right side runs only when the left has no value.
    #[inline(never)]
    fn fallback(&mut self, id: NodeId, optional: NodeId, other: NodeId, unwrap: bool) -> Evaluated<'a> {
        if unwrap
            && let Node::Path(path) = &self.plan.nodes[optional as usize]
            && let Some((found, price)) = self.quick_optional(path)
        {
            self.charge(price)?;
            return match found {
                Some(located) => located.read(),
                None => self.eval(other),
            };
        }
        match self.eval(optional)? {
            Value::Optional(Some(value)) if unwrap => Ok(value.as_ref().clone()),
            Value::Optional(Some(value)) => Ok(Value::Optional(Some(value))),
            Value::Optional(None) => {
                let other = self.eval(other)?;
                if unwrap || matches!(other, Value::Optional(_) | Value::Unknown(_)) {
                    return Ok(other);
                }
                Err(self.at(id, EvalError::no_such_overload()))
            }
            unknown @ Value::Unknown(_) => Ok(unknown),
            _ => Err(self.at(id, EvalError::no_such_overload())),
        }
    }
}

fn answered<'a>(answer: Answer) -> Value<'a> {
    answer.map_or_else(Value::Unknown, Value::Bool)
}

#[cold]
fn over_cost() -> EvalError {
    EvalError::new(ErrorKind::LimitExceeded, "operation cancelled: actual cost limit exceeded")
}

/// A constant of the plan, borrowed where it is shared.
fn borrowed<'a>(value: &'a Value<'static>) -> Value<'a> {
    match value {
        Value::String(text) => Value::str(text),
        Value::Opaque(value) => Value::Opaque(Cow::Borrowed(&**value)),
        other => other.clone(),
    }
}

/// `got 'T', expected iterable type`.
fn not_iterable(ty: &Type) -> EvalError {
    EvalError::new(ErrorKind::NoSuchOverload, format!("got '{ty}', expected iterable type"))
}
