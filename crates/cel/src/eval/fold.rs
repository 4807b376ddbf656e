//! Macros over lists and maps. Each kind charges what the conditions and steps it stands for would have cost.
use super::{Evaluated, Machine, not_iterable};
use crate::{
    Call, Entries, EvalError, Key, List, Map, Unknown, Value,
    plan::{FoldKind, FoldPlan, LoopPlan, NodeId},
};

/// What a fold iterates over.
enum Range<'a> {
    List(List<'a>),
    Map(Vec<(Key<'a>, Evaluated<'a>)>),
}

/// How a predicate came out.
enum Answer {
    Known(bool),
    Unknown(Unknown),
    Failed(EvalError),
}

impl<'a> Machine<'_, 'a> {
    #[inline(never)]
    pub(super) fn fold(&mut self, id: NodeId, fold: &'a FoldPlan) -> Evaluated<'a> {
        let range = match self.range(fold.range)? {
            Ok(range) => range,
            Err(unknown) => return Ok(Value::Unknown(unknown)),
        };
        match &fold.kind {
            FoldKind::All(predicate) => self.quantify(fold, &range, *predicate, false),
            FoldKind::Exists(predicate) => self.quantify(fold, &range, *predicate, true),
            FoldKind::ExistsOne(predicate) => self.exists_one(fold, &range, *predicate),
            FoldKind::List { predicate, item } => self.collect(fold, &range, *predicate, *item),
            FoldKind::Map { predicate, value } => self.transform(id, fold, &range, *predicate, *value),
            FoldKind::Entries { predicate, entries } => self.merge(id, fold, &range, *predicate, *entries),
        }
    }

    fn range(&mut self, id: NodeId) -> Result<Result<Range<'a>, Unknown>, EvalError> {
        Ok(Ok(match self.eval(id)? {
            Value::List(list) => Range::List(list),
            Value::Map(map) => {
                Call { memory_left: &mut self.memory_left }.reserve_list(map.len().saturating_mul(2))?;
                Range::Map(entries(&map))
            }
            Value::Unknown(unknown) => return Ok(Err(unknown)),
            other => return Err(self.at(id, not_iterable(&other.ty()))),
        }))
    }

    /// Sets the variables for one iteration; false behind the last.
    fn next(&mut self, fold: &FoldPlan, range: &Range<'a>, index: usize) -> Result<bool, EvalError> {
        self.tick()?;
        let (first, second) = match range {
            Range::List(list) => {
                let Some(item) = list.get(index) else { return Ok(false) };
                match fold.second {
                    Some(_) => (Ok(Value::Int(index as i64)), Some(item)),
                    None => (item, None),
                }
            }
            Range::Map(entries) => {
                let Some((key, value)) = entries.get(index) else { return Ok(false) };
                (Ok(key.value()), fold.second.map(|_| value.clone()))
            }
        };
        self.locals[fold.first as usize] = Some(first);
        if let Some(slot) = fold.second {
            self.locals[slot as usize] = second;
        }
        Ok(true)
    }

    /// `all` and `exists`: the answer `decisive` ends the loop.
    #[inline(never)]
    fn quantify(
        &mut self,
        fold: &FoldPlan,
        range: &Range<'a>,
        predicate: NodeId,
        decisive: bool,
    ) -> Evaluated<'a> {
        let condition = if decisive { 3 } else { 2 };
        let mut so_far = Answer::Known(!decisive);
        let mut index = 0;
        while self.next(fold, range, index)? {
            index += 1;
            self.charge(condition)?;
            if matches!(so_far, Answer::Known(value) if value == decisive) {
                break;
            }
            self.charge(1)?;
            so_far = match (self.answer(predicate)?, so_far) {
                (Answer::Known(value), _) if value == decisive => Answer::Known(decisive),
                (Answer::Unknown(more), Answer::Unknown(before)) => Answer::Unknown(before.merge(&more)),
                (unknown @ Answer::Unknown(_), _) | (_, unknown @ Answer::Unknown(_)) => unknown,
                (_, failed @ Answer::Failed(_)) | (failed @ Answer::Failed(_), _) => failed,
                (Answer::Known(_), before) => before,
            };
        }
        self.charge(1)?;
        match so_far {
            Answer::Known(value) => Ok(Value::Bool(value)),
            Answer::Unknown(unknown) => Ok(Value::Unknown(unknown)),
            Answer::Failed(error) => Err(error),
        }
    }

    fn answer(&mut self, predicate: NodeId) -> Result<Answer, EvalError> {
        match self.condition(predicate) {
            Ok(Ok(value)) => Ok(Answer::Known(value)),
            Ok(Err(unknown)) => Ok(Answer::Unknown(unknown)),
            Err(fatal) if fatal.is_fatal() => Err(fatal),
            Err(error) => Ok(Answer::Failed(error)),
        }
    }

    /// Whether an item is taken, when that is known.
    fn taken(&mut self, predicate: Option<NodeId>) -> Result<Result<bool, Unknown>, EvalError> {
        predicate.map_or(Ok(Ok(true)), |predicate| self.condition(predicate))
    }

    #[inline(never)]
    fn exists_one(&mut self, fold: &FoldPlan, range: &Range<'a>, predicate: NodeId) -> Evaluated<'a> {
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
        fold: &FoldPlan,
        range: &Range<'a>,
        predicate: Option<NodeId>,
        item: NodeId,
    ) -> Evaluated<'a> {
        self.charge(if self.plan.fold_constants { 0 } else { 10 })?;
        let capacity = match (range, predicate) {
            (Range::List(list), None) => list.len(),
            (Range::Map(entries), None) => entries.len(),
            _ => 0,
        };
        Call { memory_left: &mut self.memory_left }.reserve_list(capacity)?;
        let mut items = Vec::with_capacity(capacity);
        let mut waiting: Option<Unknown> = None;
        let mut index = 0;
        while self.next(fold, range, index)? {
            index += 1;
            match self.taken(predicate)? {
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

    #[inline(never)]
    fn transform(
        &mut self,
        id: NodeId,
        fold: &FoldPlan,
        range: &Range<'a>,
        predicate: Option<NodeId>,
        value: NodeId,
    ) -> Evaluated<'a> {
        self.charge(if self.plan.fold_constants { 0 } else { 30 })?;
        let mut entries = Entries::default();
        let mut index = 0;
        while self.next(fold, range, index)? {
            index += 1;
            match self.taken(predicate)? {
                Ok(true) => {}
                Ok(false) => continue,
                Err(unknown) => return Ok(Value::Unknown(unknown)),
            }
            self.charge(3)?;
            let key = self.local(fold.first)?;
            let value = self.eval(value)?;
            if let unknown @ Value::Unknown(_) = value {
                return Ok(unknown);
            }
            let key = Key::new(key).ok_or_else(|| self.at(id, EvalError::invalid("unsupported key type")))?;
            self.insert(id, &mut entries, key, value)?;
        }
        self.charge(1)?;
        Ok(Value::map(entries))
    }

    #[inline(never)]
    fn merge(
        &mut self,
        id: NodeId,
        fold: &FoldPlan,
        range: &Range<'a>,
        predicate: Option<NodeId>,
        more: NodeId,
    ) -> Evaluated<'a> {
        self.charge(if self.plan.fold_constants { 0 } else { 30 })?;
        let mut all = Entries::default();
        let mut index = 0;
        while self.next(fold, range, index)? {
            index += 1;
            match self.taken(predicate)? {
                Ok(true) => {}
                Ok(false) => continue,
                Err(unknown) => return Ok(Value::Unknown(unknown)),
            }
            self.charge(2)?;
            match self.eval(more)? {
                Value::Map(map) => {
                    for (key, value) in map.iter() {
                        self.insert(id, &mut all, key, value?)?;
                    }
                }
                unknown @ Value::Unknown(_) => return Ok(unknown),
                _ => return Err(self.at(more, EvalError::no_such_overload())),
            }
        }
        self.charge(1)?;
        Ok(Value::map(all))
    }

    fn insert(
        &mut self,
        id: NodeId,
        entries: &mut Entries<'a>,
        key: Key<'a>,
        value: Value<'a>,
    ) -> Result<(), EvalError> {
        Call { memory_left: &mut self.memory_left }.reserve_list(3)?;
        if entries.contains_key(&key) {
            return Err(self.at(id, EvalError::invalid(format!("insert failed: key {key} already exists"))));
        }
        entries.insert(key, value);
        Ok(())
    }

    /// A comprehension of no known kind, part by part.
    #[inline(never)]
    pub(super) fn general(&mut self, id: NodeId, plan: &'a LoopPlan) -> Evaluated<'a> {
        let range = match self.range(plan.range)? {
            Ok(range) => range,
            Err(unknown) => return Ok(Value::Unknown(unknown)),
        };
        let init = self.eval(plan.init);
        let variables = FoldPlan {
            range: plan.range,
            first: plan.first,
            second: plan.second,
            kind: FoldKind::All(plan.step),
        };
        self.locals[plan.accumulator as usize] = Some(init);
        let mut index = 0;
        while self.next(&variables, &range, index)? {
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

fn entries<'a>(map: &Map<'a>) -> Vec<(Key<'a>, Evaluated<'a>)> {
    map.iter().collect()
}
