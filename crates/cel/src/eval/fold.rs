//! Macros over lists and maps. Each kind charges what the conditions and steps it stands for would have cost.
use super::{Answer, Evaluated, Machine, not_iterable, rows::Condition};
use crate::{
    Call, Entries, EvalError, Key, List, Map, Shape, Unknown, Value,
    plan::{FoldKind, FoldPlan, LoopPlan, NodeId},
};
use serde_json::Value as Json;
use std::sync::Arc;

/// Room for so many entries is made ahead.
const FEW: usize = 8;

/// What a fold iterates over.
enum Range<'a> {
    /// A JSON array, and the shape of each item.
    Json(&'a [Json], &'a dyn Shape),
    List(List<'a>),
    /// What is left of a JSON object, and its shape.
    Members(serde_json::map::Iter<'a>, &'a dyn Shape),
    Map(Arc<Entries<'a>>),
}

impl Range<'_> {
    /// How many items there are at most.
    fn len(&self) -> usize {
        match self {
            Self::Json(items, _) => items.len(),
            Self::List(list) => list.len(),
            Self::Members(members, _) => members.len(),
            Self::Map(entries) => entries.len(),
        }
    }
}

/// What an item adds to a map.
#[derive(Clone, Copy)]
enum Each {
    /// A value under the item's own key.
    Value(NodeId),
    /// All entries of a map.
    Entries(NodeId),
}

impl<'a> Machine<'_, 'a> {
    #[inline(never)]
    pub(super) fn fold(&mut self, id: NodeId, fold: &'a FoldPlan) -> Evaluated<'a> {
        let mut range = match self.range(fold.range)? {
            Ok(range) => range,
            Err(unknown) => return Ok(Value::Unknown(unknown)),
        };
        let range = &mut range;
        match &fold.kind {
            FoldKind::All(predicate) => self.quantify(fold, range, *predicate, false),
            FoldKind::Exists(predicate) => self.quantify(fold, range, *predicate, true),
            FoldKind::ExistsOne(predicate) => self.exists_one(fold, range, *predicate),
            FoldKind::List { predicate, item } => self.collect(fold, range, *predicate, *item),
            FoldKind::Map { predicate, value } => {
                self.transform(id, fold, range, *predicate, Each::Value(*value))
            }
            FoldKind::Entries { predicate, entries } => {
                self.transform(id, fold, range, *predicate, Each::Entries(*entries))
            }
        }
    }

    fn range(&mut self, id: NodeId) -> Result<Result<Range<'a>, Unknown>, EvalError> {
        Ok(Ok(match self.eval(id)? {
            Value::List(List::Json { items, shape }) => Range::Json(items, shape.item_shape()),
            Value::List(list) => Range::List(list),
            Value::Map(Map::Json { object, shape }) => Range::Members(object.iter(), shape),
            Value::Map(Map::Shared(entries)) => Range::Map(entries),
            Value::Unknown(unknown) => return Ok(Err(unknown)),
            other => return Err(self.at(id, not_iterable(&other.ty()))),
        }))
    }

    /// Sets the variables for one iteration; false behind the last.
    #[inline]
    fn next(&mut self, fold: &FoldPlan, range: &mut Range<'a>, index: usize) -> Result<bool, EvalError> {
        self.tick()?;
        let first = match (range, fold.second) {
            (Range::Json(items, shape), None) => match items.get(index) {
                Some(item) => shape.read(item),
                None => return Ok(false),
            },
            (Range::Json(items, shape), Some(slot)) => {
                let Some(item) = items.get(index) else { return Ok(false) };
                self.locals[slot as usize] = Some(shape.read(item));
                Ok(Value::Int(index as i64))
            }
            (Range::List(list), None) => match list.get(index) {
                Some(item) => item,
                None => return Ok(false),
            },
            (Range::List(list), Some(slot)) => {
                let Some(item) = list.get(index) else { return Ok(false) };
                self.locals[slot as usize] = Some(item);
                Ok(Value::Int(index as i64))
            }
            (Range::Members(members, shape), second) => {
                let shape: &'a dyn Shape = *shape;
                let Some((key, value)) = members.find_map(|(key, json)| shape.entry(key, json)) else {
                    return Ok(false);
                };
                if let Some(slot) = second {
                    self.locals[slot as usize] = Some(value);
                }
                Ok(Value::String(key))
            }
            (Range::Map(entries), second) => {
                let Some((key, value)) = entries.at(index) else { return Ok(false) };
                if let Some(slot) = second {
                    self.locals[slot as usize] = Some(Ok(value.clone()));
                }
                Ok(key.value())
            }
        };
        self.locals[fold.first as usize] = Some(first);
        Ok(true)
    }

    /// `all` and `exists`: the answer `decisive` ends the loop.
    #[inline(never)]
    fn quantify(
        &mut self,
        fold: &'a FoldPlan,
        range: &mut Range<'a>,
        predicate: NodeId,
        decisive: bool,
    ) -> Evaluated<'a> {
        let condition = if decisive { 3 } else { 2 };
        let mut unknown: Option<Unknown> = None;
        let mut failed: Option<EvalError> = None;
        let mut decided = false;
        let mut index = 0;
        if let Some((items, test)) = rows(fold, range) {
            while let Some((answer, price)) = items.get(index).and_then(|item| test.answer(item)) {
                self.tick()?;
                self.charge(condition + 1 + price)?;
                index += 1;
                if answer == decisive {
                    decided = true;
                    break;
                }
            }
        }
        while self.next(fold, range, index)? {
            index += 1;
            if decided {
                self.charge(condition)?;
                break;
            }
            self.charge(condition + 1)?;
            match self.condition(predicate) {
                Ok(Ok(value)) => decided = value == decisive,
                Ok(Err(more)) => unknown = Some(unknown.map_or(more.clone(), |before| before.merge(&more))),
                Err(fatal) if fatal.is_fatal() => return Err(fatal),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        self.charge(1)?;
        match (decided, unknown, failed) {
            (true, ..) => Ok(Value::Bool(decisive)),
            (false, Some(unknown), _) => Ok(Value::Unknown(unknown)),
            (false, None, Some(error)) => Err(error),
            (false, None, None) => Ok(Value::Bool(!decisive)),
        }
    }

    /// Whether an item is taken, when that is known.
    fn taken(&mut self, predicate: Option<NodeId>) -> Result<Answer, EvalError> {
        predicate.map_or(Ok(Ok(true)), |predicate| self.condition(predicate))
    }

    #[inline(never)]
    fn exists_one(&mut self, fold: &FoldPlan, range: &mut Range<'a>, predicate: NodeId) -> Evaluated<'a> {
        let mut found = 0u64;
        let mut index = 0;
        while self.next(fold, range, index)? {
            index += 1;
            match self.condition(predicate)? {
                Ok(true) => {
                    self.charge(2)?;
                    found += 1;
                }
                Ok(false) => {}
                Err(unknown) => return Ok(Value::Unknown(unknown)),
            }
        }
        self.charge(2)?;
        Ok(Value::Bool(found == 1))
    }

    #[inline(never)]
    fn collect(
        &mut self,
        fold: &'a FoldPlan,
        range: &mut Range<'a>,
        predicate: Option<NodeId>,
        item: NodeId,
    ) -> Evaluated<'a> {
        self.charge(if self.plan.fold_constants { 0 } else { 10 })?;
        let capacity = if predicate.is_none() { range.len() } else { 0 };
        Call { memory_left: &mut self.memory_left }.reserve_list(capacity)?;
        let mut items = Vec::with_capacity(capacity);
        let mut waiting: Option<Unknown> = None;
        let mut index = 0;
        let rows = rows(fold, range);
        loop {
            let known = rows.as_ref().and_then(|(items, test)| test.answer(items.get(index)?));
            if let Some((false, price)) = known {
                self.tick()?;
                self.charge(price)?;
                index += 1;
                continue;
            }
            if !self.next(fold, range, index)? {
                break;
            }
            index += 1;
            let taken = match known {
                Some((answer, price)) => self.charge(price).map(|()| Ok(answer)),
                None => self.taken(predicate),
            };
            match taken? {
                Ok(true) => {}
                Ok(false) => continue,
                Err(unknown) => {
                    waiting = Some(waiting.map_or(unknown.clone(), |before| before.merge(&unknown)));
                    continue;
                }
            }
            self.charge(12)?;
            if predicate.is_some() {
                Call { memory_left: &mut self.memory_left }.reserve_list(1)?;
            }
            match self.eval(item)? {
                Value::Unknown(unknown) => {
                    waiting = Some(waiting.map_or(unknown.clone(), |before| before.merge(&unknown)));
                }
                value => items.push(value),
            }
        }
        self.charge(1)?;
        Ok(waiting.map_or_else(|| Value::list(items), Value::Unknown))
    }

    /// `transformMap` and `transformMapEntry`: what `each` makes of an item goes into a new map.
    #[inline(never)]
    fn transform(
        &mut self,
        id: NodeId,
        fold: &FoldPlan,
        range: &mut Range<'a>,
        predicate: Option<NodeId>,
        each: Each,
    ) -> Evaluated<'a> {
        self.charge(if self.plan.fold_constants { 0 } else { 30 })?;
        let mut entries = Entries::with_capacity(if predicate.is_none() { range.len().min(FEW) } else { 0 });
        let mut index = 0;
        while self.next(fold, range, index)? {
            index += 1;
            match self.taken(predicate)? {
                Ok(true) => {}
                Ok(false) => continue,
                Err(unknown) => return Ok(Value::Unknown(unknown)),
            }
            let (price, part) = match each {
                Each::Value(value) => (3, value),
                Each::Entries(more) => (2, more),
            };
            self.charge(price)?;
            match (each, self.eval(part)?) {
                (_, unknown @ Value::Unknown(_)) => return Ok(unknown),
                // Keys and indices of the range: no two are the same.
                (Each::Value(_), value) if fold.second.is_some() => {
                    let unsupported = || self.at(id, EvalError::invalid("unsupported key type"));
                    let key = Key::new(self.local(fold.first)?).ok_or_else(unsupported)?;
                    Call { memory_left: &mut self.memory_left }.reserve_list(3)?;
                    entries.push(key, value);
                }
                (Each::Value(_), value) => {
                    let unsupported = || self.at(id, EvalError::invalid("unsupported key type"));
                    let key = Key::new(self.local(fold.first)?).ok_or_else(unsupported)?;
                    self.insert(id, &mut entries, key, value)?;
                }
                (Each::Entries(_), Value::Map(more)) => {
                    for (key, value) in more.iter() {
                        self.insert(id, &mut entries, key, value?)?;
                    }
                }
                (Each::Entries(_), _) => return Err(self.at(part, EvalError::no_such_overload())),
            }
        }
        self.charge(1)?;
        Ok(Value::map(entries))
    }

    fn insert(
        &mut self,
        id: NodeId,
        entries: &mut Entries<'a>,
        key: Key<'a>,
        value: Value<'a>,
    ) -> Result<(), EvalError> {
        Call { memory_left: &mut self.memory_left }.reserve_list(3)?;
        entries.add(key, value).map_err(|key| {
            self.at(id, EvalError::invalid(format!("insert failed: key {key} already exists")))
        })
    }

    /// A comprehension of no known kind, part by part.
    #[inline(never)]
    pub(super) fn general(&mut self, id: NodeId, plan: &'a LoopPlan) -> Evaluated<'a> {
        let mut range = match self.range(plan.range)? {
            Ok(range) => range,
            Err(unknown) => return Ok(Value::Unknown(unknown)),
        };
        let init = self.eval(plan.init);
        let variables = FoldPlan {
            range: plan.range,
            first: plan.first,
            second: plan.second,
            kind: FoldKind::All(plan.step),
            rows: None,
        };
        self.locals[plan.accumulator as usize] = Some(init);
        let mut index = 0;
        while self.next(&variables, &mut range, index)? {
            index += 1;
            match self.condition(plan.condition) {
                Ok(Ok(false)) => break,
                Err(fatal) if fatal.is_fatal() => return Err(fatal),
                _ => {}
            }
            let step = self.eval(plan.step);
            if matches!(&step, Err(fatal) if fatal.is_fatal()) {
                return step;
            }
            self.locals[plan.accumulator as usize] = Some(step);
        }
        self.eval(plan.result).map_err(|error| self.at(id, error))
    }
}

/// The items of a JSON list and the loop's condition on them, where both are there.
fn rows<'a>(fold: &'a FoldPlan, range: &Range<'a>) -> Option<(&'a [Json], Condition<'a, 'a>)> {
    let (Some(rows), Range::Json(items, shape)) = (&fold.rows, range) else { return None };
    Some((items, Condition::new(rows, *shape)?))
}
