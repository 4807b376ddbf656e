//! Where a variable is used: a declared one everywhere that no macro's variable hides it, a macro's own in its loop.
use crate::{Ast, Checked, Expr, ExprId};
use std::ops::Range;

impl Checked {
    /// Every use of the variable at a byte of the text, in the order of the text, with the place where a macro
    /// introduces it. Empty where no variable stands.
    pub fn uses_at(&self, offset: u32) -> Vec<Range<u32>> {
        let mut found = Uses { ast: self.ast(), scope: Vec::new(), seen: Vec::new() };
        found.visit(self.ast().root());
        let at = |range: &Range<u32>| range.start <= offset && offset <= range.end;
        let Some((_, variable)) = found.seen.iter().find(|(range, _)| at(range)).cloned() else {
            return Vec::new();
        };
        let same = found.seen.into_iter().filter(|(_, other)| *other == variable);
        let mut ranges: Vec<Range<u32>> = same.map(|(range, _)| range).collect();
        ranges.sort_by_key(|range| range.start);
        ranges.dedup();
        ranges
    }
}

/// A variable: its name, and the macro that introduces it.
type Variable<'a> = (&'a str, Option<ExprId>);

struct Uses<'a> {
    ast: &'a Ast,
    scope: Vec<Variable<'a>>,
    seen: Vec<(Range<u32>, Variable<'a>)>,
}

impl<'a> Uses<'a> {
    fn visit(&mut self, id: ExprId) {
        match self.ast.expr(id) {
            Expr::Ident(name) => {
                let hidden = self.scope.iter().rev().find(|(local, _)| *local == &**name);
                let variable = hidden.copied().unwrap_or((name, None));
                self.note(id, variable);
            }
            Expr::Comprehension(fold) => {
                self.visit(fold.range);
                self.visit(fold.init);
                let outer = self.scope.len();
                self.scope.push((&fold.accumulator, Some(id)));
                self.visit(fold.result);
                let names = [Some(&fold.variable), fold.variable2.as_ref()];
                self.scope.extend(names.into_iter().flatten().map(|name| (&**name, Some(id))));
                self.introduced(id, outer);
                self.visit(fold.condition);
                self.visit(fold.step);
                self.scope.truncate(outer);
            }
            _ => self.ast.children(id).into_iter().for_each(|child| self.visit(child)),
        }
    }

    /// The arguments of the macro as it is written that name its variables.
    fn introduced(&mut self, fold: ExprId, outer: usize) {
        let Some(Expr::Call { args, .. }) = self.ast.macro_call(fold).map(|call| self.ast.expr(call)) else {
            return;
        };
        for &arg in args.iter().take(2) {
            let Expr::Ident(name) = self.ast.expr(arg) else { break };
            let Some(variable) = self.scope[outer..].iter().find(|(local, _)| *local == &**name).copied()
            else {
                break;
            };
            self.note(arg, variable);
        }
    }

    /// Names that macros write for themselves do not stand in the text.
    fn note(&mut self, id: ExprId, variable: Variable<'a>) {
        let span = self.ast.span(id);
        let written = self.ast.text().get(span.start as usize..span.end as usize);
        if written == Some(variable.0) {
            self.seen.push((span.start..span.end, variable));
        }
    }
}
