//! What stands at the end of a text that is still being written: the variables of macros, and the operand.
use crate::{Checked, Env, Expr, ExprId, Name, Type, syntax::closed};

impl Env {
    /// This environment with the variables of the macros that the end of `text` is inside of, and the type of the
    /// operand that `text` ends with.
    pub(super) fn at_end(&self, text: &str) -> (Self, Option<Type>) {
        let (ast, _) = self.parse(&closed(text));
        let checked = self.check(ast);
        let end = text.len() as u32;
        let mut search = Search { checked: &checked, end, scope: Vec::new(), shortest: None, operand: None };
        search.visit(checked.ast().root());
        let locals = search.shortest.map(|(_, locals)| locals).unwrap_or_default();
        let ty = search.operand.map(|(_, id)| checked.ty(id).clone()).filter(|ty| *ty != Type::Error);
        (locals.into_iter().fold(self.clone(), |env, (name, ty)| env.with_variable(&name, ty)), ty)
    }
}

struct Search<'c> {
    checked: &'c Checked,
    end: u32,
    /// The variables around the expression that is visited, the innermost last.
    scope: Vec<(Name, Type)>,
    /// The length of the shortest expression at the end of the text, and the variables around it.
    shortest: Option<(u32, Vec<(Name, Type)>)>,
    /// The length of the longest operand that ends where the text ends.
    operand: Option<(u32, ExprId)>,
}

impl Search<'_> {
    fn visit(&mut self, id: ExprId) {
        let ast = self.checked.ast();
        let span = ast.span(id);
        let length = span.end - span.start;
        if (span.start..=span.end).contains(&self.end)
            && self.shortest.as_ref().is_none_or(|(shortest, _)| length <= *shortest)
        {
            self.shortest = Some((length, self.scope.clone()));
        }
        if span.end == self.end
            && is_operand(ast.expr(id))
            && self.operand.is_none_or(|(longest, _)| length > longest)
        {
            self.operand = Some((length, id));
        }
        let Expr::Comprehension(fold) = ast.expr(id) else {
            ast.children(id).into_iter().for_each(|child| self.visit(child));
            return;
        };
        self.visit(fold.range);
        self.visit(fold.init);
        let outer = self.scope.len();
        self.introduce(&fold.accumulator, self.checked.ty(fold.init).clone());
        self.visit(fold.result);
        let (first, second) = match self.checked.ty(fold.range) {
            Type::List(item) if fold.variable2.is_some() => (Type::Int, (**item).clone()),
            Type::List(item) => ((**item).clone(), Type::Dyn),
            Type::Map(key, value) => ((**key).clone(), (**value).clone()),
            _ => (Type::Dyn, Type::Dyn),
        };
        self.introduce(&fold.variable, first);
        if let Some(name) = &fold.variable2 {
            self.introduce(name, second);
        }
        self.visit(fold.condition);
        self.visit(fold.step);
        self.scope.truncate(outer);
    }

    /// Macros have variables of their own, which nobody can write.
    fn introduce(&mut self, name: &Name, ty: Type) {
        if !name.starts_with(['@', '#']) {
            self.scope.push((name.clone(), ty));
        }
    }
}

/// Whether members may be selected from the expression as it is written, without parentheses.
fn is_operand(expr: &Expr) -> bool {
    match expr {
        Expr::Hole => false,
        Expr::Call { function, target: None, .. } => {
            matches!(&**function, "_[_]" | "_[?_]" | "_?._")
                || function.starts_with(|c: char| c.is_ascii_alphabetic())
        }
        _ => true,
    }
}
