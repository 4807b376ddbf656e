//! Comprehensions: the kinds the evaluator knows, and any other from its parts.
use super::{FoldKind, FoldPlan, LoopPlan, Node, NodeId, Planner, Rows};
use crate::{Comprehension, ExprId, Fold, Name};

impl Planner<'_> {
    #[inline(never)]
    pub(super) fn comprehension(&mut self, id: ExprId, fold: &Comprehension) -> NodeId {
        if let Fold::Bind { body } = fold.fold {
            let init = self.expr(fold.init);
            return self.with_locals(std::slice::from_ref(&fold.accumulator), |this, slot| {
                let body = this.expr(body);
                this.push(id, Node::Bind { slot, init, body })
            });
        }
        let range = self.expr(fold.range);
        let names: Vec<Name> = std::iter::once(&fold.variable).chain(&fold.variable2).cloned().collect();
        if fold.fold == Fold::General {
            return self.general(id, fold, range, &names);
        }
        self.with_locals(&names, |this, first| {
            let kind = match fold.fold {
                Fold::All { predicate } => FoldKind::All(this.expr(predicate)),
                Fold::Exists { predicate } => FoldKind::Exists(this.expr(predicate)),
                Fold::ExistsOne { predicate } => FoldKind::ExistsOne(this.expr(predicate)),
                Fold::Map { predicate, value } => {
                    FoldKind::Map { predicate: predicate.map(|id| this.expr(id)), value: this.expr(value) }
                }
                Fold::Entries { predicate, entries } => FoldKind::Entries {
                    predicate: predicate.map(|id| this.expr(id)),
                    entries: this.expr(entries),
                },
                Fold::List { predicate, item } => {
                    FoldKind::List { predicate: predicate.map(|id| this.expr(id)), item: this.expr(item) }
                }
                // Both are handled above.
                Fold::General | Fold::Bind { .. } => FoldKind::All(range),
            };
            let second = fold.variable2.is_some().then_some(first + 1);
            this.push(id, Node::Fold(Box::new(FoldPlan { range, first, second, kind, rows: None })))
        })
    }

    /// Finds the conditions that look at items only, once all paths are classified.
    pub(super) fn find_rows(&mut self) {
        let free = self.env.options.free_presence_tests;
        for index in 0..self.nodes.len() {
            let found = Rows::of_fold(&self.nodes, &self.nodes[index], free);
            if let Node::Fold(fold) = &mut self.nodes[index] {
                fold.rows = found;
            }
        }
    }

    #[inline(never)]
    fn general(&mut self, id: ExprId, fold: &Comprehension, range: NodeId, names: &[Name]) -> NodeId {
        let init = self.expr(fold.init);
        self.with_locals(std::slice::from_ref(&fold.accumulator), |this, accumulator| {
            let (first, condition, step) = this
                .with_locals(names, |this, first| (first, this.expr(fold.condition), this.expr(fold.step)));
            let result = this.expr(fold.result);
            let second = fold.variable2.is_some().then_some(first + 1);
            let plan = LoopPlan { range, first, second, accumulator, init, condition, step, result };
            this.push(id, Node::Loop(Box::new(plan)))
        })
    }
}
