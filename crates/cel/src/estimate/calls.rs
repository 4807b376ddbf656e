//! Calls: what arguments and overloads make of cost and size.
use super::{
    PlaceStep,
    walk::{Entries, Estimator, Part},
};
use crate::{Argument, Bounds, Expr, ExprId, Literal, Name, Overload, Reference, Type};
use std::sync::Arc;

/// Overloads of cel-go whose result has a size that cel-go knows, besides operators.
const KNOWN_UPSTREAM: [&str; 9] = [
    "string_to_bytes",
    "bytes_to_string",
    "strings_quote",
    "list_slice",
    "lists_range",
    "list_reverse",
    "list_distinct",
    "add_string",
    "add_bytes",
];

impl Estimator<'_> {
    #[inline(never)]
    pub(super) fn call(
        &mut self,
        id: ExprId,
        function: &str,
        target: Option<ExprId>,
        args: &[ExprId],
    ) -> Part {
        match (function, args) {
            ("_&&_" | "_||_", [left, right]) => self.logic(*left, *right),
            ("_?_:_", [condition, yes, no]) => self.conditional(*condition, *yes, *no),
            ("dyn", [arg]) if target.is_none() => {
                let mut part = self.visit(*arg);
                part.cost = part.cost + 1.0;
                part.place = part.place.filter(|_| !self.upstream);
                part
            }
            ("cel.@block", [slots, body]) => self.block(*slots, *body),
            _ => self.function(id, target, args),
        }
    }

    /// The right side may not be needed.
    #[inline(never)]
    fn logic(&mut self, left: ExprId, right: ExprId) -> Part {
        let left = self.visit(left).cost;
        let right = self.visit(right).cost;
        let cost = Bounds { min: left.min, max: left.max + right.max };
        Part { size: Some(Bounds::exactly(1.0)), ..Part::costing(cost) }
    }

    #[inline(never)]
    fn conditional(&mut self, condition: ExprId, yes: ExprId, no: ExprId) -> Part {
        let condition = self.visit(condition).cost;
        let yes = Box::new(self.visit(yes));
        let no = self.visit(no);
        Part {
            cost: condition + yes.cost.union(no.cost),
            size: Some(yes.size_or_any().union(no.size_or_any())),
            entries: Entries::union(yes.entries, no.entries),
            place: None,
        }
    }

    /// `cel.@block([a, b], body)`: each slot is evaluated at most once, and its name costs one unit.
    #[inline(never)]
    fn block(&mut self, slots: ExprId, body: ExprId) -> Part {
        let checked = self.checked;
        let Expr::List { items, .. } = checked.ast().expr(slots) else { return Part::costing(Bounds::ANY) };
        let scope = self.scope();
        let mut cost = Bounds::exactly(11.0);
        for (index, &slot) in items.iter().enumerate() {
            let part = self.visit(slot);
            cost = cost + part.cost;
            self.push(&Name::from(format!("@index{index}")), part.size, part.entries, part.place);
        }
        let mut body = self.visit(body);
        self.leave(scope);
        body.cost = body.cost + cost;
        body
    }

    #[inline(never)]
    fn function(&mut self, id: ExprId, target: Option<ExprId>, args: &[ExprId]) -> Part {
        let namespaced = target.is_some_and(|target| self.is_namespace(id, target));
        let ids: Vec<ExprId> =
            target.filter(|_| !namespaced).into_iter().chain(args.iter().copied()).collect();
        let mut parts = Vec::with_capacity(ids.len());
        for &arg in &ids {
            parts.push(self.visit(arg));
        }
        self.applied(id, &ids, &parts)
    }

    /// Whether the target is no value but the front of a function's name, as in `math.abs(x)`.
    fn is_namespace(&self, call: ExprId, target: ExprId) -> bool {
        let Some(Reference::Function(found, _)) = self.checked.reference(call) else { return false };
        let Some(prefix) = self.checked.ast().qualified_name(target) else { return false };
        let found = found.rsplit_once('.').map(|(front, _)| front);
        found.is_some_and(|front| {
            let prefix = prefix.trim_start_matches('.');
            front == prefix || front.ends_with(prefix) && front[..front.len() - prefix.len()].ends_with('.')
        }) && self.checked.reference(target).is_none()
    }

    #[inline(never)]
    fn applied(&mut self, id: ExprId, ids: &[ExprId], parts: &[Part]) -> Part {
        let checked = self.checked;
        let Some(Reference::Function(name, overloads)) = checked.reference(id) else {
            return Part::costing(Bounds::ANY);
        };
        let arguments: Vec<Argument<'_>> =
            ids.iter().zip(parts).map(|(id, part)| self.argument(*id, part)).collect();
        let declared = self.env.declarations.functions.get(&**name).map_or(&[][..], Vec::as_slice);
        let mut price: Option<Bounds> = None;
        let mut size: Option<Bounds> = None;
        for overload in declared.iter().filter(|overload| overloads.contains(&overload.id)) {
            let result = self.result_size(overload, &arguments);
            let own = self.env.cost(overload).estimate(&arguments, result.unwrap_or(Bounds::ANY));
            price = Some(price.map_or(own, |price| price.union(own)));
            size = match (size, result) {
                (Some(size), Some(result)) => Some(size.union(result)),
                (size, result) => size.or(result).filter(|_| overloads.len() == 1 || self.upstream),
            };
        }
        let given = parts.iter().fold(Bounds::exactly(0.0), |sum, part| sum + part.cost);
        let mut part = Part::costing(given + price.unwrap_or(Bounds::ANY));
        self.step(checked.ast().expr(id), checked.ty(ids.first().copied().unwrap_or(id)), parts, &mut part);
        part.size = part.size.or(size).or_else(|| self.known_size(id, part.place.as_deref()));
        if let ("_+_", [left, right]) = (&**name, parts) {
            part.entries = Entries::union(left.entries, right.entries);
        }
        part
    }

    /// An index or optional selection leads further into the data.
    fn step(&self, call: &Expr, operand: &Type, parts: &[Part], part: &mut Part) {
        let Expr::Call { function, args, .. } = call else { return };
        let Some(inner) = parts.first() else { return };
        let step = match &**function {
            "_[_]" => true,
            "_[?_]" | "_?._" => !self.upstream,
            _ => false,
        };
        if !step {
            return;
        }
        part.cost = part.cost + self.root_price(args[0]);
        let operand = match operand {
            Type::Optional(inner) if !self.upstream => inner,
            other => other,
        };
        let field = match self.checked.ast().expr(args[1]) {
            Expr::Literal(Literal::String(field)) => Some(field.clone()),
            _ => None,
        };
        let step = match (operand, field) {
            (Type::List(_), _) => PlaceStep::Items,
            (Type::Map(..), _) => PlaceStep::Values,
            (_, Some(field)) if &**function == "_?._" => PlaceStep::Field(field),
            _ => return,
        };
        part.size = inner.entries.map(|entries| entries.value);
        part.place = inner.place.as_ref().map(|place| Arc::new(place.join(step)));
    }

    fn argument(&self, id: ExprId, part: &Part) -> Argument<'_> {
        let ty = self.checked.ty(id);
        let int = match self.checked.ast().expr(id) {
            Expr::Literal(Literal::Int(value)) => Some(*value),
            _ => None,
        };
        Argument { ty, size: part.size_or_any(), item: self.item_size(ty, part), int }
    }

    /// The size of the items of a list.
    fn item_size(&self, list: &Type, part: &Part) -> Bounds {
        let Type::List(item) = list else { return Bounds::ANY };
        let place = part.place.as_ref().map(|place| place.join(PlaceStep::Items));
        let known = self.sizes.size(place.as_ref(), item);
        let inside = part.entries.filter(|_| !self.upstream).map(|entries| entries.value);
        known.or(inside).unwrap_or(Bounds::ANY)
    }

    fn result_size(&self, overload: &Overload, arguments: &[Argument<'_>]) -> Option<Bounds> {
        let (formula, of_host) = self.env.result_size(overload)?;
        if self.upstream && !of_host && !KNOWN_UPSTREAM.contains(&&*overload.id) {
            return None;
        }
        Some(formula(&crate::Sizes::of_arguments(arguments)))
    }
}
