//! One rule per kind of expression. Calls are in `calls.rs`.
use super::{DataSizes, Place, PlaceStep};
use crate::{
    Bounds, Checked, Comprehension, Entry, Env, Expr, ExprId, Fold, Literal, Name, Reference, Type,
    value::code_points,
};
use std::sync::Arc;

pub(super) struct Estimator<'e> {
    pub(super) env: &'e Env,
    pub(super) checked: &'e Checked,
    pub(super) sizes: &'e dyn DataSizes,
    pub(super) upstream: bool,
    locals: Vec<(Name, Local)>,
}

/// What is known about one expression.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) cost: Bounds,
    pub(super) size: Option<Bounds>,
    pub(super) entries: Option<Entries>,
    pub(super) place: Option<Arc<Place>>,
}

/// Sizes of what a list or map holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entries {
    key: Bounds,
    pub(super) value: Bounds,
}

#[derive(Debug, Clone, Default)]
struct Local {
    size: Option<Bounds>,
    entries: Option<Entries>,
    place: Option<Arc<Place>>,
}

/// No size yet: the union with it is the other one.
const NOTHING: Bounds = Bounds { min: f64::INFINITY, max: 0.0 };

impl Part {
    pub(super) fn costing(cost: Bounds) -> Self {
        Self { cost, size: None, entries: None, place: None }
    }

    pub(super) fn size_or_any(&self) -> Bounds {
        self.size.unwrap_or(Bounds::ANY)
    }
}

impl Entries {
    pub(super) fn union(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        let (one, other) = (one?, other?);
        Some(Self { key: one.key.union(other.key), value: one.value.union(other.value) })
    }
}

impl<'e> Estimator<'e> {
    pub(super) fn new(env: &'e Env, checked: &'e Checked, sizes: &'e dyn DataSizes) -> Self {
        Self { env, checked, sizes, upstream: sizes.as_upstream(), locals: Vec::new() }
    }

    pub(super) fn cost(mut self) -> Bounds {
        let checked = self.checked;
        self.visit(checked.ast().root()).cost
    }

    pub(super) fn visit(&mut self, id: ExprId) -> Part {
        let checked = self.checked;
        match checked.ast().expr(id) {
            Expr::Hole => Part::costing(Bounds::ANY),
            Expr::Literal(literal) => {
                Part { size: Some(literal_size(literal)), ..Part::costing(Bounds::exactly(0.0)) }
            }
            Expr::Ident(name) => self.ident(id, name),
            Expr::Select { operand, field, test } => self.select(id, *operand, field, *test),
            Expr::Call { function, target, args } => self.call(id, function, *target, args),
            Expr::List { items, .. } => self.list(items),
            Expr::Map { entries } => self.map(entries),
            Expr::Struct { fields, .. } => {
                let fields = fields.iter().map(|field| field.value);
                let cost = fields.fold(Bounds::exactly(40.0), |sum, value| sum + self.visit(value).cost);
                Part::costing(cost)
            }
            Expr::Comprehension(fold) => self.comprehension(id, fold),
        }
    }

    /// What the host, or the type, knows about a size.
    pub(super) fn known_size(&self, id: ExprId, place: Option<&Place>) -> Option<Bounds> {
        let ty = self.checked.ty(id);
        let one = Bounds::exactly(1.0);
        let known = self.sizes.size(place, ty).or_else(|| self.is_scalar(ty).then_some(one));
        // What is absent has the size of a scalar.
        let may_be_absent = !self.upstream && matches!(ty, Type::Optional(_) | Type::Dyn);
        known.map(|size| if may_be_absent { size.union(one) } else { size })
    }

    fn is_scalar(&self, ty: &Type) -> bool {
        match ty {
            Type::Bool
            | Type::Double
            | Type::Duration
            | Type::Int
            | Type::Timestamp
            | Type::Type(_)
            | Type::Uint => true,
            Type::Null => !self.upstream,
            Type::Optional(inner) => self.is_scalar(inner),
            _ => false,
        }
    }

    #[inline(never)]
    fn ident(&mut self, id: ExprId, name: &str) -> Part {
        let local =
            self.locals.iter().rev().find(|(local, _)| **local == *name).map(|(_, local)| local.clone());
        let is_local = local.is_some();
        let Local { size, entries, mut place } = local.unwrap_or_default();
        if !is_local && let Some(Reference::Variable(name)) = self.checked.reference(id) {
            place = Some(Arc::new(Place::variable(name)));
        }
        let size = self.known_size(id, place.as_deref()).or(size);
        Part { cost: Bounds::exactly(1.0), size, entries, place }
    }

    #[inline(never)]
    fn select(&mut self, id: ExprId, operand: ExprId, field: &str, test: bool) -> Part {
        if matches!(self.checked.reference(id), Some(Reference::Variable(_) | Reference::Type(..))) {
            return self.ident(id, "");
        }
        let inner = self.visit(operand);
        if test {
            let own = f64::from(u8::from(!self.env.options().free_presence_tests));
            let cost = inner.cost + own + self.root_price(operand);
            return Part { size: Some(Bounds::exactly(1.0)), ..Part::costing(cost) };
        }
        let is_step = matches!(self.checked.ty(operand), Type::Map(..) | Type::Struct(_) | Type::Param(_));
        let own = f64::from(u8::from(is_step || !self.upstream));
        let place = inner.place.as_ref().map(|place| Arc::new(place.join(PlaceStep::Field(field.into()))));
        let mut size = self.known_size(id, place.as_deref());
        if !self.upstream {
            size = size.or_else(|| inner.entries.map(|entries| entries.value));
        }
        Part { cost: inner.cost + own + self.root_price(operand), size, entries: None, place }
    }

    /// A selection from what is computed pays for its root as if it had a name. cel-go charges that and does not
    /// estimate it.
    pub(super) fn root_price(&self, operand: ExprId) -> f64 {
        let is_path = match self.checked.ast().expr(operand) {
            Expr::Ident(_) | Expr::Select { .. } => true,
            Expr::Call { function, .. } => matches!(&**function, "_[_]" | "_[?_]" | "_?._"),
            _ => false,
        };
        f64::from(u8::from(!is_path && !self.upstream))
    }

    #[inline(never)]
    fn list(&mut self, items: &[ExprId]) -> Part {
        let (mut cost, mut value) = (Bounds::exactly(10.0), NOTHING);
        for &item in items {
            let part = self.visit(item);
            cost = cost + part.cost;
            value = value.union(part.size_or_any());
        }
        let value = if items.is_empty() { Bounds::exactly(0.0) } else { value };
        let entries = Entries { key: Bounds::exactly(1.0), value };
        let size = Some(Bounds::exactly(items.len() as f64));
        Part { size, entries: Some(entries), ..Part::costing(cost) }
    }

    #[inline(never)]
    fn map(&mut self, entries: &[Entry]) -> Part {
        let (mut cost, mut key, mut value) = (Bounds::exactly(30.0), NOTHING, NOTHING);
        for entry in entries {
            let (one, other) = (self.visit(entry.key), self.visit(entry.value));
            cost = cost + one.cost + other.cost;
            key = key.union(one.size_or_any());
            value = value.union(other.size_or_any());
        }
        if entries.is_empty() {
            (key, value) = (Bounds::exactly(0.0), Bounds::exactly(0.0));
        }
        let size = Some(Bounds::exactly(entries.len() as f64));
        Part { size, entries: Some(Entries { key, value }), ..Part::costing(cost) }
    }

    #[inline(never)]
    fn comprehension(&mut self, id: ExprId, fold: &Comprehension) -> Part {
        let (mut cost, range, init) = {
            let (range, init) = (self.visit(fold.range), self.visit(fold.init));
            (range.cost + init.cost, Box::new(range), init)
        };
        let outer = self.locals.len();
        if let Fold::Bind { .. } = fold.fold {
            self.push(&fold.accumulator, init.size, init.entries, init.place);
            let mut result = self.visit(fold.result);
            self.locals.truncate(outer);
            result.cost = result.cost + cost;
            return result;
        }
        let init_expr = self.checked.ast().expr(fold.init);
        let collects = matches!(init_expr, Expr::List { .. } | Expr::Map { .. });
        // What is collected grows with every item.
        let so_far = if collects { Some(Bounds::ANY) } else { init.size };
        self.push(&fold.accumulator, so_far, init.entries, init.place);
        self.push_items(fold, &range);
        let each = self.visit(fold.condition).cost;
        let (each, collected) = {
            let step = self.visit(fold.step);
            (each + step.cost, step.entries)
        };
        self.locals.truncate(outer + 1);
        cost = cost + self.visit(fold.result).cost;
        self.locals.truncate(outer);
        let count = range.size_or_any();
        let size = if collects {
            Some(self.collected(fold, count))
        } else {
            self.known_size(id, None).or(init.size.filter(|_| matches!(init_expr, Expr::Literal(_))))
        };
        Part { cost: cost + count * each, size, entries: collected.filter(|_| collects), place: None }
    }

    /// How much a fold collects: an entry for each item, unless an item adds several.
    fn collected(&self, fold: &Comprehension, count: Bounds) -> Bounds {
        if self.upstream {
            return count;
        }
        let most = match fold.fold {
            Fold::List { .. } | Fold::Map { .. } => count.max,
            Fold::Entries { entries, .. } => match self.checked.ast().expr(entries) {
                Expr::Map { entries } => count.max * entries.len() as f64,
                _ => f64::INFINITY,
            },
            _ => f64::INFINITY,
        };
        Bounds { min: 0.0, max: most }
    }

    /// The variables of a loop: one is the item of a list or the key of a map, two are index and item, or key and value.
    fn push_items(&mut self, fold: &Comprehension, range: &Part) {
        let is_list = match self.checked.ty(fold.range) {
            Type::List(_) => true,
            Type::Map(..) => false,
            _ => matches!(self.checked.ast().expr(fold.range), Expr::List { .. }),
        };
        let key = range.entries.map(|entries| entries.key);
        let value = range.entries.map(|entries| entries.value);
        let at = |step| -> Option<Arc<Place>> {
            match &range.place {
                Some(place) => Some(Arc::new(place.join(step))),
                None if self.upstream => Some(Arc::new(Place { variable: None, steps: vec![step] })),
                None => None,
            }
        };
        let (keys, values) = if is_list {
            (at(PlaceStep::Indices), at(PlaceStep::Items))
        } else {
            (at(PlaceStep::Keys), at(PlaceStep::Values))
        };
        match &fold.variable2 {
            Some(second) => {
                self.push(&fold.variable, key, None, keys);
                self.push(second, value, None, values);
            }
            None if is_list => self.push(&fold.variable, value, None, values),
            None => self.push(&fold.variable, key, None, keys),
        }
    }

    pub(super) fn push(
        &mut self,
        name: &Name,
        size: Option<Bounds>,
        entries: Option<Entries>,
        place: Option<Arc<Place>>,
    ) {
        self.locals.push((name.clone(), Local { size, entries, place }));
    }

    pub(super) fn scope(&self) -> usize {
        self.locals.len()
    }

    pub(super) fn leave(&mut self, scope: usize) {
        self.locals.truncate(scope);
    }
}

fn literal_size(literal: &Literal) -> Bounds {
    Bounds::exactly(match literal {
        Literal::String(text) => code_points(text) as f64,
        Literal::Bytes(bytes) => bytes.len() as f64,
        _ => 1.0,
    })
}
